import { stringMap } from '../model/external-secret.ts'
import {
  dig,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../model/json.ts'
import type { ObservedSecret, OwnerReference } from '../model/secret.ts'
import { SecretValue } from '../model/secret-value.ts'

/**
 * A v1 Secret as it is in the cluster or in a file. `managers` are the field managers that count as ours; a Secret of a
 * file has no managedFields, and then nothing counts as ours. `stringData` of a file is merged as the API server does.
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

type Owned = Pick<ObservedSecret, 'ownedKeys' | 'ownedLabels' | 'ownedAnnotations' | 'othersKeys'>

/** Reads `metadata.managedFields`: names of members stand as `f:<name>` below `f:data` and so on. */
function ownedFields(entries: JsonValue | undefined, managers: readonly string[]): Owned {
  const ownedKeys = new Set<string>()
  const ownedLabels = new Set<string>()
  const ownedAnnotations = new Set<string>()
  const othersKeys = new Set<string>()
  for (const entry of isArray(entries) ? entries : []) {
    const fields = member(entry, 'fieldsV1')
    const isOurs = managers.includes(text(member(entry, 'manager')) ?? '')
    collect(member(fields, 'f:data'), isOurs ? ownedKeys : othersKeys)
    if (!isOurs) continue
    collect(dig(fields, 'f:metadata', 'f:labels'), ownedLabels)
    collect(dig(fields, 'f:metadata', 'f:annotations'), ownedAnnotations)
  }
  return { ownedKeys, ownedLabels, ownedAnnotations, othersKeys }
}

function collect(fields: JsonValue | undefined, names: Set<string>): void {
  if (!isObject(fields)) return
  for (const name of Object.keys(fields)) if (name.startsWith('f:')) names.add(name.slice(2))
}

function texts(value: JsonValue | undefined): readonly string[] {
  return isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
