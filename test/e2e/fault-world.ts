import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { type Bed, openBed, program, waybill, writePrivate } from './bed.ts'
import { kubectl, type Replicas, startReplicas } from './replicas.ts'

// What the faults of test/e2e/controller-faults.test.ts happen to: an API server with an audit log, Vault, and a namespace
// for each story, so that the stories can go on side by side.

export interface World {
  readonly bed: Bed
  readonly replicas: Replicas
  readonly apiPort: number
  readonly etcdPort: number
  readonly vaultAddress: string
  readonly setVault: (key: string, value: string) => Promise<void>
  /** ExternalSecrets `NAMESPACE-0…` of one bundle, each with the value of `key`. */
  readonly publish: (namespace: string, shape: Shape) => Promise<void>
  readonly kubectl: (...args: readonly string[]) => Promise<string>
  readonly apply: (manifest: string) => Promise<void>
}

export interface Shape {
  readonly count: number
  readonly key: string
  readonly interval: string
  /** Of the store, in YAML. */
  readonly auth?: string
}

const TOKEN_AUTH = '{tokenSecretRef: {name: vault, key: token}}'

// Watches of these kinds come from etcd itself: a compaction then shows, which the API server's cache would hide.
const UNCACHED = '--watch-cache-sizes=configmaps#0,secrets#0'

const POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: Metadata
  userGroups: ["system:serviceaccounts:waybill-system"]
  omitStages: [RequestReceived]
- level: None
`

export function openWorld(namespaces: readonly string[]): World {
  const bed = openBed('faults')
  const audit = join(bed.state, 'audit.log')
  const policy = writePrivate(join(bed.state, 'audit.yaml'), POLICY)
  const flags = `--audit-log-path=${audit} --audit-policy-file=${policy} ${UNCACHED}`
  bed.up('api', { APISERVER_FLAGS: flags })
  const vaultAddress = bed.up('vault').VAULT_ADDR ?? ''
  const replicas = startReplicas(bed, audit)
  bed.kubectl(['apply', '-f', '-'], namespaces.map(homeOf).join(''))
  const pid = readFileSync(join(bed.state, 'api/apiserver.pid'), 'utf8').split(' ')[0] ?? ''
  const flagsOfApi = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  const portOf = (pattern: RegExp): number => Number(pattern.exec(flagsOfApi)?.[1])
  const apply = async (manifest: string): Promise<void> => {
    const config = ['--kubeconfig', join(bed.state, 'api/admin.kubeconfig')]
    const argv = [...config, 'apply', '--server-side', '--force-conflicts', '-f', '-']
    const { code, err } = await program(join(bed.bin, 'kubectl'), argv, { input: manifest })
    if (code !== 0) throw new Error(err)
  }
  return {
    ...{ bed, replicas, vaultAddress, apply },
    apiPort: portOf(/--secure-port=(\d+)/),
    etcdPort: portOf(/--etcd-servers=http:\/\/127\.0\.0\.1:(\d+)/),
    kubectl: (...args) => kubectl(bed, args),
    setVault: async (key, v) => {
      await post(`${vaultAddress}/v1/secret/data/${key}`, { data: { v } })
    },
    publish: async (namespace, shape) => {
      const folder = join(bed.state, namespace)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'all.yaml'), manifestsOf(namespace, vaultAddress, shape))
      const argv = ['generate', folder, '--handoff=controller', `--app=${namespace}`]
      const { code, out, err } = await waybill([...argv, '-n', namespace])
      if (code !== 0) throw new Error(err)
      await apply(out)
    },
  }
}

/** A namespace with its Vault token, and a Lease of its own that controllers may hold. */
function homeOf(name: string): string {
  const meta = `{name: ${name}, namespace: ${name}}`
  return `apiVersion: v1
kind: Namespace
metadata: {name: ${name}}
---
apiVersion: v1
kind: Secret
metadata: {name: vault, namespace: ${name}}
stringData: {token: root}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: ${meta}
rules: [{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: ${meta}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${name}}
subjects: [{kind: ServiceAccount, name: waybill-controller, namespace: waybill-system}]
---
`
}

function manifestsOf(namespace: string, vaultAddress: string, shape: Shape): string {
  const { count, key, interval, auth = TOKEN_AUTH } = shape
  const store = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: ${namespace}}
spec: {provider: {vault: {server: ${vaultAddress}, path: secret, version: v2, auth: ${auth}}}}
`
  const one = (_: unknown, at: number): string => `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: ${namespace}-${at}, namespace: ${namespace}}
spec:
  refreshInterval: ${interval}
  secretStoreRef: {kind: SecretStore, name: vault}
  data: [{secretKey: value, remoteRef: {key: ${key}, property: v}}]
`
  return store + Array.from({ length: count }, one).join('')
}

/** JSON to a server on loopback: Vault with its root token, or etcd, which asks for none. */
export function post(url: string, body: unknown): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((done, fail) => {
    const call = request(
      url,
      { method: 'POST', headers: { 'x-vault-token': 'root' } },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        answer.on('end', () => {
          if ((answer.statusCode ?? 500) < 300) done(JSON.parse(text || '{}'))
          else fail(new Error(`${url}: ${answer.statusCode}`))
        })
      },
    )
    call.on('error', fail)
    call.end(JSON.stringify(body))
  })
}
