import { type Attempt, done, failed } from './attempt.ts'
import { fromBinary, textOfBinary, toBinary } from './binary.ts'
import { encodeGoJson, formatSecretValue } from './go-print.ts'
import { type GoValue, goValueOf } from './go-value.ts'
import { readJson } from './json.ts'
import { evaluate } from './jsonpath/evaluate.ts'
import { parsePath } from './jsonpath/parse.ts'
import type { PayloadReader } from './payload-reader.ts'

// What a webhook answers (R165). `property` selects nothing: it is there for the store's templates. The dialect `webhook`
// is the body as it came; `webhook-json` the JSON of what `result.jsonPath` selected of it.

/** Reads both dialects. Upstream: a property is not looked up, and metadataPolicy means nothing. */
export const webhookReader: PayloadReader = {
  select({ text, dialect }, { key }) {
    const body = text?.reveal() ?? new Uint8Array()
    if (dialect === 'webhook') return done(body)
    const one = firstOf(decode(toBinary(body)))
    return one === undefined
      ? failed('PropertyNotFound', `result.jsonPath selects nothing for ${key}`, 'key')
      : done(fromBinary(one))
  },
  extract: ({ text }, { key }) =>
    extractWebhook(text?.reveal() ?? new Uint8Array(), `secret ${key}`),
}

/**
 * The JSON of what a path selects of a body, for the dialect `webhook-json`. The failure says which of the two is wrong
 * and quotes neither: a path may be made of secrets, too.
 */
export function selectJson(body: Uint8Array, path: string): Attempt<Uint8Array> {
  const expression = parsePath(path)
  if (expression === undefined) {
    return failed('InvalidEntry', 'result.jsonPath is no JSONPath')
  }
  const document = decode(toBinary(body))
  if (document === undefined) return failed('NotJson', 'the answer is not JSON')
  const found = evaluate(expression, document)
  const json = found === undefined ? undefined : encodeGoJson(found, false)
  return json === undefined
    ? failed('PropertyNotFound', 'result.jsonPath selects nothing')
    : done(fromBinary(json))
}

function decode(binary: string): GoValue | undefined {
  const json = readJson(binary)
  return json === undefined ? undefined : goValueOf(json, 'float64')
}

/** A list stands for its first element, an object for its JSON; numbers lose their decimals. */
function firstOf(value: GoValue | undefined): string | undefined {
  if (value?.go === '[]interface {}') return firstOf(value.items[0])
  if (value?.go === 'float64') return withoutDecimals(value.value)
  return value && formatSecretValue(value)
}

/** strconv.FormatFloat(value, 'f', 0, 64): halves go to the even neighbour, and no exponent ever. */
function withoutDecimals(value: number): string {
  const magnitude = Math.abs(value)
  const floor = Math.floor(magnitude)
  const rest = magnitude - floor
  const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 === 1)
  const isNegative = value < 0 || Object.is(value, -0)
  return `${isNegative ? '-' : ''}${BigInt(floor) + (isUp ? 1n : 0n)}`
}

/** An object, or a text that holds one. `what` is whose answer it is. */
export function extractWebhook(
  body: Uint8Array,
  what: string,
): Attempt<ReadonlyMap<string, Uint8Array>> {
  const outer = decode(toBinary(body))
  const value = outer?.go === 'string' ? decode(outer.value) : outer
  if (value?.go !== 'map[string]interface {}') {
    return failed('NotJson', `${what}: the answer is not a JSON object`, 'key')
  }
  const data = new Map<string, Uint8Array>()
  for (const [name, item] of value.entries) {
    data.set(textOfBinary(name), fromBinary(formatSecretValue(item) ?? ''))
  }
  return done(data)
}
