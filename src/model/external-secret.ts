import { dig, isArray, isObject, type JsonObject, type JsonValue, member, text } from './json.ts'

// The ExternalSecret in ESO's words, with the CRD's defaults filled in. Decoding never throws: what has the wrong
// type counts as absent here and is reported by the schema rule, which every command runs first.

/** What a run may do with the target Secret (R75 and following). */
export type CreationPolicy = 'Owner' | 'Orphan' | 'Merge' | 'CreateOrMerge' | 'None'
/** What happens when the provider says that everything is gone. */
export type DeletionPolicy = 'Delete' | 'Merge' | 'Retain'
/** When an ExternalSecret is read again (R89 to R92). */
export type RefreshPolicy = 'Periodic' | 'OnChange' | 'CreatedOnce'

/** API group of ExternalSecrets and stores. */
export const ESO_GROUP = 'external-secrets.io'
/** API group of generators. */
export const GENERATORS_GROUP = 'generators.external-secrets.io'

/** `kind` as authored; anything but ClusterSecretStore means SecretStore (R6). */
export interface StoreRef {
  readonly name: string
  readonly kind: 'SecretStore' | 'ClusterSecretStore'
}

/**
 * A generator by kind and name, in the ExternalSecret's namespace unless the kind is
 * cluster-scoped.
 */
export interface GeneratorRef {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
}

/** `data[].remoteRef` and `dataFrom[].extract`. The strategies are the authored text, undefined when absent. */
export interface RemoteRef {
  readonly key: string
  readonly property: string | undefined
  readonly version: string | undefined
  readonly metadataPolicy: string | undefined
  readonly conversionStrategy: string | undefined
  readonly decodingStrategy: string | undefined
  readonly nullBytePolicy: string | undefined
}

/** `dataFrom[].find` as authored; undefined members are absent. */
export interface Find {
  readonly path: string | undefined
  readonly nameRegexp: string | undefined
  readonly tags: ReadonlyMap<string, string> | undefined
  readonly conversionStrategy: string | undefined
  readonly decodingStrategy: string | undefined
  readonly nullBytePolicy: string | undefined
}

/** Where one entry reads from instead of the spec's store. */
export interface SourceRef {
  readonly storeRef: StoreRef | undefined
  readonly generatorRef: GeneratorRef | undefined
}

/** One element of `data`: one key of the Secret. */
export interface DataEntry {
  readonly secretKey: string
  readonly remoteRef: RemoteRef
  readonly sourceRef: SourceRef | undefined
}

/** One element of `dataFrom`: any number of keys. At most one source counts (R18). */
export interface DataFromEntry {
  readonly extract: RemoteRef | undefined
  readonly find: Find | undefined
  readonly sourceRef: SourceRef | undefined
  /** The authored `rewrite` list, read by `values/rewrite.ts`. */
  readonly rewrite: readonly JsonObject[]
}

/** `spec.target` with the CRD's defaults. */
export interface Target {
  /** `spec.target.name`, else the ExternalSecret's own name (R74). */
  readonly name: string
  readonly creationPolicy: CreationPolicy
  readonly deletionPolicy: DeletionPolicy
  readonly immutable: boolean
  /** The authored `template`, undefined when absent: `template: {}` is not the same as none (R57). */
  readonly template: JsonObject | undefined
  readonly manifest: JsonObject | undefined
  /**
   * Trust: what `manifest` names, once an administrator's list has allowed it (`target-kind.ts`); a decoder never sets it. A
   * manifest without it is never written.
   */
  readonly object: TargetKind | undefined
}

/** A kind of object that is written instead of a Secret. */
export interface TargetKind {
  readonly apiVersion: string
  readonly kind: string
}

/** An ExternalSecret as every layer sees it, defaults applied, unknown words kept as authored. */
export interface ExternalSecret {
  readonly name: string
  /** Empty when the manifest names none: the destination's namespace then applies. */
  readonly namespace: string
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
  readonly storeRef: StoreRef | undefined
  readonly refreshPolicy: RefreshPolicy
  /** Go duration text; CRD default `1h0m0s`. */
  readonly refreshInterval: string
  readonly syncWindows: JsonObject | undefined
  readonly target: Target
  readonly data: readonly DataEntry[]
  readonly dataFrom: readonly DataFromEntry[]
  /** The object as it was read, for hand-off and for rules that need the authored form. */
  readonly object: JsonObject
}

