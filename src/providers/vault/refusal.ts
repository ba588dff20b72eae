import { ProviderError } from '../provider.ts'
import { namespaceOf, type Opening } from '../references.ts'
import { errorsOf, type VaultAnswer } from './answer.ts'
import type { TokenSource, VaultAuth } from './auth.ts'
import type { VaultSettings } from './settings.ts'

// A refused login in words: who was refused, where, why as far as Vault's words are known, and which command helps.

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
export function refused(
  answer: VaultAnswer,
  settings: VaultSettings,
  opening: Opening,
): ProviderError {
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
    case 'aws':
    case 'gcp':
      return `see whom the role lets in with: vault read ${flag}auth/${auth.mount}/role/${auth.role}`
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
