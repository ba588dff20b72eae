import {
  decodeStoreRef,
  GENERATORS_GROUP,
  type GeneratorRef,
  type StoreRef,
} from './external-secret.ts'
import { dig, isArray, isObject, type JsonObject, type JsonValue, member, text } from './json.ts'

// The PushSecret in ESO's words, with the CRD's defaults filled in. As for the ExternalSecret, decoding never throws: what
// has the wrong type counts as absent and is reported by the schema rule.

/** Whether something that the provider already holds is replaced. */
export type UpdatePolicy = 'Replace' | 'IfNotExists'
/** What happens at the provider to entries that are no longer pushed. */
export type PushDeletionPolicy = 'Delete' | 'None'
/** `ReverseUnicode` undoes the `Unicode` strategy of ExternalSecrets. */
export type PushConversion = 'None' | 'ReverseUnicode'

/** A store by name, or all that a selector matches. */
export interface PushStoreRef extends StoreRef {
  /** Undefined when the store is named. */
  readonly labelSelector: JsonObject | undefined
}

/** Where the values come from; exactly one member counts, in this order. */
export interface PushSelector {
  readonly secretName: string | undefined
  readonly generatorRef: GeneratorRef | undefined
  readonly secretSelector: JsonObject | undefined
}

/** One thing to push: a key of the Secret, or all of it, to one place. */
export interface PushData {
  /** Empty: the whole Secret. */
  readonly secretKey: string
  readonly remoteKey: string
  readonly property: string | undefined
  /** The provider's own format, read by its writer. */
  readonly metadata: JsonObject | undefined
  readonly conversion: PushConversion
}

/** Pushes every key that matches, each to a remote key of its own, or all of them into one. */
export interface PushDataTo {
  /** Undefined where the CRD requires it: an error when it is pushed. */
  readonly storeRef: PushStoreRef | undefined
  readonly remoteKey: string | undefined
  readonly regexp: string | undefined
  /** The authored `rewrite` list, read by `values/rewrite.ts`. */
  readonly rewrite: readonly JsonObject[]
  readonly metadata: JsonObject | undefined
  readonly conversion: PushConversion
}

/** A PushSecret as every layer sees it. */
export interface PushSecret {
  readonly name: string
  readonly namespace: string
  readonly storeRefs: readonly PushStoreRef[]
  readonly updatePolicy: UpdatePolicy
  readonly deletionPolicy: PushDeletionPolicy
  /** Go duration text. */
  readonly refreshInterval: string
  readonly selector: PushSelector
  readonly data: readonly PushData[]
  readonly dataTo: readonly PushDataTo[]
  readonly template: JsonObject | undefined
  readonly object: JsonObject
}

/** Reads a PushSecret and fills in the CRD's defaults. */
export function decodePushSecret(object: JsonObject): PushSecret {
  const metadata = member(object, 'metadata')
  const spec = member(object, 'spec')
  const template = member(spec, 'template')
  return {
    name: text(member(metadata, 'name')) ?? '',
    namespace: text(member(metadata, 'namespace')) ?? '',
    storeRefs: objects(member(spec, 'secretStoreRefs')).map(decodePushStoreRef),
    updatePolicy: member(spec, 'updatePolicy') === 'IfNotExists' ? 'IfNotExists' : 'Replace',
    deletionPolicy: member(spec, 'deletionPolicy') === 'Delete' ? 'Delete' : 'None',
    refreshInterval: text(member(spec, 'refreshInterval')) ?? '1h0m0s',
    selector: decodeSelector(member(spec, 'selector')),
    data: objects(member(spec, 'data')).map(decodePushData),
    dataTo: objects(member(spec, 'dataTo')).map(decodeDataTo),
    template: isObject(template) ? template : undefined,
    object,
  }
}

function decodeSelector(selector: JsonValue | undefined): PushSelector {
  const generator = member(selector, 'generatorRef')
  const labels = dig(selector, 'secret', 'selector')
  return {
    secretName: text(dig(selector, 'secret', 'name')) || undefined,
    generatorRef: isObject(generator)
      ? {
          apiVersion: text(member(generator, 'apiVersion')) ?? `${GENERATORS_GROUP}/v1alpha1`,
          kind: text(member(generator, 'kind')) ?? '',
          name: text(member(generator, 'name')) ?? '',
        }
      : undefined,
    secretSelector: isObject(labels) ? labels : undefined,
  }
}

/** An element of `data`; also the shape of what a status remembers. */
export function decodePushData(entry: JsonObject): PushData {
  const match = member(entry, 'match')
  return {
    secretKey: text(member(match, 'secretKey')) ?? '',
    remoteKey: text(dig(match, 'remoteRef', 'remoteKey')) ?? '',
    property: text(dig(match, 'remoteRef', 'property')) || undefined,
    ...attached(entry),
  }
}

/** The same as an object of the CRD, for a status. */
export function encodePushData(data: PushData): JsonObject {
  const { secretKey, remoteKey, property, metadata, conversion } = data
  return {
    conversionStrategy: conversion,
    match: {
      ...(secretKey === '' ? {} : { secretKey }),
      remoteRef: { ...(property === undefined ? {} : { property }), remoteKey },
    },
    ...(metadata === undefined ? {} : { metadata }),
  }
}

function decodeDataTo(entry: JsonObject): PushDataTo {
  const storeRef = member(entry, 'storeRef')
  return {
    storeRef: isObject(storeRef) ? decodePushStoreRef(storeRef) : undefined,
    remoteKey: text(member(entry, 'remoteKey')) || undefined,
    regexp: text(dig(entry, 'match', 'regexp')) || undefined,
    rewrite: objects(member(entry, 'rewrite')),
    ...attached(entry),
  }
}

function attached(entry: JsonObject): Pick<PushData, 'metadata' | 'conversion'> {
  const metadata = member(entry, 'metadata')
  return {
    metadata: isObject(metadata) ? metadata : undefined,
    conversion:
      member(entry, 'conversionStrategy') === 'ReverseUnicode' ? 'ReverseUnicode' : 'None',
  }
}

function decodePushStoreRef(ref: JsonObject): PushStoreRef {
  const { name, kind } = decodeStoreRef(ref) ?? { name: '', kind: 'SecretStore' }
  const labels = member(ref, 'labelSelector')
  return { name, kind, labelSelector: isObject(labels) ? labels : undefined }
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return isArray(value) ? value.map((item) => (isObject(item) ? item : Object.create(null))) : []
}
