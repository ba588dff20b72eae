import { dig, isObject, type JsonObject, type JsonValue, text } from '../../model/json.ts'
import { type KeyRef, ProviderError } from '../provider.ts'
import { type AccountRef, decodeAccountRef, decodeKeyRef, texts } from '../references.ts'

// `auth` of a store, method by method.

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
  | ({ readonly method: 'aws' } & CloudAuth & { readonly serverId: string | undefined })
  | ({ readonly method: 'gcp' } & CloudAuth)

/** A login that a cloud vouches for. `identity` says who we are to that cloud, in its provider's words. */
export interface CloudAuth {
  readonly mount: string
  /** Role of Vault. */
  readonly role: string
  readonly identity: JsonObject
}

/** The shortest that the API server gives, and enough for one login. */
const TOKEN_SECONDS = 600

/** Words for a broken store; the hint says which field. */
export function invalid(message: string, hint: string): ProviderError {
  return new ProviderError('invalid', `vault ${message}`, hint)
}

/** One method's settings. Throws ProviderError for what is missing. */
type Decode = (settings: JsonObject) => VaultAuth

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
  ['iam', decodeIam],
  ['gcp', decodeGcp],
])

/** An `auth` without a known method counts as none: a proxy may log in. */
export function decodeAuth(auth: JsonValue): VaultAuth {
  for (const [name, decode] of METHODS) {
    const settings = dig(auth, name)
    if (isObject(settings)) return decode(settings)
  }
  return { method: 'none' }
}

/** A value that the method cannot do without. */
function need<Value>(value: Value | undefined, field: string): Value {
  if (value !== undefined && value !== '') return value
  throw invalid(`auth.${field} is missing`, 'see auth of the store')
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

/** `identity` becomes what a store of aws says of itself. */
function decodeIam(settings: JsonObject): VaultAuth {
  const { region, role, externalID, jwt, secretRef } = settings
  return {
    method: 'aws',
    mount: mountOf(settings, 'path', 'aws'),
    role: need(text(settings.vaultRole), 'iam.vaultRole'),
    serverId: text(settings.vaultAwsIamServerID) || undefined,
    identity: {
      // Upstream: the region of the environment does not count here.
      region: text(region) || 'us-east-1',
      ...(role === undefined ? {} : { role }),
      ...(externalID === undefined ? {} : { externalID }),
      auth: { jwt: jwt ?? null, secretRef: secretRef ?? null },
    },
  }
}

/** A bare serviceAccountRef is workload identity of the cluster that we run in. */
function decodeGcp(settings: JsonObject): VaultAuth {
  const { secretRef, workloadIdentity, serviceAccountRef } = settings
  // projectID and location say nothing about a login: they belong to the secrets of a gcpsm store.
  const identity = isObject(workloadIdentity)
    ? workloadIdentity
    : isObject(serviceAccountRef)
      ? { serviceAccountRef }
      : null
  return {
    method: 'gcp',
    mount: mountOf(settings, 'path', 'gcp'),
    role: need(text(settings.role), 'gcp.role'),
    identity: { secretRef: secretRef ?? null, workloadIdentity: identity },
  }
}
