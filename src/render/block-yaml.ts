import { compareBytes, isArray, isObject, type JsonObject, type JsonValue } from '../model/json.ts'

// Block YAML for what a render adds. It says no more than JSON does, so it needs no library: a cold one costs every refresh of
// every Application ten milliseconds. Whatever is not plainly a word is quoted, so that every YAML reader takes it for the same
// text.

const FIRST_KEYS: readonly string[] = ['apiVersion', 'kind', 'metadata']
// Texts that every YAML reader takes for the same string.
const WORD = /^[A-Za-z][\w./-]*$/
/** Text without escapes; in single quotes a JSON document stays legible. */
const LINE = /^[ -~]*$/
/** Words that YAML 1.1 or 1.2 takes for something else. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null)$/i
/** Characters that JSON leaves as they are and YAML does not allow, or takes for line breaks. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g

/** The object in block style, keys in byte order behind those that say what it is, ending in a newline. */
export function blockYaml(object: JsonObject): string {
  return `${membersOf(object, '').join('\n')}\n`
}

/** Keys in a fixed order, so that equal objects give equal bytes. */
function membersOf(object: JsonObject, indent: string): string[] {
  const lines: string[] = []
  for (const key of Object.keys(object).sort(compareKeys)) {
    const value = object[key]
    if (value !== undefined) lines.push(...valueLines(`${indent}${scalar(key)}:`, value, indent))
  }
  return lines
}

/** `head` is what stands before the value, on its first line. */
function valueLines(head: string, value: JsonValue, indent: string): string[] {
  const inner = `${indent}  `
  if (isObject(value)) {
    const members = membersOf(value, inner)
    return members.length === 0 ? [`${head} {}`] : [head, ...members]
  }
  if (isArray(value)) {
    return value.length === 0
      ? [`${head} []`]
      : [head, ...value.flatMap((item) => itemLines(item, inner))]
  }
  return [`${head} ${scalar(value)}`]
}

/** The first member of an item shares the line of its dash. */
function itemLines(item: JsonValue, indent: string): string[] {
  const lines = isObject(item) ? membersOf(item, `${indent}  `) : []
  if (lines.length === 0) return valueLines(`${indent}-`, item, indent)
  return [`${indent}- ${(lines[0] ?? '').trimStart()}`, ...lines.slice(1)]
}

/** The safest form that stays legible: bare word, single quotes, JSON. */
function scalar(value: JsonValue): string {
  if (typeof value !== 'string') return String(value)
  if (WORD.test(value) && !RESERVED.test(value)) return value
  if (LINE.test(value)) return `'${value.replaceAll("'", "''")}'`
  return JSON.stringify(value).replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function compareKeys(a: string, b: string): number {
  return rank(a) - rank(b) || compareBytes(a, b)
}

function rank(key: string): number {
  const index = FIRST_KEYS.indexOf(key)
  return index < 0 ? FIRST_KEYS.length : index
}
