import type { PushConversion } from '../model/push-secret.ts'
import { type Attempt, done, failed } from './attempt.ts'
import { shortened } from './keys.ts'

// What `Unicode` writes for a character that no key may hold: `_U`, at least four hexadecimal digits, `_`.
const ESCAPED = /_U([0-9a-fA-F]{4,})_/g
/** Highest code point; Go prints U+FFFD for what is above, and for surrogates. */
const CODE_MAX = 0x10ffff
/** Go parses 32 bits with a sign; a longer number is left as it is. */
const PARSED_MAX = 0x7fffffff

/** Undoes the `Unicode` key conversion; without it a key stays as it is. */
export function reverseKey(conversion: PushConversion, key: string): string {
  if (conversion === 'None') return key
  return key.replace(ESCAPED, (written, digits: string) => {
    const code = Number.parseInt(digits, 16)
    if (code > PARSED_MAX) return written
    const isRune = code <= CODE_MAX && !(code >= 0xd800 && code <= 0xdfff)
    return isRune ? String.fromCodePoint(code) : '\ufffd'
  })
}

/** All keys at once; two that become one name are an error. */
export function reverseKeys<T>(
  conversion: PushConversion,
  data: ReadonlyMap<string, T>,
): Attempt<ReadonlyMap<string, T>> {
  const out = new Map<string, T>()
  const sources = new Map<string, string>()
  for (const [key, value] of data) {
    const name = reverseKey(conversion, key)
    const earlier = sources.get(name)
    if (earlier !== undefined) {
      const pair = [earlier, key].sort().map(shortened).join(' and ')
      const message = `secret name collision during conversion: ${shortened(name)} (from ${pair})`
      return failed('KeyCollision', message, '.conversionStrategy')
    }
    sources.set(name, key)
    out.set(name, value)
  }
  return done(out)
}
