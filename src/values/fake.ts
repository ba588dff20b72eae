import type { Payload } from '../model/provider.ts'
import { type Attempt, done, failed } from './attempt.ts'
import { fromBinary, toBinary } from './binary.ts'
import { gjsonText } from './gjson.ts'
import { extractJson } from './json-map.ts'
import type { PayloadReader, PayloadRef } from './payload-reader.ts'

/** The fake provider (R164): a missing property counts as a missing secret. */
export const fakeReader: PayloadReader = {
  select,
  extract(payload, ref) {
    const selected = select(payload, ref)
    return selected.failure === undefined ? extractJson(selected.value, ref.key) : selected
  },
}

/** Trap: the fake provider uses plain gjson, a key with a dot is not tried literally first. */
function select({ text }: Payload, { key, property }: PayloadRef): Attempt<Uint8Array> {
  const body = text?.reveal()
  if (body === undefined) return failed('EmptySecret', `secret ${key} holds no text`, 'key')
  if (property === undefined) return done(body)
  const found = gjsonText(toBinary(body), property)
  return found === undefined
    ? failed('SecretNotFound', `property ${property} of secret ${key} does not exist`, 'property')
    : done(fromBinary(found))
}
