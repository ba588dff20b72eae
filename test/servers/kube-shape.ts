import {
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../../src/model/json.ts'
import type { Kind } from './kube-rules.ts'

// How the API server of the tests shapes an object before it stores it.

/** Sets (or with undefined removes) members of `metadata`. */
export function withMetadata(object: JsonObject, changes: JsonObject): JsonObject {
  const metadata: { [key: string]: JsonValue | undefined } = Object.create(null)
  const before = member(object, 'metadata')
  for (const source of [isObject(before) ? before : {}, changes]) {
    for (const [key, value] of Object.entries(source)) {
      if (value === undefined) delete metadata[key]
      else metadata[key] = value
    }
  }
  return { ...object, metadata }
}

/** As the server stores it: stringData folded in, empty maps gone, defaults set. */
export function normalise(object: JsonObject, kind: Kind): JsonObject {
  const { stringData, ...rest } = object
  const next: { [key: string]: JsonValue | undefined } = { ...rest }
  next.apiVersion = apiVersionOf(kind)
  next.kind = kind.kind
  if (kind.kind === 'Secret') {
    next.type = text(next.type) || 'Opaque'
    next.data = secretData(next.data, stringData)
  }
  if (kind.kind === 'Namespace') next.status = { phase: 'Active' }
  for (const field of ['data', 'binaryData']) if (isEmpty(next[field])) delete next[field]
  const metadata = member(next, 'metadata')
  const empty = ['labels', 'annotations', 'ownerReferences', 'finalizers'].filter((field) =>
    isEmpty(member(metadata, field)),
  )
  const clean = Object.fromEntries(empty.map((field) => [field, undefined]))
  const name = text(member(metadata, 'name')) ?? ''
  const labels = member(metadata, 'labels')
  const named = { ...(isObject(labels) ? labels : {}), 'kubernetes.io/metadata.name': name }
  return withMetadata(next, kind.kind === 'Namespace' ? { ...clean, labels: named } : clean)
}

function secretData(data: JsonValue | undefined, added: JsonValue | undefined): JsonObject {
  const all: { [key: string]: JsonValue | undefined } = Object.create(null)
  for (const [key, value] of Object.entries(isObject(data) ? data : {})) all[key] = value ?? ''
  for (const [key, value] of Object.entries(isObject(added) ? added : {})) {
    all[key] = Buffer.from(String(value)).toString('base64')
  }
  return all
}

function isEmpty(value: JsonValue | undefined): boolean {
  return (
    value === null ||
    (isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0)
  )
}

/** What a client gets that asks for names, labels and versions alone. */
export function metadataOf(object: JsonObject): JsonObject {
  const metadata = member(object, 'metadata')
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
}

export function apiVersionOf({ group, version }: Kind): string {
  return group === '' ? version : `${group}/${version}`
}
