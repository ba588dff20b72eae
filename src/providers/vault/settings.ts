import { dig, isObject, text } from '../../model/json.ts'
import type { Store } from '../../model/store.ts'
import type { KeyRef } from '../provider.ts'
import { decodeKeyRef } from '../references.ts'
import { decodeRetry, type RetrySettings } from '../retry.ts'
import { decodeAuth, invalid, type VaultAuth } from './auth.ts'

/** How to reach a Vault and how to log in, defaults applied. References are not read yet. */
export interface VaultSettings {
  /** Where these stand, for messages: `spec.provider.vault`. */
  readonly field: string
  /** Without a slash at its end. */
  readonly server: string
  /** Mount path of the engine; undefined: the key begins with it. */
  readonly path: string | undefined
  readonly version: 'v1' | 'v2'
  readonly namespace: string
  /** Where the login happens. */
  readonly loginNamespace: string
  readonly headers: Readonly<Record<string, string>>
  /** `readYourWrites`: a node that has not seen our login yet must not answer. */
  readonly readsOwnWrites: boolean
  readonly clientCertificate: ClientCertificate | undefined
  readonly auth: VaultAuth
  readonly retry: RetrySettings | undefined
}

/** For mutual TLS, and for the login by certificate. */
export interface ClientCertificate {
  readonly cert: KeyRef
  readonly key: KeyRef
}

/** Settings that stand at `field` of the store's object. Throws ProviderError `invalid`. */
export function decodeVault(store: Store, field: string): VaultSettings {
  const { settings } = store
  const auth = isObject(settings.auth) ? settings.auth : undefined
  const namespace = text(settings.namespace) ?? ''
  return {
    field,
    server: decodeServer(text(settings.server) ?? ''),
    path: (text(settings.path) ?? '').replace(/^\/+|\/+$/g, '') || undefined,
    version: text(settings.version) === 'v1' ? 'v1' : 'v2',
    namespace,
    loginNamespace: text(dig(auth, 'namespace')) || namespace,
    headers: decodeHeaders(store),
    readsOwnWrites: settings.readYourWrites === true,
    clientCertificate: decodeClientCertificate(store),
    auth: auth === undefined ? { method: 'none' } : decodeAuth(auth),
    retry: decodeRetry(store),
  }
}

/** Trust: whatever could move a token elsewhere, or hide where it goes, is refused. */
function decodeServer(server: string): string {
  const url = URL.canParse(server) ? new URL(server) : undefined
  // A path is fine: Vault may live below one.
  const isPlain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === ''
  if (isPlain) return url.href.replace(/\/+$/, '')
  throw invalid(
    'server is no plain http or https URL',
    'e.g. https://vault.example.com:8200, without user, query or fragment',
  )
}

/** Names in lower case, so that ours can win over them (api.ts). */
function decodeHeaders({ settings }: Store): Readonly<Record<string, string>> {
  const given = settings.headers
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of isObject(given) ? Object.entries(given) : []) {
    if (typeof value === 'string') headers[name.toLowerCase()] = value
  }
  // Upstream: without readYourWrites the other switch does nothing (R151).
  if (settings.readYourWrites === true && settings.forwardInconsistent === true) {
    headers['x-vault-inconsistent'] = 'forward-active-node'
  }
  return headers
}

/** The certificate of the login, if there is one, else the one for the connection. */
function decodeClientCertificate({ settings }: Store): ClientCertificate | undefined {
  const tls = settings.tls
  const login = dig(settings.auth, 'cert')
  const cert = decodeKeyRef(dig(login, 'clientCert') ?? dig(tls, 'certSecretRef'), 'tls.crt')
  const key = decodeKeyRef(dig(login, 'secretRef') ?? dig(tls, 'keySecretRef'), 'tls.key')
  if (cert === undefined && key === undefined) return undefined
  if (cert !== undefined && key !== undefined) return { cert, key }
  throw invalid(
    'client certificate needs both a certificate and a key',
    'tls has certSecretRef and keySecretRef, auth.cert has clientCert and secretRef',
  )
}
