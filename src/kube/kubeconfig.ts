import { readFileSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { dirname } from 'node:path'
// Only the kubeconfig reader with its credential plugins: calls go through our own transport (docs/decisions).
import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { SecretValue } from '../model/secret-value.ts'
import { KubeError } from './api.ts'
import type { Connection } from './connection.ts'

// A user's kubeconfig as kubectl reads it. A chunk of its own: in a cluster it is never loaded.
//   - several files: the first to name a cluster, user or context wins; missing files are skipped;
//   - a credential plugin (exec) is run as kubectl runs it; what it prints to stderr may hold secrets and is dropped;
//   - the library's messages quote the file, so only our own words leave here.

/** How long credentials of a plugin are used before the library is asked again; it knows when they expire. */
const CREDENTIAL_AGE_MS_MAX = 10_000

/** Where to look, as kubectl does. */
export interface KubeconfigInput {
  /** In order of precedence: `--kubeconfig`, or the list of `KUBECONFIG`, or `~/.kube/config`. */
  readonly paths: readonly string[]
  /** `--context`; undefined means the current context. */
  readonly context: string | undefined
  /** Monotonic. */
  readonly nowMs: () => number
}

/** The connection that a kubeconfig describes. Throws KubeError: `invalid` for the file, `unauthorized` for a plugin. */
export async function kubeconfigConnection(input: KubeconfigInput): Promise<Connection> {
  const { paths } = input
  const config = mergeFiles(paths)
  const name = input.context ?? config.getCurrentContext()
  const where = paths.join(', ')
  if (!name) throw new KubeError('invalid', 0, `no current context in ${where}`)
  const context = config.getContextObject(name)
  if (context === null) throw new KubeError('invalid', 0, `no context ${name} in ${where}`)
  config.setCurrentContext(name)
  const cluster = config.getCurrentCluster()
  if (cluster === null) {
    throw new KubeError('invalid', 0, `context ${name} names no cluster that is in ${where}`)
  }
  if (cluster.proxyUrl !== undefined) {
    throw new KubeError(
      'invalid',
      0,
      `cluster ${cluster.name} has a proxy-url, which is not supported`,
    )
  }
  const credentials = await readCredentials(config, name)
  return {
    server: cluster.server,
    ca: readCa(cluster, name),
    cert: secret(credentials.cert),
    key: secret(pemOf(credentials.key)),
    serverName: cluster.tlsServerName || undefined,
    isVerificationOff: cluster.skipTLSVerify === true,
    namespace: context.namespace || 'default',
    token: tokenOf(config, name, input.nowMs),
  }
}

function mergeFiles(paths: readonly string[]): KubeConfig {
  const merged = new KubeConfig()
  let isAny = false
  for (const path of paths) {
    const config = readFile(path)
    if (config === undefined) continue
    isAny = true
    merged.clusters = firstOfEach(merged.clusters, config.clusters)
    merged.users = firstOfEach(merged.users, config.users)
    merged.contexts = firstOfEach(merged.contexts, config.contexts)
    merged.currentContext ||= config.currentContext
  }
  if (!isAny) throw new KubeError('invalid', 0, `no kubeconfig at ${paths.join(', ')}`)
  return merged
}

function readFile(path: string): KubeConfig | undefined {
  const config = new KubeConfig()
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'ENOENT') return undefined
    throw new KubeError('invalid', 0, `cannot read the kubeconfig ${path} (${String(code)})`)
  }
  try {
    config.loadFromString(content)
  } catch {
    throw new KubeError('invalid', 0, `${path} is not a kubeconfig`)
  }
  config.makePathsAbsolute(dirname(path))
  return config
}

function firstOfEach<T extends { readonly name: string }>(
  known: readonly T[] | undefined,
  added: readonly T[],
): T[] {
  const names = new Set(known?.map(({ name }) => name))
  return [...(known ?? []), ...added.filter(({ name }) => !names.has(name))]
}

type Cluster = NonNullable<ReturnType<KubeConfig['getCurrentCluster']>>

function readCa({ caFile, caData }: Cluster, context: string): string | undefined {
  if (caData) return Buffer.from(caData, 'base64').toString('utf8')
  if (!caFile) return undefined
  try {
    return readFileSync(caFile, 'utf8')
  } catch {
    throw new KubeError(
      'invalid',
      0,
      `context ${context}: cannot read certificate-authority ${caFile}`,
    )
  }
}

async function readCredentials(config: KubeConfig, context: string): Promise<RequestOptions> {
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch {
    const user = config.getCurrentUser()
    const plugin = user?.exec?.command
    const how = typeof plugin === 'string' ? `credential plugin ${plugin}` : 'credentials'
    const why = `context ${context}: the ${how} of user ${user?.name} could not be used`
    throw new KubeError('unauthorized', 0, why)
  }
  return options
}

/** Basic authentication is gone from Kubernetes since 1.19, so a bearer token is all that can be there. */
function tokenOf(
  config: KubeConfig,
  context: string,
  nowMs: () => number,
): () => Promise<SecretValue | undefined> {
  let readAtMs = Number.NEGATIVE_INFINITY
  let reading: Promise<SecretValue | undefined> | undefined

  const read = async (): Promise<SecretValue | undefined> => {
    const { headers } = await readCredentials(config, context)
    const authorization =
      headers !== undefined && 'Authorization' in headers ? String(headers.Authorization) : ''
    const token = authorization.replace(/^Bearer /, '').trim()
    return token === '' ? undefined : SecretValue.fromText(token)
  }

  return () => {
    if (reading !== undefined && nowMs() - readAtMs < CREDENTIAL_AGE_MS_MAX) return reading
    readAtMs = nowMs()
    const fresh = read()
    reading = fresh
    fresh.catch(() => {
      if (reading === fresh) reading = undefined
    })
    return fresh
  }
}

/** A file or a plugin gives bytes or text, never the other forms of Node's option. */
function pemOf(key: RequestOptions['key']): string | Buffer | undefined {
  return typeof key === 'string' || Buffer.isBuffer(key) ? key : undefined
}

function secret(pem: RequestOptions['cert']): SecretValue | undefined {
  if (typeof pem === 'string') return SecretValue.fromText(pem)
  return Buffer.isBuffer(pem) ? new SecretValue(pem) : undefined
}
