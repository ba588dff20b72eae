import { SecretValue } from '../model/secret-value.ts'
import { KubeError } from './api.ts'
import type { Connection } from './connection.ts'

// A pod's own connection, from the files that the kubelet mounts. The token file is replaced before it expires (after
// 80 % of its life, at the earliest after 8 minutes), so what was read is good for a minute.

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'
const TOKEN_AGE_MS_MAX = 60_000

/** The pod's environment and files, injected for tests. */
export interface InClusterInput {
  /** `KUBERNETES_SERVICE_HOST` and `_PORT` are read. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Undefined when there is no such file. */
  readonly readFile: (path: string) => Promise<Uint8Array | undefined>
  /** Monotonic. */
  readonly nowMs: () => number
  /** Where the files are, when not where the kubelet puts them. */
  readonly folder?: string
}

/** The connection of the pod that we run in; undefined outside of a cluster. */
export async function inClusterConnection(input: InClusterInput): Promise<Connection | undefined> {
  const { env, readFile, folder = FOLDER } = input
  const host = env.KUBERNETES_SERVICE_HOST
  if (!host) return undefined
  const port = env.KUBERNETES_SERVICE_PORT || '443'
  const [ca, namespace] = await Promise.all([
    readFile(`${folder}/ca.crt`),
    readFile(`${folder}/namespace`),
  ])
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: ca === undefined ? undefined : decode(ca),
    cert: undefined,
    key: undefined,
    serverName: undefined,
    isVerificationOff: false,
    namespace: namespace === undefined ? 'default' : decode(namespace).trim() || 'default',
    token: mountedToken(input, `${folder}/token`),
  }
}

function mountedToken(
  { readFile, nowMs }: InClusterInput,
  path: string,
): () => Promise<SecretValue | undefined> {
  let readAtMs = Number.NEGATIVE_INFINITY
  let reading: Promise<SecretValue> | undefined

  const read = async (): Promise<SecretValue> => {
    const bytes = await readFile(path)
    // A line break at the end would make an illegal header.
    const token = bytes === undefined ? '' : decode(bytes).trim()
    if (token !== '') return SecretValue.fromText(token)
    const cure = 'is automountServiceAccountToken false?'
    throw new KubeError('unauthorized', 0, `no ServiceAccount token is mounted at ${path}: ${cure}`)
  }

  return () => {
    if (reading !== undefined && nowMs() - readAtMs < TOKEN_AGE_MS_MAX) return reading
    readAtMs = nowMs()
    const fresh = read()
    reading = fresh
    // A file that cannot be read now is tried again by the next request.
    fresh.catch(() => {
      if (reading === fresh) reading = undefined
    })
    return fresh
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
