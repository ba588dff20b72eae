import type { Payload, PayloadMetadata } from '../model/provider.ts'
import { type Attempt, done, failed } from './attempt.ts'
import { binaryOfText, fromBinary, textOfBinary, toBinary } from './binary.ts'
import { decodeBase64 } from './decode.ts'
import { gjsonText } from './gjson.ts'
import { encodeGoJson } from './go-print.ts'
import { type GoValue, goValueOf } from './go-value.ts'
import { readJson } from './json.ts'
import { encodeStringMap, gjsonProperty } from './json-map.ts'
import type { PayloadReader, PayloadRef } from './payload-reader.ts'

/** Keys of a Secret with their decoded bytes. */
type ByteMap = ReadonlyMap<string, Uint8Array>

/** A Secret of another cluster or namespace (R163). */
export const kubernetesReader: PayloadReader = {
  select: (payload, ref) =>
    ref.metadata ? selectMetadata(payload.metadata, ref) : selectData(dataOf(payload), ref),
  extract(payload, ref) {
    const data = ref.metadata ? metadataMap(payload.metadata) : dataOf(payload)
    return ref.property === undefined ? done(data) : extractProperty(data, ref.property, ref.key)
  },
}

/** The Secret's data; a Secret without data is empty, not absent. */
function dataOf({ data }: Payload): ByteMap {
  return new Map([...(data ?? [])].map(([key, value]) => [key, value.reveal()]))
}

/** An exact key; else the text up to the first dot is the key and the rest a gjson path inside its value. */
function selectData(data: ByteMap, { key, property }: PayloadRef): Attempt<Uint8Array> {
  if (property === undefined) return done(fromBinary(encodeData(data)))
  const exact = data.get(property)
  if (exact !== undefined) return done(exact)
  const dot = property.indexOf('.')
  const value = dot > 0 ? data.get(property.slice(0, dot)) : undefined
  const found =
    value === undefined || dot === property.length - 1
      ? undefined
      : gjsonText(toBinary(value), property.slice(dot + 1))
  return found === undefined ? missing(property, `data of secret ${key}`) : done(fromBinary(found))
}

/** A property that does not exist is an error under every deletionPolicy (R163). */
function missing(property: string, place: string): Attempt<never> {
  return failed('PropertyNotFound', `property ${property} does not exist in ${place}`, 'property')
}

/** The data with its values as text. */
function encodeData(data: ByteMap): string {
  const entries = [...data].map(([key, value]): [string, string] => [
    binaryOfText(key),
    toBinary(value),
  ])
  return encodeGoJson({ go: 'map[string]string', entries: new Map(entries) }, false) ?? ''
}

/** Trap: unlike AWS and GCP, this JSON does not escape HTML. */
function selectMetadata(
  metadata: PayloadMetadata | undefined,
  { key, property }: PayloadRef,
): Attempt<Uint8Array> {
  const labels = metadata?.labels
  const annotations = metadata?.annotations
  if (property === undefined) {
    const text = `{"annotations":${encodeStringMap(annotations, false)},"labels":${encodeStringMap(labels, false)}}`
    return done(fromBinary(text))
  }
  const place = `metadata of secret ${key}`
  const [root = '', name, ...path] = property.split('.')
  if (root !== 'labels' && root !== 'annotations') return missing(property, place)
  const map = root === 'labels' ? labels : annotations
  if (name === undefined) return done(fromBinary(encodeStringMap(map, false)))
  const value = map?.get(name)
  if (value === undefined) return missing(property, place)
  // Upstream joins the rest of the path without its dots.
  const found =
    path.length === 0 ? binaryOfText(value) : gjsonText(binaryOfText(value), path.join(''))
  return found === undefined ? missing(property, place) : done(fromBinary(found))
}

/** R163: `extract` of metadata gives exactly two keys, both JSON. */
function metadataMap(metadata: PayloadMetadata | undefined): ByteMap {
  return new Map([
    ['labels', fromBinary(encodeStringMap(metadata?.labels, false))],
    ['annotations', fromBinary(encodeStringMap(metadata?.annotations, false))],
  ])
}

/** Upstream looks the property up in the JSON of the data, where values are base64, so gjson paths work on keys. */
function extractProperty(data: ByteMap, property: string, key: string): Attempt<ByteMap> {
  const entries = [...data].map(([name, value]): [string, GoValue] => [
    binaryOfText(name),
    { go: '[]uint8', value: toBinary(value) },
  ])
  const json = encodeGoJson({ go: 'map[string]interface {}', entries: new Map(entries) }, false)
  const encoded = gjsonProperty(json ?? '', property)
  if (encoded === undefined) return missing(property, `key ${key}`)
  const decoded = decodeBase64(fromBinary(encoded), 'standard')
  if (decoded === undefined) {
    return failed('InvalidEntry', `property ${property} names no single key of ${key}`, 'property')
  }
  return reencode(decoded, property)
}

/** Every value of the object as JSON again: strings keep their quotes. */
function reencode(bytes: Uint8Array, property: string): Attempt<ByteMap> {
  const json = readJson(toBinary(bytes))
  if (json?.shape === 'null') return done(new Map())
  const object = json?.shape === 'object' ? goValueOf(json, 'float64') : undefined
  if (object?.go !== 'map[string]interface {}') {
    return failed('NotJson', `property ${property} does not hold a JSON object`, 'property')
  }
  const out = new Map<string, Uint8Array>()
  for (const [name, value] of object.entries) {
    out.set(textOfBinary(name), fromBinary(encodeGoJson(value, false) ?? ''))
  }
  return done(out)
}
