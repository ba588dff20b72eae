/** What a manifest holds once read. Integers beyond 2^53 are `bigint`, so that none loses a digit. */
export type JsonValue = null | boolean | number | bigint | string | JsonArray | JsonObject
/** A JSON array; never changed in place. */
export type JsonArray = readonly JsonValue[]
/** Always made without a prototype (or from a parser that defines own properties only). */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}

/** Neither null nor an array. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Array.isArray, for readonly arrays. */
export function isArray(value: JsonValue | undefined): value is JsonArray {
  return Array.isArray(value)
}

/** Own member `key`, never an inherited one: `constructor` and `__proto__` are ordinary keys. */
export function member(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** Walks members by name; undefined as soon as one is absent. */
export function dig(
  value: JsonValue | undefined,
  ...keys: readonly string[]
): JsonValue | undefined {
  let at = value
  for (const key of keys) at = member(at, key)
  return at
}

/** A string, or undefined for every other type: nothing is coerced. */
export function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/**
 * Orders strings by their UTF-8 bytes, as Go sorts map keys. UTF-16 order differs only when exactly one of two
 * differing units is a surrogate: surrogates stand for code points above all others.
 */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/** For JSON.stringify, which has no form for a bigint: its digits, as text. */
export function digitsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

/** JSON with keys in byte order and no blanks: equal values give equal bytes, whatever their order of keys. */
export function canonicalJson(value: JsonValue): string {
  if (typeof value === 'bigint') return value.toString()
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members: string[] = []
  for (const key of Object.keys(value).sort(compareBytes)) {
    const item = value[key]
    if (item !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(item)}`)
  }
  return `{${members.join(',')}}`
}
