import type { TargetKind } from '../model/external-secret.ts'
import { compareBytes, type JsonObject } from '../model/json.ts'
import type { Secret } from '../model/secret.ts'
import type { SecretValue } from '../model/secret-value.ts'
import { asIs, canBeImmutable, hiddenLeaf, treeOf } from './object-content.ts'

/** Base64 of the bytes, as Secret data is written. */
export function base64(value: SecretValue): string {
  return Buffer.from(value.reveal()).toString('base64')
}

/** How a value is shown where it must not be. */
export function sized(value: SecretValue): string {
  return value.toString()
}

/** A v1 Secret with keys in byte order; `show` turns a value into text. Empty members are left out, `data` never. */
export function secretObject(secret: Secret, show: (value: SecretValue) => string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadataOf(secret),
    ...(secret.immutable ? { immutable: true } : {}),
    type: secret.type || 'Opaque',
    data: record(secret.data, show),
  }
}

/** What is written, whatever its kind; undefined: a Secret. `isShown` prints values, which otherwise are their lengths. */
export function targetObject(
  secret: Secret,
  object: TargetKind | undefined,
  isShown: boolean,
): JsonObject {
  if (object === undefined) return secretObject(secret, isShown ? base64 : sized)
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: metadataOf(secret),
    ...(secret.immutable && canBeImmutable(object.kind) ? { immutable: true } : {}),
    ...treeOf(secret.data, isShown ? asIs : hiddenLeaf),
  }
}

function metadataOf({ name, namespace, labels, annotations, finalizers }: Secret): JsonObject {
  return {
    name,
    ...(namespace === '' ? {} : { namespace }),
    ...(labels.size === 0 ? {} : { labels: record(labels, (value) => value) }),
    ...(annotations.size === 0 ? {} : { annotations: record(annotations, (value) => value) }),
    ...(finalizers.length === 0 ? {} : { finalizers }),
  }
}

/** An object without prototype, keys in byte order: `__proto__` is a legal key. */
export function record<T>(
  map: ReadonlyMap<string, T>,
  show: (value: T) => string,
): Readonly<Record<string, string>> {
  const out: Record<string, string> = Object.create(null)
  for (const key of [...map.keys()].sort(compareBytes)) {
    const value = map.get(key)
    if (value !== undefined) out[key] = show(value)
  }
  return out
}
