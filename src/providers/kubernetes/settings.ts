import { dig, isObject, type JsonValue, text } from '../../model/json.ts'
import type { SecretValue } from '../../model/secret-value.ts'
import type { Store } from '../../model/store.ts'
import { type KeyRef, type OpenContext, ProviderError } from '../provider.ts'
import { credential, decodeAccountRef, decodeKeyRef, revealText } from '../references.ts'

// `spec.provider.kubernetes` of a store, with its references read: where the other API server is and who we are to it.

/** Another API server with what is needed to speak to it; undefined credentials are not sent. */
export interface Remote {
  /** Origin, possibly with a path, without a slash at the end. */
  readonly server: string
  readonly ca: string | undefined
  readonly namespace: string
  readonly token: SecretValue | undefined
  readonly cert: SecretValue | undefined
  readonly key: SecretValue | undefined
}

const FIELD = 'spec.provider.kubernetes'
const SERVER_DEFAULT = 'kubernetes.default'
/** The shortest that an API server gives; a run is over long before. */
const TOKEN_SECONDS = 600

/** Reads everything that the store names. Throws ProviderError with the field that is wrong. */
export async function readRemote(store: Store, context: OpenContext): Promise<Remote> {
  const { settings } = store
  if (dig(settings, 'authRef') !== undefined) {
    const message = `${FIELD}.authRef: a kubeconfig in a Secret is not supported`
    throw new ProviderError('unsupported', message, `use ${FIELD}.server and ${FIELD}.auth`)
  }
  const [ca, identity] = await Promise.all([readCa(store, context), readIdentity(store, context)])
  const namespace = text(dig(settings, 'remoteNamespace')) || 'default'
  return { server: serverOf(text(dig(settings, 'server', 'url'))), ca, namespace, ...identity }
}

/** A host alone means https, as client-go has it. */
function serverOf(url: string | undefined): string {
  const full = /^https?:\/\//.test(url ?? '') ? (url ?? '') : `https://${url || SERVER_DEFAULT}`
  if (!URL.canParse(full)) {
    throw new ProviderError('invalid', `${FIELD}.server.url is not a URL`)
  }
  const { protocol, hostname } = new URL(full)
  if (protocol === 'http:' && !/^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)) {
    const message = `${FIELD}.server.url is plain http, which would show the token to the network`
    throw new ProviderError('invalid', message, 'use https')
  }
  return full.replace(/\/+$/, '')
}

/** Undefined: the system's roots. A bundle wins over a provider, as upstream. */
async function readCa(store: Store, context: OpenContext): Promise<string | undefined> {
  const server = dig(store.settings, 'server')
  const bundle = text(dig(server, 'caBundle'))
  if (bundle !== undefined && bundle !== '') return Buffer.from(bundle, 'base64').toString('utf8')
  const provider = dig(server, 'caProvider')
  if (!isObject(provider)) return undefined
  const field = `${FIELD}.server.caProvider`
  const ref = decodeKeyRef(provider)
  if (ref === undefined) throw new ProviderError('invalid', `${field} names no object`)
  if (dig(provider, 'type') !== 'ConfigMap') {
    return revealText(await credential(ref, field, { store, context }))
  }
  const ca = await context.credentials.configMapKey(ref)
  if (ca !== undefined) return ca
  const message = `ConfigMap ${ref.name} has no key "${ref.key}", which ${field} names`
  throw new ProviderError('credentials-not-found', message)
}

/** Who we are: a token, or a client certificate. */
type Identity = Pick<Remote, 'token' | 'cert' | 'key'>

const NOBODY: Identity = { token: undefined, cert: undefined, key: undefined }

/** Exactly one kind of `auth`; a ServiceAccount's token is asked for anew at every opening. */
async function readIdentity(store: Store, context: OpenContext): Promise<Identity> {
  const auth = dig(store.settings, 'auth')
  const opening = { store, context }
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
