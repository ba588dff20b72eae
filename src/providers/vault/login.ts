import { dig, text } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { ProviderError } from '../provider.ts'
import { credential, namespaceOf, type Opening, revealText } from '../references.ts'
import { errorsOf, type VaultAnswer } from './answer.ts'
import type { CallOptions, VaultApi } from './api.ts'
import { encodePath } from './path.ts'
import type { TokenSource, VaultAuth, VaultSettings } from './settings.ts'

/** A token and how long it lives; Infinity for one without end. */
export interface VaultToken {
  readonly value: SecretValue
  /** Undefined for a token that we were given: it is neither renewed nor revoked. */
  readonly leaseMs: number | undefined
  readonly isRenewable: boolean
  /** False for what we were given, and for batch tokens: those are in no storage that could forget them. */
  readonly isRevocable: boolean
}

/** What a login needs. */
export interface Door {
  readonly api: VaultApi
  readonly settings: VaultSettings
  readonly opening: Opening
}

const FIELD = 'spec.provider.vault.auth'

/** Who we are to Vault, in words. */
export function principalOf(auth: VaultAuth, { store, context }: Opening): string {
  switch (auth.method) {
    case 'none':
      return 'a client without a token'
    case 'token':
      return `the token in Secret ${namespaceOf(auth.ref, store, context)}/${auth.ref.name}`
    case 'userpass':
    case 'ldap':
      return `user "${auth.username}" at auth/${auth.mount}`
    case 'approle':
      return `the AppRole at auth/${auth.mount}`
    default:
      return `role "${auth.role}" at auth/${auth.mount}`
  }
}

/** Undefined without an auth block: a proxy in front of Vault logs in (R145). Throws ProviderError. */
export async function logIn(door: Door, signal: AbortSignal): Promise<VaultToken | undefined> {
  const { auth } = door.settings
  switch (auth.method) {
    case 'none':
      return undefined
    case 'token':
      return {
        value: await credential(auth.ref, `${FIELD}.tokenSecretRef`, door.opening),
        leaseMs: undefined,
        isRenewable: false,
        isRevocable: false,
      }
    case 'cert': {
      const path = `auth/${encodePath(auth.mount)}/login`
      const body = auth.role === '' ? {} : { name: auth.role }
      return tokenOf(await door.api.write(path, body, optionsOf(door, signal)), door)
    }
    case 'approle':
    case 'userpass':
    case 'ldap':
    case 'kubernetes':
    case 'jwt': {
      const body = await credentialsOf(auth, door.opening)
      const login = { method: auth.method, mount: auth.mount, body }
      return tokenOf(await door.api.login(login, optionsOf(door, signal)), door)
    }
  }
}

/** Logins go to the login namespace, which may differ from that of the reads. */
function optionsOf({ settings }: Door, signal: AbortSignal): CallOptions {
  const namespace = settings.loginNamespace
  return { call: 'vault:login', token: undefined, namespace, signal, isRetried: true }
}

/** Methods whose credentials travel in the request's body. */
type BodyAuth = Exclude<VaultAuth, { readonly method: 'none' | 'token' | 'cert' }>

/** What node-vault's command of this method takes. */
async function credentialsOf(
  auth: BodyAuth,
  opening: Opening,
): Promise<Readonly<Record<string, string>>> {
  switch (auth.method) {
    case 'approle': {
      const { roleId } = auth
      const id =
        typeof roleId === 'string'
          ? roleId
          : revealText(await credential(roleId, `${FIELD}.appRole.roleRef`, opening))
      const secret = await credential(auth.secret, `${FIELD}.appRole.secretRef`, opening)
      return { role_id: id, secret_id: revealText(secret) }
    }
    case 'userpass':
    case 'ldap': {
      const password = await credential(auth.secret, `${FIELD}.${auth.method}.secretRef`, opening)
      return { username: encodePath(auth.username), password: revealText(password) }
    }
    default:
      return { role: auth.role, jwt: revealText(await tokenFrom(auth.token, opening)) }
  }
}

/** A JWT for `kubernetes` and `jwt`; fresh ones are asked for with exactly the audiences of the store. */
async function tokenFrom(source: TokenSource, opening: Opening): Promise<SecretValue> {
  const { credentials } = opening.context
  switch (source.from) {
    case 'secret':
      return credential(source.ref, `${FIELD} secretRef`, opening)
    case 'account':
      return credentials.serviceAccountToken(source.account, source.audiences, source.seconds)
    case 'pod': {
      const own = await credentials.ownToken()
      if (own !== undefined) return own
      throw new ProviderError(
        'credentials-not-found',
        'the vault store names no ServiceAccount, and this process has no token of a pod',
        `set ${FIELD}.kubernetes.serviceAccountRef`,
      )
    }
  }
}

