import { compareBytes, isArray, type JsonValue } from '../../model/json.ts'

/** JSON has no form for an infinity or a NaN. */
export class NoJsonForm extends Error {}

/** JSON as Go's encoder writes it: keys in byte order, `<`, `>`, `&`, U+2028 and U+2029 escaped. Throws NoJsonForm. */
export function goJson(value: JsonValue): string {
  if (typeof value === 'string') return goString(value)
  if (typeof value === 'number') return goNumber(value)
  if (value === null || typeof value !== 'object') return String(value)
  if (isArray(value)) return `[${value.map(goJson).join(',')}]`
  const members: string[] = []
  for (const key of Object.keys(value).sort(compareBytes)) {
    const item = value[key]
    if (item !== undefined) members.push(`${goString(key)}:${goJson(item)}`)
  }
  return `{${members.join(',')}}`
}

/** JavaScript and Go agree on digits and exponents, but for the sign of zero. */
function goNumber(value: number): string {
  if (!Number.isFinite(value)) throw new NoJsonForm('an infinity or NaN has no JSON form')
  return Object.is(value, -0) ? '-0' : String(value)
}

const SPECIAL = /[<>&\u2028\u2029]/g
/** Here a byte that is no UTF-8, which Go writes as an escape although it writes U+FFFD itself as it is. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** Go writes U+FFFD for bytes that are no UTF-8, as an escape. */
function goString(text: string): string {
  if (!LONE_SURROGATE.test(text)) return `"${escaped(text)}"`
  return `"${text.split(LONE_SURROGATE).map(escaped).join('\\ufffd')}"`
}

/** JSON.stringify escapes the same characters otherwise, in the same way. */
function escaped(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(SPECIAL, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
