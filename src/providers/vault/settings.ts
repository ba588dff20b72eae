import { dig, isObject, type JsonValue, text } from '../../model/json.ts'
import type { Store } from '../../model/store.ts'
import { type KeyRef, ProviderError } from '../provider.ts'
import type { AccountRef } from '../references.ts'
import { decodeAccountRef, decodeKeyRef, texts } from '../references.ts'
import { decodeRetry, type RetrySettings } from '../retry.ts'

/** `spec.provider.vault`, defaults applied. References are not read yet. */
export interface VaultSettings {
  /** Without a slash at its end. */
  readonly server: string
  /** Mount path of the engine; undefined: the key begins with it. */
  readonly path: string | undefined
  readonly version: 'v1' | 'v2'
  readonly namespace: string
  /** Where the login happens. */
  readonly loginNamespace: string
  readonly headers: Readonly<Record<string, string>>
  readonly ca: CaSource | undefined
  readonly clientCertificate: ClientCertificate | undefined
  readonly auth: VaultAuth
  readonly retry: RetrySettings | undefined
}

/** Replaces the system roots; undefined: those hold. */
export type CaSource =
  | { readonly from: 'bundle'; readonly base64: string }
  | { readonly from: 'Secret' | 'ConfigMap'; readonly ref: KeyRef }

/** For mutual TLS, and for the login by certificate. */
export interface ClientCertificate {
  readonly cert: KeyRef
  readonly key: KeyRef
}

/** Where a JWT comes from. `account` asks the API server for one, `pod` is our own. */
export type TokenSource =
  | { readonly from: 'secret'; readonly ref: KeyRef }
  | {
      readonly from: 'account'
      readonly account: AccountRef
      readonly audiences: readonly string[]
      readonly seconds: number
    }
  | { readonly from: 'pod' }

/** `mount` is the path of the auth method below `auth/`. */
export type VaultAuth =
  | { readonly method: 'none' }
  | { readonly method: 'token'; readonly ref: KeyRef }
  | {
      readonly method: 'approle'
      readonly mount: string
      readonly roleId: string | KeyRef
      readonly secret: KeyRef
    }
  | {
      readonly method: 'kubernetes' | 'jwt'
      readonly mount: string
      readonly role: string
      readonly token: TokenSource
    }
  | {
      readonly method: 'userpass' | 'ldap'
      readonly mount: string
      readonly username: string
      readonly secret: KeyRef
    }
  | { readonly method: 'cert'; readonly mount: string; readonly role: string }

/** The shortest that the API server gives, and enough for one login. */
const TOKEN_SECONDS = 600

/** `spec.provider.vault`. Throws ProviderError `invalid` or `unsupported`. */
export function decodeVault(store: Store): VaultSettings {
  const { settings } = store
  const auth = isObject(settings.auth) ? settings.auth : undefined
  const namespace = text(settings.namespace) ?? ''
  return {
    server: decodeServer(text(settings.server) ?? ''),
    path: (text(settings.path) ?? '').replace(/^\/+|\/+$/g, '') || undefined,
    version: text(settings.version) === 'v1' ? 'v1' : 'v2',
    namespace,
    loginNamespace: text(dig(auth, 'namespace')) || namespace,
    headers: decodeHeaders(store),
    ca: decodeCa(store),
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

/** Words for a broken store; the hint says which field. */
function invalid(message: string, hint: string): ProviderError {
  return new ProviderError('invalid', `vault ${message}`, hint)
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

/** A bundle wins over a provider, as upstream. */
function decodeCa({ settings }: Store): CaSource | undefined {
  const bundle = text(settings.caBundle)
  if (bundle) return { from: 'bundle', base64: bundle }
  const provider = settings.caProvider
  const ref = decodeKeyRef(provider)
  if (ref === undefined) return undefined
  return { from: text(dig(provider, 'type')) === 'ConfigMap' ? 'ConfigMap' : 'Secret', ref }
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
    'see spec.provider.vault.tls',
  )
}

/** One method's settings. Throws ProviderError for what is missing. */
type Decode = (settings: JsonValue) => VaultAuth

/** The first that is configured wins, in this order (R145). */
const METHODS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  [
    'tokenSecretRef',
    (settings) => ({ method: 'token', ref: need(decodeKeyRef(settings), 'tokenSecretRef') }),
  ],
  ['appRole', decodeAppRole],
  ['kubernetes', decodeKubernetes],
  ['ldap', (settings) => decodePassword('ldap', settings)],
  ['userPass', (settings) => decodePassword('userpass', settings)],
  ['jwt', decodeJwt],
  [
    'cert',
    (settings) => ({
      method: 'cert',
      mount: mountOf(settings, 'path', 'cert'),
      role: text(dig(settings, 'vaultRole')) ?? '',
    }),
  ],
  ['iam', () => unsupported('iam')],
  ['gcp', () => unsupported('gcp')],
])

