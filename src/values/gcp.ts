import type { Payload } from '../model/provider.ts'
import { type Attempt, done, failed } from './attempt.ts'
import { fromBinary, toBinary } from './binary.ts'
import { encodeStringMap, extractJson, gjsonProperty, propertyMissing } from './json-map.ts'
import { isValidJson } from './json-valid.ts'
import type { PayloadReader, PayloadRef } from './payload-reader.ts'

/** GCP Secret Manager (R157, R158): unlike AWS, a property needs a payload that is valid JSON as a whole. */
export const gcpReader: PayloadReader = {
  select,
  extract(payload, ref) {
    const selected = select(payload, ref)
    return selected.failure === undefined ? extractJson(selected.value, ref.key) : selected
  },
}

/** R158: with metadataPolicy Fetch the value itself is never looked at. */
function select(payload: Payload, ref: PayloadRef): Attempt<Uint8Array> {
  return ref.metadata ? selectMetadata(payload, ref) : selectBody(payload, ref)
}

/** Trap: AWS looks up a property in any text, GCP answers NotJson before it looks. */
function selectBody({ text }: Payload, { key, property }: PayloadRef): Attempt<Uint8Array> {
  if (text === undefined) {
    return failed('EmptySecret', `invalid secret received, no secret string for key ${key}`, 'key')
  }
  if (property === undefined) return done(text.reveal())
  const json = toBinary(text.reveal())
  if (!isValidJson(json)) return failed('NotJson', `secret ${key} is not JSON`, 'property')
  const found = gjsonProperty(json, property)
  return found === undefined ? propertyMissing(json, { property, key }) : done(fromBinary(found))
}

/** R158: without a property all of it, else `labels`, `annotations`, or one of them by name. */
function selectMetadata({ metadata }: Payload, { key, property }: PayloadRef): Attempt<Uint8Array> {
  const annotations = metadata?.annotations
  const labels = metadata?.labels
  if (property === undefined) {
    return done(
      fromBinary(
        `{"annotations":${encodeStringMap(annotations, true)},"labels":${encodeStringMap(labels, true)}}`,
      ),
    )
  }
  if (property === 'annotations') return done(fromBinary(encodeStringMap(annotations, true)))
  if (property === 'labels') return done(fromBinary(encodeStringMap(labels, true)))
  const dot = property.indexOf('.')
  const root = property.slice(0, dot)
  const name = property.slice(dot + 1)
  if ((root !== 'annotations' && root !== 'labels') || name === '') {
    const message = `invalid property ${property}: it should start with annotations or labels`
    return failed('InvalidEntry', message, 'property')
  }
  const value = (root === 'labels' ? labels : annotations)?.get(name)
  if (value !== undefined) return done(new TextEncoder().encode(value))
  const noun = root === 'labels' ? 'label' : 'annotation'
  return failed(
    'PropertyNotFound',
    `${noun} with key ${name} does not exist in secret ${key}`,
    'property',
  )
}