/** Life 0 means a token without end. */
function tokenOf(answer: VaultAnswer, door: Door): VaultToken {
  const token = text(dig(answer.json, 'auth', 'client_token')) ?? ''
  if (answer.status !== 200) throw refused(answer, door)
  if (token === '') throw new ProviderError('malformed', 'vault answered the login without a token')
  const seconds = dig(answer.json, 'auth', 'lease_duration')
  const leaseMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : Infinity
  const isBatch = dig(answer.json, 'auth', 'token_type') === 'batch'
  return {
    value: SecretValue.fromText(token),
    leaseMs,
    isRenewable: !isBatch && dig(answer.json, 'auth', 'renewable') === true,
    isRevocable: !isBatch,
  }
}

/** Words of Vault that say more than its status → ours. The texts were seen at Vault 1.13. */
const REASONS: readonly (readonly [seen: RegExp, words: string])[] = [
  [/invalid role name|role .*could not be found|role .*not found/i, 'there is no such role'],
  [/service account name not authorized/i, 'the role is for other ServiceAccounts'],
  [/namespace not authorized/i, 'the role is for ServiceAccounts of other namespaces'],
  [/audience/i, 'the role is for tokens of another audience'],
  [/expired/i, 'the token has expired'],
  [/invalid role or secret ID|invalid secret id|invalid role ID/i, 'role id or secret id is wrong'],
  [/invalid username or password|ldap operation failed/i, 'user name or password is wrong'],
  [/claim/i, 'the claims of the token are not those that the role asks for'],
  // Vault says so of a mount that does not exist, too: it tells strangers nothing about its mounts.
  [
    /permission denied|no handler/i,
    'no auth method is mounted there, or it could not verify who asks',
  ],
]

/** Says who was refused where and, if Vault's words are known, why. */
function refused(answer: VaultAnswer, { settings, opening }: Door): ProviderError {
  const { auth } = settings
  const texts = errorsOf(answer)
  const reason = REASONS.find(([seen]) => seen.test(texts))?.[1]
  const who = [principalOf(auth, opening), accountWords(auth, opening)].filter(
    (part) => part !== '',
  )
  const why = reason === undefined ? '' : `: ${reason}`
  return new ProviderError(
    'unauthenticated',
    `vault refuses the login of ${who.join(' as ')}${inNamespace(settings)}${why} (HTTP ${answer.status})`,
    hintFor(settings, opening),
  )
}

/** Empty in the root namespace. */
function inNamespace({ loginNamespace }: VaultSettings): string {
  return loginNamespace === '' ? '' : ` in namespace ${loginNamespace}`
}

/** Whose token was shown, and for whom it was made; empty for other methods. */
function accountWords(auth: VaultAuth, opening: Opening): string {
  if (auth.method !== 'kubernetes' && auth.method !== 'jwt') return ''
  if (auth.token.from !== 'account') return ''
  const { account, audiences } = auth.token
  const namespace = namespaceOf(account, opening.store, opening.context)
  const audience = audiences.length === 0 ? '' : `, audience ${audiences.join(', ')}`
  return `ServiceAccount ${namespace}/${account.name}${audience}`
}

/** The command that would let this login in, with the names of this store. */
function hintFor(settings: VaultSettings, opening: Opening): string | undefined {
  const { auth, loginNamespace } = settings
  const flag = loginNamespace === '' ? '' : `-namespace=${loginNamespace} `
  switch (auth.method) {
    case 'kubernetes':
      return `vault write ${flag}auth/${auth.mount}/role/${auth.role} ${boundTo(auth.token, opening)}policies=…; see what is there with: vault read ${flag}auth/${auth.mount}/role/${auth.role}`
    case 'jwt':
      return `see what the role asks for with: vault read ${flag}auth/${auth.mount}/role/${auth.role}; and what the token says with: waybill jwt`
    case 'approle':
      return `a new secret id: vault write -f ${flag}auth/${auth.mount}/role/ROLE/secret-id`
    case 'userpass':
    case 'ldap':
      return `vault login -method=${auth.method} ${flag}-path=${auth.mount} username=${auth.username}`
    case 'cert':
      return `vault read ${flag}auth/${auth.mount}/certs/${auth.role}`
    default:
      return undefined
  }
}

/** The bindings of the role that would accept this account. */
function boundTo(token: TokenSource, { store, context }: Opening): string {
  if (token.from !== 'account') return ''
  const { account, audiences } = token
  const [audience] = audiences
  const bound = `bound_service_account_names=${account.name} bound_service_account_namespaces=${namespaceOf(account, store, context)} `
  return audience === undefined ? bound : `${bound}audience=${audience} `
}
