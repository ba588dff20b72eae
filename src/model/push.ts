import type { JsonObject } from './json.ts'
import type { Dialect } from './provider.ts'
import type { PushData } from './push-secret.ts'
import type { SecretValue } from './secret-value.ts'

// What a push and its writers tell each other: what is to be at a remote key, what is there, and the difference.

/** Providers that can be written to. */
export type PushDialect = Exclude<Dialect, 'webhook' | 'webhook-json' | 'azure-key-vault'>

/** The value of a remote secret: one text, or the keys of a Kubernetes Secret. Of Vault it is the JSON of its data map. */
export type PushBody =
  | { readonly shape: 'bytes'; readonly bytes: SecretValue }
  | { readonly shape: 'data'; readonly data: ReadonlyMap<string, SecretValue> }

/** Names beside the value: tags of AWS, custom metadata of Vault, labels and annotations of the others. */
export interface PushMarks {
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
}

/** A remote secret as it is. */
export interface RemoteSecret {
  /** Whether it says that External Secrets manages it; true where the provider has no such mark. */
  readonly isManaged: boolean
  /** Undefined when there is an entry without a value. */
  readonly body: PushBody | undefined
  readonly marks: PushMarks
  /** For the writer, which refuses to overwrite anything newer; empty where the provider has no such thing. */
  readonly revision: string
}

/** Where a secret is, below its store. */
export interface RemotePlace {
  readonly remoteKey: string
  /** `metadata.spec` of the entries; kubernetes takes a namespace from it. */
  readonly spec: JsonObject
}

/** A remote secret as it should be. */
export interface PushWrite extends RemotePlace {
  readonly body: PushBody
  readonly marks: PushMarks
  /** Type of a Kubernetes Secret; means nothing elsewhere. */
  readonly type: string
  /** What it replaces; undefined when nothing was there. */
  readonly observed: RemoteSecret | undefined
}

/** The Secret that is pushed: one of the cluster, after its template, or what a generator made. */
export interface PushSource {
  /** `Secret/namespace/name`, or the generator's key. */
  readonly subject: string
  readonly type: string
  readonly data: ReadonlyMap<string, SecretValue>
  readonly marks: PushMarks
}

/** One entry with its source. */
export interface PushItem {
  /** Where it was written, e.g. `spec.data[0]`. */
  readonly field: string
  readonly entry: PushData
  readonly source: PushSource
  /** Keys of the source that go along as one JSON; empty means all, or the one that `entry` names. */
  readonly bundled: readonly string[]
}

/** By store (`Kind/name`), by `remoteKey` or `remoteKey/property`: as the status of a PushSecret remembers it. */
export type SyncedPushSecrets = ReadonlyMap<string, ReadonlyMap<string, PushData>>

/** The mark by which ESO and Waybill know what they may overwrite. */
export const MANAGED_BY = 'managed-by'
/** Its value. */
export const MANAGER = 'external-secrets'

/** How one entry is called in `SyncedPushSecrets`. */
export function pushedName({
  remoteKey,
  property,
}: Pick<PushData, 'remoteKey' | 'property'>): string {
  return property === undefined ? remoteKey : `${remoteKey}/${property}`
}
