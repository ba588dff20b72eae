import { dig, text } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { ProviderError } from '../provider.ts'
import { credential, type Opening, revealText } from '../references.ts'
import type { VaultAnswer } from './answer.ts'
import type { CallOptions } from './api.ts'
import type { TokenSource, VaultAuth } from './auth.ts'
import { awsProof } from './aws-proof.ts'
import type { Door } from './door.ts'
import { gcpProof } from './gcp-proof.ts'
import { encodePath } from './path.ts'
import { refused } from './refusal.ts'

/** A token and how long it lives; Infinity for one without end. */
export interface VaultToken {
  readonly value: SecretValue
  /** Undefined for a token that we were given: it is neither renewed nor revoked. */
  readonly leaseMs: number | undefined
  readonly isRenewable: boolean
  /** False for what we were given, and for batch tokens: those are in no storage that could forget them. */
  readonly isRevocable: boolean
}

/** Undefined without an auth block: a proxy in front of Vault logs in (R145). Throws ProviderError. */
export async function logIn(door: Door, signal: AbortSignal): Promise<VaultToken | undefined> {
  const { auth } = door.settings
  switch (auth.method) {
    case 'none':
      return undefined
    case 'token':
      return {
        value: await credential(
          auth.ref,
          `${door.settings.field}.auth.tokenSecretRef`,
          door.opening,
        ),
        leaseMs: undefined,
        isRenewable: false,
        isRevocable: false,
      }
    case 'cert':
      return written(auth.mount, auth.role === '' ? {} : { name: auth.role }, { door, signal })
    case 'aws':
      return written(auth.mount, await awsProof(auth, door, signal), { door, signal })
    case 'gcp':
      return written(auth.mount, await gcpProof(auth, door, signal), { door, signal })
    case 'approle':
    case 'userpass':
    case 'ldap':
    case 'kubernetes':
    case 'jwt': {
      const body = await credentialsOf(auth, door)
      const login = { method: auth.method, mount: auth.mount, body }
      return tokenOf(await door.api.login(login, optionsOf(door, signal)), door)
    }
  }
}

/** A login for which node-vault has no command of any mount. */
async function written(
  mount: string,
  body: object,
  { door, signal }: { readonly door: Door; readonly signal: AbortSignal },
): Promise<VaultToken> {
  const path = `auth/${encodePath(mount)}/login`
  return tokenOf(await door.api.write(path, body, optionsOf(door, signal)), door)
}

/** Logins go to the login namespace, which may differ from that of the reads. */
function optionsOf({ settings }: Door, signal: AbortSignal): CallOptions {
  const namespace = settings.loginNamespace
  return { call: 'vault:login', token: undefined, namespace, signal, isRetried: true }
}

/** Methods whose credentials travel in the request's body. */
type BodyAuth = Exclude<VaultAuth, { readonly method: 'none' | 'token' | 'cert' | 'aws' | 'gcp' }>

/** What node-vault's command of this method takes. */
async function credentialsOf(
  auth: BodyAuth,
  { settings, opening }: Door,
): Promise<Readonly<Record<string, string>>> {
  const field = `${settings.field}.auth`
  switch (auth.method) {
    case 'approle': {
      const { roleId } = auth
      const id =
        typeof roleId === 'string'
          ? roleId
          : revealText(await credential(roleId, `${field}.appRole.roleRef`, opening))
      const secret = await credential(auth.secret, `${field}.appRole.secretRef`, opening)
      return { role_id: id, secret_id: revealText(secret) }
    }
    case 'userpass':
    case 'ldap': {
      const password = await credential(auth.secret, `${field}.${auth.method}.secretRef`, opening)
      return { username: encodePath(auth.username), password: revealText(password) }
    }
    default:
      return { role: auth.role, jwt: revealText(await tokenFrom(auth.token, field, opening)) }
  }
}

/** A JWT for `kubernetes` and `jwt`; fresh ones are asked for with exactly the audiences of the store. */
async function tokenFrom(
  source: TokenSource,
  field: string,
  opening: Opening,
): Promise<SecretValue> {
  const { credentials } = opening.context
  switch (source.from) {
    case 'secret':
      return credential(source.ref, `${field} secretRef`, opening)
    case 'account':
      return credentials.serviceAccountToken(source.account, source.audiences, source.seconds)
    case 'pod': {
      const own = await credentials.ownToken()
      if (own !== undefined) return own
      throw new ProviderError(
        'credentials-not-found',
        'the vault store names no ServiceAccount, and this process has no token of a pod',
        `set ${field}.kubernetes.serviceAccountRef`,
      )
    }
  }
}

/** Life 0 means a token without end. */
function tokenOf(answer: VaultAnswer, door: Door): VaultToken {
  const token = text(dig(answer.json, 'auth', 'client_token')) ?? ''
  if (answer.status !== 200) throw refused(answer, door.settings, door.opening)
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
