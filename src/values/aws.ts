import type { Payload } from '../model/provider.ts'
import { type Attempt, done, failed } from './attempt.ts'
import { fromBinary, toBinary } from './binary.ts'
import { encodeStringMap, extractJson, gjsonProperty, propertyMissing } from './json-map.ts'
import type { PayloadReader, PayloadRef } from './payload-reader.ts'

/** AWS Secrets Manager (R118–R121) and, with a body that is text only, Parameter Store (R129, R130). */
export const awsReader: PayloadReader = {
  select,
  extract(payload, ref) {
    const selected = select(payload, ref)
    return selected.failure === undefined ? extractJson(selected.value, ref.key) : selected
  },
}

/**
 * R119: without a property the body as it is, text or bytes; a property makes it a gjson question.
 */
function select(payload: Payload, ref: PayloadRef): Attempt<Uint8Array> {
  const body = ref.metadata ? tagsOf(payload) : bodyOf(payload, ref)
  if (body.failure !== undefined || ref.property === undefined) return body
  const { property, key } = ref
  const json = toBinary(body.value)
  const found = gjsonProperty(json, property)
  return found === undefined ? propertyMissing(json, { property, key }) : done(fromBinary(found))
}

/** SecretString, also an empty one, else SecretBinary. */
function bodyOf({ text, binary, dialect }: Payload, { key }: PayloadRef): Attempt<Uint8Array> {
  const body = text ?? binary
  if (body !== undefined) return done(body.reveal())
  const missing =
    dialect === 'aws-parameter-store'
      ? 'parameter value is nil for key'
      : 'no secret string nor binary for key'
  return failed('EmptySecret', `invalid secret received, ${missing} ${key}`, 'key')
}

/** Tags as a JSON object; a secret without tags has an empty one. */
function tagsOf({ metadata }: Payload): Attempt<Uint8Array> {
  return done(fromBinary(encodeStringMap(metadata?.tags ?? new Map(), true)))
}
