import { yamlToJson } from '../../manifests/kubectl.ts'
import { dig, isArray, isObject, type JsonObject, type JsonValue, text } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { ProviderError } from '../provider.ts'
import type { Remote } from './connection.ts'

// A kubeconfig out of a Secret (`authRef`). Trust: a tenant has written it, and it is read in the pod of the run. So nothing
// in it may start a program, read a file of the pod, or send a token where nobody verifies who listens.

/** Members that do so, each with what may stand there instead. */
const REFUSED_OF_USER: ReadonlyMap<string, string> = new Map([
  ['exec', 'token or client-certificate-data'],
  ['auth-provider', 'token or client-certificate-data'],
  ['tokenFile', 'token'],
  ['client-certificate', 'client-certificate-data'],
  ['client-key', 'client-key-data'],
  ['username', 'token or client-certificate-data'],
  ['as', 'a user with the rights that it needs'],
])
const REFUSED_OF_CLUSTER: ReadonlyMap<string, string> = new Map([
  ['certificate-authority', 'certificate-authority-data'],
  ['insecure-skip-tls-verify', 'certificate-authority-data'],
  ['proxy-url', 'a server that can be reached directly'],
])

/** The server and the identity of the current context. `where` names the Secret. Throws ProviderError. */
export function readKubeconfig(config: SecretValue, where: string): Omit<Remote, 'namespace'> {
  const read = yamlToJson(config.reveal(), false)
  if (read.outcome !== 'read' || !isObject(read.value)) throw invalid(where, 'is no kubeconfig')
  const kubeconfig = read.value
  const current = text(kubeconfig['current-context']) ?? ''
  const context = entryOf(kubeconfig, 'context', current)
  const cluster = context && entryOf(kubeconfig, 'cluster', text(context.cluster) ?? '')
  const server = text(cluster?.server) ?? ''
  if (cluster === undefined || server === '') {
    throw invalid(where, 'has no server for its current context')
  }
  const user = entryOf(kubeconfig, 'user', text(context?.user) ?? '') ?? Object.create(null)
  refuse(cluster, REFUSED_OF_CLUSTER, where)
  refuse(user, REFUSED_OF_USER, where)
  return {
    server,
    ca: pemOf(cluster['certificate-authority-data']),
    serverName: text(cluster['tls-server-name']) || undefined,
    token: secret(text(user.token)),
    cert: secret(pemOf(user['client-certificate-data'])),
    key: secret(pemOf(user['client-key-data'])),
  }
}

/** Undefined for an empty member. */
function pemOf(value: JsonValue | undefined): string | undefined {
  const encoded = text(value) ?? ''
  return encoded === '' ? undefined : Buffer.from(encoded, 'base64').toString('utf8')
}

function secret(value: string | undefined): SecretValue | undefined {
  return value === undefined || value === '' ? undefined : SecretValue.fromText(value)
}

/** The first of a name counts, as everywhere in kubeconfigs. */
function entryOf(config: JsonObject, noun: string, name: string): JsonObject | undefined {
  const list = config[`${noun}s`]
  const entry = (isArray(list) ? list : []).find((item) => dig(item, 'name') === name)
  const found = dig(entry, noun)
  return isObject(found) ? found : undefined
}

/** An empty or false member says nothing. */
function refuse(object: JsonObject, refused: ReadonlyMap<string, string>, where: string): void {
  for (const [name, instead] of refused) {
    const value = object[name]
    if (value === undefined || value === null || value === '' || value === false) continue
    throw new ProviderError(
      'unsupported',
      `the kubeconfig in ${where} uses ${name}, which is not supported in a Secret`,
      `use ${instead}`,
    )
  }
}

function invalid(where: string, words: string): ProviderError {
  return new ProviderError(
    'invalid',
    `what ${where} holds ${words}`,
    'it wants what works with: kubectl --kubeconfig FILE get secrets',
  )
}
