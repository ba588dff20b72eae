import { dig, isArray, type JsonValue, text } from '../model/json.ts'
import type { SecretValue } from '../model/secret-value.ts'
import type { Store } from '../model/store.ts'
import { type KeyRef, type NameRef, type OpenContext, ProviderError } from './provider.ts'

// What a store's `auth` names in the cluster: selectors of keys and of ServiceAccounts, and how they are called in words.

/** A ServiceAccount, and the audiences that its token is to be for besides the provider's own. */
export interface AccountRef extends NameRef {
  readonly audiences: readonly string[]
}

/** A SecretKeySelector; undefined without a name. `keyDefault` stands for an absent key. */
export function decodeKeyRef(value: JsonValue | undefined, keyDefault = ''): KeyRef | undefined {
  const name = text(dig(value, 'name'))
  if (name === undefined || name === '') return undefined
  const key = text(dig(value, 'key')) ?? ''
  return { name, namespace: namespaceText(value), key: key === '' ? keyDefault : key }
}

/** A ServiceAccountSelector; undefined without a name. */
export function decodeAccountRef(value: JsonValue | undefined): AccountRef | undefined {
  const name = text(dig(value, 'name'))
  if (name === undefined || name === '') return undefined
  return { name, namespace: namespaceText(value), audiences: texts(dig(value, 'audiences')) }
}

/** An empty namespace counts as none. */
function namespaceText(value: JsonValue | undefined): string | undefined {
  const namespace = text(dig(value, 'namespace'))
  return namespace === '' ? undefined : namespace
}

/** The strings of a list; what is no string counts as absent. */
export function texts(value: JsonValue | undefined): readonly string[] {
  return isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** The namespace that a reference means: a SecretStore reaches its own only (R13, R14). */
export function namespaceOf(ref: NameRef, store: Store, context: OpenContext): string {
  if (store.kind === 'SecretStore') return store.namespace || context.namespace
  return ref.namespace ?? context.namespace
}

/** Reads the key of a Secret that `field` of the store names. */
export async function credential(
  ref: KeyRef,
  field: string,
  { store, context }: Opening,
): Promise<SecretValue> {
  const value = await context.credentials.secretKey(ref)
  if (value !== undefined && value.byteLength > 0) return value
  const where = `Secret ${namespaceOf(ref, store, context)}/${ref.name}`
  // An empty value is as good as none: it would only be refused later, and less clearly.
  throw new ProviderError(
    'credentials-not-found',
    `${where} has no value at key "${ref.key}", which ${field} names`,
    'create the key, or correct the name, key and namespace in the store',
  )
}

/** A store while it is being opened. */
export interface Opening {
  readonly store: Store
  readonly context: OpenContext
}

const decoder = new TextDecoder()

/** The text of a credential. For requests only: what it returns can be printed. */
export function revealText(value: SecretValue): string {
  return decoder.decode(value.reveal())
}
