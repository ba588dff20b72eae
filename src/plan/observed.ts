import { stringMap, type TargetKind } from '../model/external-secret.ts'
import {
  dig,
  isArray,
  isObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../model/json.ts'
import type { ObservedSecret, OwnerReference } from '../model/secret.ts'
import { SecretValue } from '../model/secret-value.ts'
import { contentOf, fieldPaths, isWithin, leavesOf } from './object-content.ts'

/**
 * A v1 Secret as it is in the cluster or in a file. `managers` are the field managers that count as ours, the
 * present one first; a Secret of a file has no managedFields, and then nothing counts as ours. `stringData` of a file is merged as the API server does.
 */
export function decodeObserved(object: JsonObject, managers: readonly string[]): ObservedSecret {
  const metadata = member(object, 'metadata')
  const owned = ownedFields(member(metadata, 'managedFields'), managers)
  return {
    name: text(member(metadata, 'name')) ?? '',
    namespace: text(member(metadata, 'namespace')) ?? '',
    type: text(member(object, 'type')) || 'Opaque',
    data: dataOf(object),
    labels: stringMap(member(metadata, 'labels')) ?? new Map(),
    annotations: stringMap(member(metadata, 'annotations')) ?? new Map(),
    finalizers: texts(member(metadata, 'finalizers')),
    immutable: member(object, 'immutable') === true,
    uid: text(member(metadata, 'uid')) ?? '',
    resourceVersion: text(member(metadata, 'resourceVersion')) ?? '',
    owners: ownersOf(member(metadata, 'ownerReferences')),
    ...owned,
  }
}

/** What is there of a target, whatever its kind; undefined: a Secret. */
export function decodeTarget(
  object: JsonObject,
  kind: TargetKind | undefined,
  managers: readonly string[],
): ObservedSecret {
  return kind === undefined
    ? decodeObserved(object, managers)
    : decodeObservedObject(object, managers)
}

/**
 * An object that is no Secret, in the same form. What nobody has written is a default of the API server: it is no content
 * of anybody's, and comes back by itself.
 */
function decodeObservedObject(object: JsonObject, managers: readonly string[]): ObservedSecret {
  const bare = decodeObserved({ ...object, data: undefined, type: undefined }, managers)
  const entries = dig(object, 'metadata', 'managedFields')
  const leaves = leavesOf(contentOf(object))
  const owned = ownedContent(isArray(entries) ? entries : [], managers)
  const isKnown = isArray(entries) && entries.length > 0
  const data = new Map([...leaves].filter(([path]) => !isKnown || isWithin(path, owned.all)))
  const keysIn = (places: ReadonlySet<string>): readonly string[] =>
    [...data.keys()].filter((path) => isWithin(path, places))
  const residue = [...bare.residue].filter((path) => !path.startsWith('data/'))
  return {
    ...bare,
    type: '',
    data,
    ownedKeys: new Set(keysIn(owned.ours)),
    othersKeys: new Set(keysIn(owned.others)),
    residue: new Set([...residue, ...keysIn(owned.residue).map((path) => `data/${path}`)]),
  }
}

/** Fields of the content by whose they are, as in `ownedFields`. */
function ownedContent(entries: JsonArray, managers: readonly string[]) {
  const [ours, residue, others] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const entry of entries) {
    const rank = managers.indexOf(text(member(entry, 'manager')) ?? '')
    const isApplied = rank === 0 && member(entry, 'operation') === 'Apply'
    const set = rank < 0 ? others : isApplied ? ours : residue
    addAll(set, fieldPaths(member(entry, 'fieldsV1')))
  }
  const all = new Set([...ours, ...residue, ...others])
  return { ours: new Set([...ours, ...residue]), residue, others, all }
}

/** `stringData` occurs in files only; the API server has turned it into `data`. */
function dataOf(object: JsonObject): ReadonlyMap<string, SecretValue> {
  const data = new Map<string, SecretValue>()
  for (const [key, value] of stringMap(member(object, 'data')) ?? []) {
    data.set(key, new SecretValue(Uint8Array.from(Buffer.from(value, 'base64'))))
  }
  for (const [key, value] of stringMap(member(object, 'stringData')) ?? []) {
    data.set(key, SecretValue.fromText(value))
  }
  return data
}

function ownersOf(references: JsonValue | undefined): readonly OwnerReference[] {
  return (isArray(references) ? references : []).filter(isObject).map((reference) => ({
    apiVersion: text(member(reference, 'apiVersion')) ?? '',
    kind: text(member(reference, 'kind')) ?? '',
    name: text(member(reference, 'name')) ?? '',
    uid: text(member(reference, 'uid')) ?? '',
    controller: member(reference, 'controller') === true,
  }))
}

/** What managedFields say about our part of the Secret (R59). */
type Owned = Pick<
  ObservedSecret,
  'ownedKeys' | 'ownedLabels' | 'ownedAnnotations' | 'othersKeys' | 'residue'
>

const PARTS = ['data', 'labels', 'annotations'] as const

/** Reads `metadata.managedFields`: names of members stand as `f:<name>` below `f:data` and so on. */
function ownedFields(entries: JsonValue | undefined, managers: readonly string[]): Owned {
  const othersKeys = new Set<string>()
  const paths = new Set<string>()
  const residue = new Set<string>()
  for (const entry of isArray(entries) ? entries : []) {
    const fields = member(entry, 'fieldsV1')
    const rank = managers.indexOf(text(member(entry, 'manager')) ?? '')
    // Only what the present manager has applied goes when it is applied no more.
    const isApplied = rank === 0 && member(entry, 'operation') === 'Apply'
    if (rank < 0) addAll(othersKeys, namesIn(fields, 'data'))
    else addAll(isApplied ? paths : residue, pathsOf(fields))
  }
  const all = [...paths, ...residue]
  return {
    ownedKeys: below('data', all),
    ownedLabels: below('labels', all),
    ownedAnnotations: below('annotations', all),
    othersKeys,
    residue,
  }
}

function addAll(set: Set<string>, items: readonly string[]): void {
  for (const item of items) set.add(item)
}

/** Keys of data, labels and annotations as `part/name`; other fields are nobody's business here. */
function pathsOf(fields: JsonValue | undefined): readonly string[] {
  return PARTS.flatMap((part) => namesIn(fields, part).map((name) => `${part}/${name}`))
}

/** The names of one part. */
function below(part: (typeof PARTS)[number], paths: readonly string[]): ReadonlySet<string> {
  const prefix = `${part}/`
  return new Set(
    paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)),
  )
}

/** Reads fieldsV1, where a key `x` is written `f:x`. */
function namesIn(fields: JsonValue | undefined, part: (typeof PARTS)[number]): readonly string[] {
  const holder = part === 'data' ? fields : member(fields, 'f:metadata')
  const names = member(holder, `f:${part}`)
  if (!isObject(names)) return []
  return Object.keys(names)
    .filter((name) => name.startsWith('f:'))
    .map((name) => name.slice(2))
}

function texts(value: JsonValue | undefined): readonly string[] {
  return isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
