import { type Attempt, done, failed } from './attempt.ts'
import { toBinary } from './binary.ts'

// What a `decodingStrategy` makes of a value (R46–R48):
//
//  strategy      │ standard base64 │ URL base64 │ neither
//  ──────────────┼─────────────────┼────────────┼────────
//  unset, None   │ as it is        │ as it is   │ as it is
//  Base64        │ decoded         │ error      │ error
//  Base64URL     │ error           │ decoded    │ error
//  Auto          │ decoded         │ decoded    │ as it is
//  anything else │ error           │ error      │ error
//
// Text with none of `+ / - _` is both.

/** Go's base64 alphabets, both with padding. */
type Alphabet = 'standard' | 'url'

/** What may not stand before the padding. */
const FOREIGN: Readonly<Record<Alphabet, RegExp>> = {
  standard: /[^A-Za-z0-9+/]/,
  url: /[^A-Za-z0-9_-]/,
}

/**
 * One value under a `decodingStrategy` (R46–R48). Unset and `None` change nothing.
 *
 * Upstream: `Auto` decodes whatever happens to be base64, `1234` among it; a rule warns.
 */
export function decodeValue(strategy: string | undefined, value: Uint8Array): Attempt<Uint8Array> {
  switch (strategy) {
    case undefined:
    case '':
    case 'None':
      return done(value)
    case 'Base64':
      return decoded(decodeBase64(value, 'standard'), 'Base64')
    case 'Base64URL':
      return decoded(decodeBase64(value, 'url'), 'Base64URL')
    case 'Auto':
      return done(decodeBase64(value, 'standard') ?? decodeBase64(value, 'url') ?? value)
    default:
      return failed('UnknownStrategy', `decoding strategy ${strategy} is not supported`)
  }
}

/** The message tells the alphabet that was expected and nothing of the value. */
function decoded(bytes: Uint8Array | undefined, strategy: string): Attempt<Uint8Array> {
  return bytes === undefined
    ? failed('DecodeFailed', `the value is not ${strategy} (${bytesHint(strategy)})`)
    : done(bytes)
}

/** What the two alphabets differ in. */
function bytesHint(strategy: string): string {
  return strategy === 'Base64'
    ? 'alphabet A-Z a-z 0-9 + /, padded with ='
    : 'alphabet A-Z a-z 0-9 - _, padded with ='
}

/** Go's decoder: padding is required, CR and LF count nowhere, spare bits of the last byte are ignored. */
export function decodeBase64(value: Uint8Array, alphabet: Alphabet): Uint8Array | undefined {
  const text = toBinary(value).replaceAll(/[\r\n]/g, '')
  if (text.length % 4 !== 0) return undefined
  const body = text.endsWith('==') ? text.slice(0, -2) : text.replace(/=$/, '')
  if (FOREIGN[alphabet].test(body)) return undefined
  return Uint8Array.from(Buffer.from(body, alphabet === 'url' ? 'base64url' : 'base64'))
}

/** Every value of a map; one failure names all keys that do not decode. */
export function decodeMap(
  strategy: string | undefined,
  values: ReadonlyMap<string, Uint8Array>,
): Attempt<ReadonlyMap<string, Uint8Array>> {
  const out = new Map<string, Uint8Array>()
  const broken: string[] = []
  for (const [key, value] of values) {
    const attempt = decodeValue(strategy, value)
    if (attempt.failure === undefined) out.set(key, attempt.value)
    else if (attempt.failure.code === 'UnknownStrategy') return attempt
    else broken.push(key)
  }
  if (broken.length === 0) return done(out)
  const [first = ''] = broken.sort()
  const others = broken.length > 1 ? ` and ${broken.length - 1} more` : ''
  return failed('DecodeFailed', `failure decoding key ${first}${others}: not ${strategy ?? ''}`)
}

/** Keys whose value holds a byte 0x00 (R27). */
export function keysWithNullByte(values: ReadonlyMap<string, Uint8Array>): readonly string[] {
  return [...values].flatMap(([key, value]) => (value.includes(0) ? [key] : [])).sort()
}
