import type {
  DataEntry,
  DataFromEntry,
  ExternalSecret,
  RemoteRef,
  SourceRef,
  StoreRef,
} from '../model/external-secret.ts'
import type { Read } from '../model/provider.ts'
import { type StoreKey, storeKey } from '../model/store.ts'
import { type Attempt, done, failed } from './attempt.ts'

/** Where an entry of an ExternalSecret gets its values from. */
export type Source =
  | { readonly from: 'value'; readonly ref: RemoteRef; readonly secretKey: string }
  | { readonly from: 'extract'; readonly ref: RemoteRef; readonly entry: DataFromEntry }
  | { readonly from: 'find'; readonly entry: DataFromEntry }
  | { readonly from: 'generator'; readonly entry: DataFromEntry }

/** One element of `dataFrom` or `data`, in the order in which they are merged (R17). */
export interface Entry {
  /** `spec.data[0]` */
  readonly field: string
  /** Below `field`: where the strategies and the key stand, e.g. `remoteRef`. */
  readonly refField: string
  readonly source: Source
  /** The read that it needs, or why it can have none. */
  readonly read: Attempt<Read>
}

/** An element of `dataFrom` that says nothing about what to take (R18). */
export interface Nothing {
  readonly field: string
  readonly source: undefined
}

/** Every element, `dataFrom` first. */
export function entriesOf(
  externalSecret: ExternalSecret,
  defaultNamespace: string,
): readonly (Entry | Nothing)[] {
  const namespace = externalSecret.namespace || defaultNamespace
  const owner = `${namespace}/${externalSecret.name}`
  const context: Context = { namespace, owner, ownStore: keyOf(externalSecret.storeRef, namespace) }
  return [
    ...externalSecret.dataFrom.map((entry, i) =>
      dataFromEntry(entry, `spec.dataFrom[${i}]`, context),
    ),
    ...externalSecret.data.map((entry, i) => dataEntry(entry, `spec.data[${i}]`, context)),
  ]
}

/** What all entries of one ExternalSecret share. */
interface Context {
  readonly namespace: string
  /** `namespace/name` of the ExternalSecret. */
  readonly owner: string
  /** What `spec.secretStoreRef` names: one text, however many entries use it. */
  readonly ownStore: StoreKey | undefined
}

/** An element of `data`. A generator there is accepted by the schema and unsupported by ESO. */
function dataEntry(entry: DataEntry, field: string, context: Context): Entry {
  const { remoteRef: ref, secretKey, sourceRef } = entry
  const isGenerator = sourceRef?.generatorRef !== undefined && sourceRef.storeRef === undefined
  return {
    field,
    refField: 'remoteRef',
    source: { from: 'value', ref, secretKey },
    read: isGenerator
      ? failed('Unsupported', 'a generator can feed dataFrom only', 'sourceRef.generatorRef')
      : readRef(ref, sourceRef, context),
  }
}

/** `find`, then `extract`, then the generator: the first that is there counts (R18). */
function dataFromEntry(entry: DataFromEntry, field: string, context: Context): Entry | Nothing {
  const { extract, find, sourceRef } = entry
  if (find !== undefined) {
    return {
      field,
      refField: 'find',
      source: { from: 'find', entry },
      read: readFind(entry, context),
    }
  }
  if (extract !== undefined) {
    const source: Source = { from: 'extract', ref: extract, entry }
    return { field, refField: 'extract', source, read: readRef(extract, sourceRef, context) }
  }
  if (sourceRef?.generatorRef === undefined) return { field, source: undefined }
  const { kind, name } = sourceRef.generatorRef
  const { namespace, owner } = context
  const generator = kind === 'ClusterGenerator' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`
  return {
    field,
    refField: 'sourceRef.generatorRef',
    source: { from: 'generator', entry },
    read: done({ op: 'generate', generator, namespace, entry: `${owner} ${field}` }),
  }
}

/** The read of one key; strategies take no part, so entries can share it. */
function readRef(
  { key, version, property, metadataPolicy }: RemoteRef,
  sourceRef: SourceRef | undefined,
  context: Context,
): Attempt<Read> {
  const store = storeOf(sourceRef, context)
  if (store.failure !== undefined) return store
  const metadata = metadataPolicy === 'Fetch'
  return done({ op: 'get', store: store.value, key, version, metadata, property })
}

/**
 * The read of a search. Pattern and tags are part of it, since providers narrow the list
 * themselves.
 */
function readFind({ find, sourceRef }: DataFromEntry, context: Context): Attempt<Read> {
  const store = storeOf(sourceRef, context)
  if (store.failure !== undefined) return store
  return done({
    op: 'find',
    store: store.value,
    path: find?.path,
    nameRegexp: find?.nameRegexp,
    tags: find?.tags,
    conversionStrategy: find?.conversionStrategy,
  })
}

/** `sourceRef.storeRef` before `spec.secretStoreRef` (R7). */
function storeOf(
  sourceRef: SourceRef | undefined,
  { namespace, ownStore }: Context,
): Attempt<StoreKey> {
  const ref = sourceRef?.storeRef
  const key = ref === undefined ? ownStore : keyOf(ref, namespace)
  return key === undefined
    ? failed(
        'StoreNotFound',
        'no store: neither sourceRef.storeRef nor spec.secretStoreRef names one',
      )
    : done(key)
}

/** Undefined when the reference is missing or names nothing. */
function keyOf(ref: StoreRef | undefined, namespace: string): StoreKey | undefined {
  return ref === undefined || ref.name === '' ? undefined : storeKey(ref.kind, namespace, ref.name)
}
