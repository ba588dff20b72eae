import { type Attempt, done, failed } from './attempt.ts'

/** Longest key of a Secret, in bytes. */
export const KEY_BYTES_MAX = 253

// Upstream: any letter and number of Unicode passes here and fails at the API server later (R44); a
// rule warns.
const FORBIDDEN = /[^\p{L}\p{N}._-]/u
const EACH_FORBIDDEN = /[^\p{L}\p{N}._-]/gu

/** One key under a `conversionStrategy` (R42). An unknown strategy changes nothing, as upstream. */
export function convertKey(strategy: string | undefined, key: string): string {
  switch (strategy) {
    case undefined:
    case '':
    case 'Default':
      return key.replaceAll(EACH_FORBIDDEN, '_')
    case 'Unicode':
      return key.replaceAll(EACH_FORBIDDEN, unicodeName)
    default:
      return key
  }
}

/** `_U` and at least four hexadecimal digits of the code point. */
function unicodeName(rune: string): string {
  const code = rune.codePointAt(0) ?? 0
  return `_U${code.toString(16).padStart(4, '0')}_`
}

/** All keys at once; two that become one name are an error, whatever the parity (R43). */
export function convertKeys<T>(
  strategy: string | undefined,
  values: ReadonlyMap<string, T>,
): Attempt<ReadonlyMap<string, T>> {
  const out = new Map<string, T>()
  const sources = new Map<string, string>()
  for (const [key, value] of values) {
    const name = convertKey(strategy, key)
    const earlier = sources.get(name)
    if (earlier !== undefined) {
      const pair = [earlier, key].sort().map(shortened).join(' and ')
      return failed(
        'KeyCollision',
        `secret name collision during conversion: ${shortened(name)} (from ${pair})`,
      )
    }
    sources.set(name, key)
    out.set(name, value)
  }
  return done(out)
}

/** Drops an empty key; refuses keys that are too long or hold a forbidden character (R45). */
export function validateKeys<T>(values: ReadonlyMap<string, T>): Attempt<ReadonlyMap<string, T>> {
  const out = new Map<string, T>()
  for (const [key, value] of values) {
    if (key === '') continue
    const problem = keyProblem(key)
    if (problem !== undefined) return failed('InvalidKey', `invalid secret keys: ${problem}`)
    out.set(key, value)
  }
  return done(out)
}

/** Why a key is refused, in ESO's words; a key may be shown, it is no value. */
function keyProblem(key: string): string | undefined {
  const bytes = new TextEncoder().encode(key).length
  if (bytes > KEY_BYTES_MAX) {
    return `key has length ${bytes} but max is ${KEY_BYTES_MAX}: ${shortened(key)}`
  }
  const rune = FORBIDDEN.exec(key)?.[0]
  if (rune === undefined) return undefined
  const shown = JSON.stringify(rune)
  return `key has invalid character ${shown}, only alphanumeric, '-', '.' and '_' are allowed: ${shortened(key)}`
}

/** A key as messages show it. */
export function shortened(key: string): string {
  return key.length <= 64 ? key : `${key.slice(0, 64)}…`
}
