import { dig, isObject, type JsonValue, text } from '../../model/json.ts'
import type { Store } from '../../model/store.ts'
import { readCa } from '../ca.ts'
import { type KeyRef, type OpenContext, ProviderError } from '../provider.ts'
import {
  credential,
  decodeAccountRef,
  decodeKeyRef,
  namespaceOf,
  type Opening,
} from '../references.ts'
import { secureUrl } from '../secure-url.ts'
import type { Remote } from './connection.ts'
import { readKubeconfig } from './kubeconfig.ts'

// `spec.provider.kubernetes` of a store, with its references read: where the other API server is and who we are to it.

const FIELD = 'spec.provider.kubernetes'
const SERVER_DEFAULT = 'kubernetes.default'
/** The shortest that an API server gives; a run is over long before. */
const TOKEN_SECONDS = 600

/** Reads everything that the store names. Throws ProviderError with the field that is wrong. */
export async function readRemote(store: Store, context: OpenContext): Promise<Remote> {
  const { settings } = store
  const opening = { store, context }
  const namespace = text(dig(settings, 'remoteNamespace')) || 'default'
  if (isObject(dig(settings, 'authRef'))) {
    const field = `${FIELD}.authRef`
    const ref = required(dig(settings, 'authRef'), field)
    const where = `Secret ${namespaceOf(ref, store, context)}/${ref.name}`
    const remote = readKubeconfig(await credential(ref, field, opening), where)
    return { ...remote, server: serverOf(remote.server, `the server in ${where}`), namespace }
  }
  const server = serverOf(text(dig(settings, 'server', 'url')), `${FIELD}.server.url`)
  const [ca, identity] = await Promise.all([
    readCa(dig(settings, 'server'), `${FIELD}.server`, opening),
    readIdentity(opening),
  ])
  return { server, ca, serverName: undefined, namespace, ...identity }
}

/** A host alone means https, as client-go has it. */
function serverOf(url: string | undefined, field: string): string {
  const hasScheme = /^[a-z]+:\/\//.test(url ?? '')
  return secureUrl(hasScheme ? (url ?? '') : `https://${url || SERVER_DEFAULT}`, field)
}

/** Who we are: a token, or a client certificate. */
type Identity = Pick<Remote, 'token' | 'cert' | 'key'>

const NOBODY: Identity = { token: undefined, cert: undefined, key: undefined }

/** Exactly one kind of `auth`; a ServiceAccount's token is asked for anew at every opening. */
async function readIdentity(opening: Opening): Promise<Identity> {
  const { store, context } = opening
  const auth = dig(store.settings, 'auth')
  const kinds = isObject(auth) ? Object.keys(auth).filter((kind) => isObject(auth[kind])) : []
  if (kinds.length !== 1) {
    const message = `${FIELD}.auth has to name exactly one of cert, token, serviceAccount`
    throw new ProviderError('invalid', message)
  }
  if (kinds[0] === 'token') {
    const ref = required(dig(auth, 'token', 'bearerToken'), `${FIELD}.auth.token.bearerToken`)
    return { ...NOBODY, token: await credential(ref, `${FIELD}.auth.token.bearerToken`, opening) }
  }
  if (kinds[0] === 'cert') {
    const field = `${FIELD}.auth.cert`
    const certRef = required(dig(auth, 'cert', 'clientCert'), `${field}.clientCert`)
    const keyRef = required(dig(auth, 'cert', 'clientKey'), `${field}.clientKey`)
    const [cert, key] = await Promise.all([
      credential(certRef, `${field}.clientCert`, opening),
      credential(keyRef, `${field}.clientKey`, opening),
    ])
    return { token: undefined, cert, key }
  }
  const account = decodeAccountRef(dig(auth, 'serviceAccount'))
  if (account === undefined) {
    throw new ProviderError('invalid', `${FIELD}.auth.serviceAccount names no ServiceAccount`)
  }
  const { audiences } = account
  const token = await context.credentials.serviceAccountToken(account, audiences, TOKEN_SECONDS)
  return { ...NOBODY, token }
}

/** A reference that has to be there. */
function required(selector: JsonValue | undefined, field: string): KeyRef {
  const ref = decodeKeyRef(selector)
  if (ref !== undefined) return ref
  throw new ProviderError('invalid', `${field} names no Secret`)
}
