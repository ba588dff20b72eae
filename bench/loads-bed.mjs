// The test bed of the loads, and what is put into it: secrets of Vault and of AWS, and manifests that ask for them.
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'

export const BED = 'test/bed/bed'
export const NAMESPACE = 'load'
/** Paths and secrets that there are at the stores; more references than that share them. */
const KEYS_MAX = 5000
const AWS_KEYS_MAX = 1600

export function openBed(scratch) {
  const state = join('/tmp', `wb-load-${process.pid}`)
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const audit = join(scratch, 'audit.log')
  const policy = join(scratch, 'audit.yaml')
  writeFileSync(
    policy,
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata, resources: [{group: "", resources: [secrets, configmaps, events]}]}, {level: None}]\n',
  )
  const env = {
    ...process.env,
    STATE: state,
    APISERVER_FLAGS: `--audit-log-path=${audit} --audit-policy-file=${policy}`,
  }
  const run = (...args) => execFileSync(BED, args, { encoding: 'utf8', env, maxBuffer: 1 << 28 })
  const up = (tier) =>
    Object.fromEntries(
      run(tier, 'up')
        .split('\n')
        .filter((line) => /^[A-Z_]+=/.test(line))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
  const { KUBECONFIG } = up('api')
  const { VAULT_ADDR } = up('vault')
  const vaultAudit = join(state, 'vault-audit.log')
  run('vault', 'run', 'audit', 'enable', 'file', `file_path=${vaultAudit}`)
  const { AWS_ENDPOINT_URL } = up('moto')
  const apiPort = Number(/server: "https:[^"]*:(\d+)"/.exec(readFileSync(KUBECONFIG, 'utf8'))?.[1])
  const kubectl = (args, input) =>
    execFileSync(BED, ['api', 'exec', 'kubectl', ...args], {
      encoding: 'utf8',
      env,
      input,
      maxBuffer: 1 << 28,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
  kubectl(['create', 'namespace', NAMESPACE])
  const down = () => {
    spawnSync(BED, ['down'], { env, stdio: 'ignore' })
    rmSync(state, { recursive: true, force: true })
  }
  const vault = VAULT_ADDR
  return { run, kubectl, audit, vaultAudit, apiPort, vault, aws: AWS_ENDPOINT_URL, down }
}

/** Secrets of Vault and of AWS. */
export async function fill({ vault, aws }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const began = performance.now()
  const keys = Array.from({ length: KEYS_MAX }, (_, at) => `key-${at}`)
  const value = (key) => JSON.stringify({ user: key, password: `secret-of-${key}` })
  await lanes(keys, (key) =>
    post(
      agent,
      `${vault}/v1/secret/data/${key}`,
      { 'x-vault-token': 'root' },
      `{"data":${value(key)}}`,
    ),
  )
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'secretsmanager.CreateSecret',
    authorization:
      'AWS4-HMAC-SHA256 Credential=testing/20300101/eu-central-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0',
  }
  const aKey = (key) =>
    post(agent, aws, headers, JSON.stringify({ Name: key, SecretString: value(key) }))
  // moto answers 500 now and then when calls come at once.
  const [first, ...others] = keys.slice(0, AWS_KEYS_MAX)
  await aKey(first)
  await lanes(others, aKey, 1)
  agent.destroy()
  console.log(`stores filled in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

export async function lanes(items, work, width = 32) {
  const queue = [...items]
  const lane = async () => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item)
  }
  await Promise.all(Array.from({ length: width }, lane))
}

async function post(agent, url, headers, body) {
  const call = request(url, { method: 'POST', headers, agent })
  call.end(body)
  const [response] = await once(call, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  if (response.statusCode >= 300)
    throw new Error(`${url}: ${response.statusCode} ${text.slice(0, 200)}`)
}

const META = (name) => `metadata: {name: ${name}, namespace: ${NAMESPACE}}`

function stores({ vault }) {
  const vaultStore = (name) =>
    `---\napiVersion: external-secrets.io/v1\nkind: SecretStore\n${META(name)}\nspec: {provider: {vault: {server: "${vault}", path: secret, version: v2, auth: {tokenSecretRef: {name: vault-token, key: token}}}}}\n`
  return `${vaultStore('vault-a')}${vaultStore('vault-b')}---\napiVersion: external-secrets.io/v1\nkind: SecretStore\n${META('aws')}\nspec: {provider: {aws: {service: SecretsManager, region: eu-central-1, auth: {secretRef: {accessKeyIDSecretRef: {name: aws-keys, key: id}, secretAccessKeySecretRef: {name: aws-keys, key: secret}}}}}}\n`
}

/** Store and keys of each ExternalSecret: 2.5 references, of its own keys as far as there are so many. */
export function wanted(count) {
  const names = ['vault-a', 'vault-b', 'aws']
  let reference = 0
  return Array.from({ length: count }, (_, at) => {
    const store = names[at % 3]
    const keysMax = store === 'aws' ? AWS_KEYS_MAX : KEYS_MAX
    const next = () => `key-${reference++ % keysMax}`
    return { name: `es-${at}`, store, keys: Array.from({ length: at % 2 === 0 ? 2 : 3 }, next) }
  })
}

export function manifests(bed, count, refreshInterval) {
  const one = ({ name, store, keys }) => {
    const entries = keys.map(
      (key, entry) =>
        `    - {secretKey: k${entry}, remoteRef: {key: ${key}, property: password}}\n`,
    )
    return `---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\n${META(name)}\nspec:\n  refreshInterval: ${refreshInterval}\n  secretStoreRef: {kind: SecretStore, name: ${store}}\n  data:\n${entries.join('')}`
  }
  return stores(bed) + wanted(count).map(one).join('')
}

export const awsAt = ({ aws }) => ({ AWS_SECRETSMANAGER_ENDPOINT: aws, AWS_STS_ENDPOINT: aws })