/** An `auth` without a known method counts as none: a proxy may log in. */
function decodeAuth(auth: JsonValue): VaultAuth {
  for (const [name, decode] of METHODS) {
    const settings = dig(auth, name)
    if (isObject(settings)) return decode(settings)
  }
  return { method: 'none' }
}

/** Methods that ESO has and Waybill does not. */
function unsupported(method: string): never {
  const supported = [...METHODS.keys()].filter((name) => name !== 'iam' && name !== 'gcp')
  throw new ProviderError(
    'unsupported',
    `vault auth.${method} is not supported`,
    `supported are ${supported.join(', ')}`,
  )
}

/** A value that the method cannot do without. */
function need<Value>(value: Value | undefined, field: string): Value {
  if (value !== undefined && value !== '') return value
  throw invalid(`auth.${field} is missing`, 'see spec.provider.vault.auth of the store')
}

/** Slashes at the ends mean nothing, those inside are a part of the path. */
function mountOf(settings: JsonValue, field: string, fallback: string): string {
  return (text(dig(settings, field)) ?? '').replace(/^\/+|\/+$/g, '') || fallback
}

/** A literal role id wins over a reference to one. */
function decodeAppRole(settings: JsonValue): VaultAuth {
  const roleId = text(dig(settings, 'roleId')) || decodeKeyRef(dig(settings, 'roleRef'))
  return {
    method: 'approle',
    mount: mountOf(settings, 'path', 'approle'),
    roleId: need(roleId, 'appRole.roleId'),
    secret: need(decodeKeyRef(dig(settings, 'secretRef')), 'appRole.secretRef'),
  }
}

/** R147 decides where the token comes from. */
function decodeKubernetes(settings: JsonValue): VaultAuth {
  const account = decodeAccountRef(dig(settings, 'serviceAccountRef'))
  const ref = decodeKeyRef(dig(settings, 'secretRef'), 'token')
  return {
    method: 'kubernetes',
    mount: mountOf(settings, 'mountPath', 'kubernetes'),
    role: need(text(dig(settings, 'role')), 'kubernetes.role'),
    token: kubernetesToken(account, ref),
  }
}

/** R147: a ServiceAccount before a Secret before the pod that we run in. */
function kubernetesToken(account: AccountRef | undefined, ref: KeyRef | undefined): TokenSource {
  if (account !== undefined) {
    return { from: 'account', account, audiences: account.audiences, seconds: TOKEN_SECONDS }
  }
  return ref === undefined ? { from: 'pod' } : { from: 'secret', ref }
}

/** An empty role means the mount's default role. */
function decodeJwt(settings: JsonValue): VaultAuth {
  const ref = decodeKeyRef(dig(settings, 'secretRef'))
  return {
    method: 'jwt',
    mount: mountOf(settings, 'path', 'jwt'),
    role: text(dig(settings, 'role')) ?? '',
    token:
      ref === undefined
        ? jwtAccount(dig(settings, 'kubernetesServiceAccountToken'))
        : { from: 'secret', ref },
  }
}

/** Audience and life may stand here or, deprecated, one level up. */
function jwtAccount(settings: JsonValue | undefined): TokenSource {
  const field = 'jwt.kubernetesServiceAccountToken.serviceAccountRef'
  const account = need(decodeAccountRef(dig(settings, 'serviceAccountRef')), field)
  const given = [...texts(dig(settings, 'audiences')), ...account.audiences]
  const seconds = dig(settings, 'expirationSeconds')
  return {
    from: 'account',
    account,
    audiences: given.length === 0 ? ['vault'] : given,
    seconds: typeof seconds === 'number' ? seconds : TOKEN_SECONDS,
  }
}

/** A user name becomes a part of the login's path; it is encoded there (login.ts). */
function decodePassword(method: 'ldap' | 'userpass', settings: JsonValue): VaultAuth {
  return {
    method,
    mount: mountOf(settings, 'path', method),
    username: need(text(dig(settings, 'username')), `${method}.username`),
    secret: need(decodeKeyRef(dig(settings, 'secretRef')), `${method}.secretRef`),
  }
}
