import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dig, type JsonObject, text } from '../../src/model/json.ts'
import { type AwsServer, startAws } from '../servers/aws.ts'
import { type KubeServer, startKube } from '../servers/kube.ts'
import { startVault, type VaultServer } from '../servers/vault.ts'
import { type Ended, type Running, start } from './program.ts'

// A cluster, an AWS account and a Vault in which everything works; each story then breaks one thing. Beside the ExternalSecret
// that the story is about stands one that has nothing to do with it and must be synced whatever happens.

export interface World {
  readonly kube: KubeServer
  readonly aws: AwsServer
  readonly vault: VaultServer
  readonly vaultToken: string
  /** Syncs these manifests and a healthy ExternalSecret. */
  readonly sync: (manifests: string, how?: How) => Promise<Synced>
  /** The same, not awaited. */
  readonly start: (manifests: string, how?: How) => Running
  /** A Secret as an earlier run left it, or somebody else. */
  readonly seedTarget: (name: string, isOurs: boolean) => void
  readonly version: (name: string) => string | undefined
  readonly close: () => Promise<unknown>
}

export interface How {
  /** Another kubeconfig than the administrator's. */
  readonly kubeconfig?: string
  readonly timeout?: string
  /** Of the healthy ExternalSecret. */
  readonly name?: string
}

export interface Synced extends Ended {
  readonly results: readonly Result[]
}

export interface Result {
  readonly externalSecret: string
  readonly outcome: string
  readonly condition: { readonly reason: string; readonly message: string }
  readonly errors: readonly {
    readonly code: string
    readonly field: string
    readonly message: string
  }[]
}

const healthy = (name: string): string => `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: ${name}, namespace: shop}
spec:
  provider: {fake: {data: [{key: k, value: v}]}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: ${name}, namespace: shop}
spec:
  secretStoreRef: {name: ${name}}
  data: [{secretKey: a, remoteRef: {key: k}}]
`

/** Everything in this world that nobody may see. */
export interface Values {
  readonly vaultToken: string
  readonly awsKey: string
  readonly token: string
  readonly user: string
  readonly text: string
}

const PLAIN: Values = {
  vaultToken: 'vault-root-token',
  awsKey: 'aws-secret-key',
  token: 't',
  user: 'u',
  text: 'no json, but a password',
}
const AWS_KEY_ID = 'AKIASHOP'

export async function startWorld(values: Values = PLAIN): Promise<World> {
  const kube = await startKube({ namespaces: ['shop'] })
  const aws = await startAws({
    secrets: { 'shop/json': JSON.stringify({ user: values.user }), 'shop/text': values.text },
    accessKeys: [{ id: AWS_KEY_ID, secret: values.awsKey }],
  })
  const large = 'x'.repeat(1_100_000)
  const vault = await startVault({
    secrets: { secret: { 'shop/api': { token: values.token }, 'shop/large': { v: large } } },
    tokens: { [values.vaultToken]: { policies: ['root'] } },
  })
  kube.seed(
    secret({ name: 'vault-auth', namespace: 'shop' }, { token: values.vaultToken }),
    secret({ name: 'aws-auth', namespace: 'shop' }, { id: AWS_KEY_ID, key: values.awsKey }),
  )
  const folder = mkdtempSync(join(tmpdir(), 'waybill-bad-input-'))
  let count = 0
  const env = { AWS_SECRETSMANAGER_ENDPOINT: aws.url, AWS_STS_ENDPOINT: aws.url }
  const begin: World['start'] = (manifests, how = {}) => {
    const { kubeconfig, timeout = '1m', name = 'healthy' } = how
    const path = join(folder, `kubeconfig-${count++}`)
    writeFileSync(path, kubeconfig ?? kube.kubeconfig(kube.adminToken, 'shop'))
    const args = ['-f', '-', '-n', 'shop', '-o', 'json', '--timeout', timeout]
    const stdin = `${healthy(name)}---\n${manifests}`
    return start(['sync', ...args, '--kubeconfig', path], { env, stdin })
  }
  return {
    kube,
    aws,
    vault,
    vaultToken: values.vaultToken,
    start: begin,
    sync: async (manifests, how) => {
      const ended = await begin(manifests, how).ended
      return { ...ended, results: resultsOf(ended.out) }
    },
    seedTarget: (name, isOurs) => {
      const metadata = { name, namespace: 'shop', ...(isOurs && marksOf(name)) }
      kube.seed(secret(metadata, { a: 'old-value' }))
    },
    version: (name) =>
      text(dig(kube.object('Secret', 'shop', name), 'metadata', 'resourceVersion')),
    close: () => {
      rmSync(folder, { recursive: true, force: true })
      return Promise.all([kube.close(), aws.close(), vault.close()])
    },
  }
}

function marksOf(name: string): JsonObject {
  return {
    labels: { 'waybill.dev/managed': 'true' },
    annotations: { 'waybill.dev/owner': `shop/${name}` },
  }
}

function resultsOf(out: string): readonly Result[] {
  return out === '' ? [] : (JSON.parse(out) as { results: readonly Result[] }).results
}

function secret(metadata: JsonObject, values: Readonly<Record<string, string>>): JsonObject {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  )
  return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data }
}

/** A port of loopback that accepts connections and never says a word. */
export async function blackHole(): Promise<{
  readonly url: string
  readonly close: () => Promise<void>
}> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined))
  })
  return {
    url: await listening(server),
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await closed(server)
    },
  }
}

/** A port of loopback that nobody listens on. */
export async function closedPort(): Promise<string> {
  const server = createServer()
  const url = await listening(server)
  await closed(server)
  return url
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

/** A Vault store; `more` is a member of its spec. */
export function vaultStore(name: string, server: string, more = ''): string {
  return `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: ${name}, namespace: shop}
spec:
  ${more}
  provider:
    vault:
      server: ${server}
      path: secret
      version: v2
      auth: {tokenSecretRef: {name: vault-auth, key: token}}
`
}

export function awsStore(name: string): string {
  return `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: ${name}, namespace: shop}
spec:
  provider:
    aws:
      service: SecretsManager
      region: eu-central-1
      auth:
        secretRef:
          accessKeyIDSecretRef: {name: aws-auth, key: id}
          secretAccessKeySecretRef: {name: aws-auth, key: key}
`
}

/** An ExternalSecret of one entry that reads a store of the same name. */
export function sick(name: string, remoteRef: string): string {
  return `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: ${name}, namespace: shop}
spec:
  secretStoreRef: {name: ${name}}
  data: [{secretKey: a, remoteRef: ${remoteRef}}]
`
}