/** Reads an ExternalSecret (v1 or v1beta1: the shapes are equal) and fills in the CRD's defaults. */
export function decodeExternalSecret(object: JsonObject): ExternalSecret {
  const metadata = member(object, 'metadata')
  const spec = member(object, 'spec')
  const name = text(member(metadata, 'name')) ?? ''
  return {
    name,
    namespace: text(member(metadata, 'namespace')) ?? '',
    labels: stringMap(member(metadata, 'labels')) ?? new Map(),
    annotations: stringMap(member(metadata, 'annotations')) ?? new Map(),
    storeRef: decodeStoreRef(member(spec, 'secretStoreRef')),
    refreshPolicy: oneOf(member(spec, 'refreshPolicy'), ['Periodic', 'OnChange', 'CreatedOnce']),
    refreshInterval: text(member(spec, 'refreshInterval')) ?? '1h0m0s',
    syncWindows: objectOf(member(spec, 'syncWindows')),
    target: decodeTarget(member(spec, 'target'), name),
    data: objects(member(spec, 'data')).map(decodeData),
    dataFrom: objects(member(spec, 'dataFrom')).map(decodeDataFrom),
    object,
  }
}

function decodeTarget(target: JsonValue | undefined, name: string): Target {
  return {
    name: text(member(target, 'name')) || name,
    creationPolicy: oneOf(member(target, 'creationPolicy'), [
      'Owner',
      'Orphan',
      'Merge',
      'CreateOrMerge',
      'None',
    ]),
    deletionPolicy: oneOf(member(target, 'deletionPolicy'), ['Retain', 'Delete', 'Merge']),
    immutable: member(target, 'immutable') === true,
    template: objectOf(member(target, 'template')),
    manifest: objectOf(member(target, 'manifest')),
    object: undefined,
  }
}

function decodeData(entry: JsonObject): DataEntry {
  return {
    secretKey: text(member(entry, 'secretKey')) ?? '',
    remoteRef: decodeRemoteRef(member(entry, 'remoteRef')),
    sourceRef: decodeSourceRef(member(entry, 'sourceRef')),
  }
}

function decodeDataFrom(entry: JsonObject): DataFromEntry {
  const extract = member(entry, 'extract')
  const find = member(entry, 'find')
  return {
    extract: isObject(extract) ? decodeRemoteRef(extract) : undefined,
    find: isObject(find) ? decodeFind(find) : undefined,
    sourceRef: decodeSourceRef(member(entry, 'sourceRef')),
    rewrite: objects(member(entry, 'rewrite')),
  }
}

function decodeRemoteRef(ref: JsonValue | undefined): RemoteRef {
  return {
    key: text(member(ref, 'key')) ?? '',
    property: text(member(ref, 'property')) || undefined,
    version: text(member(ref, 'version')) || undefined,
    metadataPolicy: text(member(ref, 'metadataPolicy')),
    conversionStrategy: text(member(ref, 'conversionStrategy')),
    decodingStrategy: text(member(ref, 'decodingStrategy')),
    nullBytePolicy: text(member(ref, 'nullBytePolicy')),
  }
}

function decodeFind(find: JsonObject): Find {
  return {
    path: text(member(find, 'path')),
    nameRegexp: text(dig(find, 'name', 'regexp')),
    tags: stringMap(member(find, 'tags')),
    conversionStrategy: text(member(find, 'conversionStrategy')),
    decodingStrategy: text(member(find, 'decodingStrategy')),
    nullBytePolicy: text(member(find, 'nullBytePolicy')),
  }
}

function decodeSourceRef(ref: JsonValue | undefined): SourceRef | undefined {
  if (!isObject(ref)) return undefined
  const generator = member(ref, 'generatorRef')
  return {
    storeRef: decodeStoreRef(member(ref, 'storeRef')),
    generatorRef: isObject(generator)
      ? {
          apiVersion: text(member(generator, 'apiVersion')) ?? `${GENERATORS_GROUP}/v1alpha1`,
          kind: text(member(generator, 'kind')) ?? '',
          name: text(member(generator, 'name')) ?? '',
        }
      : undefined,
  }
}

/** Undefined when there is no reference object; a name may be empty (R7). */
export function decodeStoreRef(ref: JsonValue | undefined): StoreRef | undefined {
  if (!isObject(ref)) return undefined
  const kind = member(ref, 'kind') === 'ClusterSecretStore' ? 'ClusterSecretStore' : 'SecretStore'
  return { name: text(member(ref, 'name')) ?? '', kind }
}

/** The string members of an object, in authored order; undefined when it is no object. */
export function stringMap(value: JsonValue | undefined): ReadonlyMap<string, string> | undefined {
  if (!isObject(value)) return undefined
  const entries: [string, string][] = []
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === 'string') entries.push([key, item])
  }
  return new Map(entries)
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return isArray(value) ? value.map((item) => (isObject(item) ? item : Object.create(null))) : []
}

function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined
}

/** The first choice is the default. */
function oneOf<T extends string>(
  value: JsonValue | undefined,
  choices: readonly [T, ...(readonly T[])],
): T {
  return choices.find((choice) => choice === value) ?? choices[0]
}
