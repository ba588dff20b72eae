import type { SecretValue } from './secret-value.ts'
import type { Store, StoreKey } from './store.ts'

// What the effects side asks providers for, and what they answer. The planner makes `Read`s from ExternalSecrets, the
// sync run (or the fixtures of `simulate`) answers each distinct one once, `values/` turns answers into data.

/** Which provider's rules a payload is read by (external-secrets.md §3). */
export type Dialect =
  | 'aws-secrets-manager'
  | 'aws-parameter-store'
  | 'gcp-secret-manager'
  | 'vault-kv1'
  | 'vault-kv2'
  | 'kubernetes'
  | 'fake'
  | 'webhook'
  | 'webhook-json'
  | 'azure-key-vault'

/** A payload as the provider returned it. `text` of a Vault or kubernetes payload is JSON of its data map. */
export interface Payload {
  readonly dialect: Dialect
  /** The body: SecretString, parameter value, JSON of Vault's data map …; undefined when the provider holds none. */
  readonly text: SecretValue | undefined
  /** AWS SecretBinary, decoded. */
  readonly binary: SecretValue | undefined
  /** kubernetes: the remote Secret's decoded data. */
  readonly data: ReadonlyMap<string, SecretValue> | undefined
  /** Answer of a metadata read (metadataPolicy Fetch): tags, custom metadata, labels, annotations. */
  readonly metadata: PayloadMetadata | undefined
}

/** What a provider says about a secret beside its value; undefined where it has no such thing. */
export interface PayloadMetadata {
  readonly tags: ReadonlyMap<string, string> | undefined
  readonly labels: ReadonlyMap<string, string> | undefined
  readonly annotations: ReadonlyMap<string, string> | undefined
  /** Vault's metadata answer, JSON text. */
  readonly json: SecretValue | undefined
}

/** One thing to ask a store for. Two entries with equal `readKey` are one call per run. */
export type Read =
  | {
      readonly op: 'get'
      readonly store: StoreKey
      readonly key: string
      readonly version: string | undefined
      /** metadataPolicy Fetch: ask for metadata instead of the value. */
      readonly metadata: boolean
      /** A webhook's request may depend on it; every other store is asked without, so that entries share a call. */
      readonly property: string | undefined
    }
  | {
      readonly op: 'find'
      readonly store: StoreKey
      readonly path: string | undefined
      readonly nameRegexp: string | undefined
      readonly tags: ReadonlyMap<string, string> | undefined
      readonly conversionStrategy: string | undefined
    }
  | {
      readonly op: 'generate'
      /** `Kind/namespace/name` of the generator, `ClusterGenerator/name`. */
      readonly generator: string
      /** Of the ExternalSecret: a ClusterGenerator looks its credentials up there. */
      readonly namespace: string
      /** The ExternalSecret and its entry: two entries never share what one generator makes. */
      readonly entry: string
    }

/** Closed set of causes; the text beside it is ours. A value, token or library message never gets in. */
export type ProviderErrorCode =
  | 'unauthenticated'
  | 'forbidden'
  | 'throttled'
  | 'sealed'
  | 'unavailable'
  | 'timeout'
  | 'untrusted'
  | 'malformed'
  | 'invalid'
  | 'unsupported'
  | 'store-not-found'
  | 'store-not-permitted'
  | 'credentials-not-found'
  | 'generator-not-found'
  | 'not-repeatable'
  | 'conflict'

/** A ProviderError as data, so that pure code can hold it. */
export interface ProviderFailure {
  readonly code: ProviderErrorCode
  /** Lower case, names the key, path and HTTP status; never a value or a token. */
  readonly message: string
  readonly hint: string | undefined
}

/** `absent` is a successful answer that says gone; only it lets a deletionPolicy act. */
export type Answer =
  | { readonly outcome: 'found'; readonly payload: Payload }
  | { readonly outcome: 'found-many'; readonly payloads: ReadonlyMap<string, Payload> }
  | { readonly outcome: 'generated'; readonly data: ReadonlyMap<string, SecretValue> }
  | {
      readonly outcome: 'absent'
      /** Set where the provider's own rules decide what "not found" means. */
      readonly dialect?: Dialect
      /** What became of something that was there, in our words: `version 3 of … was deleted`. Never a value. */
      readonly gone?: string
    }
  | { readonly outcome: 'failed'; readonly failure: ProviderFailure }

/** The read as the provider of a store takes it. */
export function readFor({ provider }: Pick<Store, 'provider'>, read: Read): Read {
  const isNarrower = read.op === 'get' && read.property !== undefined && provider !== 'webhook'
  return isNarrower ? { ...read, property: undefined } : read
}

/** Identity of a read within one run. */
export function readKey(read: Read): string {
  switch (read.op) {
    case 'get': {
      // The one of these that is made ten thousands of times: lengths part the texts, which is quicker than quoting them.
      // Joined, because a template would keep each of its steps for as long as the key is kept.
      const { store, key, version = '', metadata, property } = read
      const lengths = [store.length, version.length, property?.length]
      return ['get', metadata, ...lengths, store, version, property, key].join(' ')
    }
    case 'find':
      return JSON.stringify([
        'find',
        read.store,
        read.path ?? null,
        read.nameRegexp ?? null,
        read.tags === undefined ? null : [...read.tags].sort(),
        read.conversionStrategy ?? null,
      ])
    case 'generate':
      return JSON.stringify(['generate', read.generator, read.entry])
  }
}
