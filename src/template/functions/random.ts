import { fromRunes, runes } from '../bytes.ts'
import { checkLength, fail } from '../failure.ts'
import { type Functions, fixed } from '../function.ts'
import { integer } from '../value.ts'
import { encode64 } from './encoding.ts'

/** So many random bytes; fails where output must be repeatable. */
export type Random = (length: number) => Uint8Array

/** A whole number from 0 up to `limit`, every one equally likely. */
export function below(random: Random, limit: bigint): bigint {
  if (limit <= 1n) return 0n
  const bits = (limit - 1n).toString(2).length
  const bytes = Math.ceil(bits / 8)
  const mask = (1n << BigInt(bits)) - 1n
  for (;;) {
    const drawn = BigInt(`0x${Buffer.from(random(bytes)).toString('hex')}`) & mask
    if (drawn < limit) return drawn
  }
}

// randAscii draws from the printable characters, blank and tilde included.
const DIGITS = '0123456789'
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')

/** Upstream: a negative length gives nothing. */
function draw(random: Random, alphabet: string, length: number): string {
  if (length <= 0) return ''
  checkLength(length)
  let text = ''
  for (let i = 0; i < length; i++) text += alphabet[Number(below(random, BigInt(alphabet.length)))]
  return text
}

/** Fisher–Yates over runes; bad bytes come out as U+FFFD. */
function shuffle(random: Random, text: string): string {
  const codes = runes(text)
  for (let i = codes.length - 1; i > 0; i--) {
    const other = Number(below(random, BigInt(i + 1)))
    const kept = codes[i] ?? 0
    codes[i] = codes[other] ?? 0
    codes[other] = kept
  }
  return fromRunes(codes)
}

/** Version 4, variant 1 (RFC 9562). */
function uuid(random: Random): string {
  const bytes = Buffer.from(random(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}

/** They draw anew at every rendering (R170): a stable value needs a generator. */
export function randomFunctions(random: Random): Functions {
  const drawing = (alphabet: string) =>
    fixed(['int'], ({ value }) => draw(random, alphabet, Number(value)))
  return {
    randAlphaNum: drawing(LETTERS + DIGITS),
    randAlpha: drawing(LETTERS),
    randNumeric: drawing(DIGITS),
    randAscii: drawing(ASCII),
    randInt: fixed(['int', 'int'], (min, max) => {
      if (max.value <= min.value) return fail('randInt needs a range that is not empty')
      return integer(min.value + below(random, max.value - min.value))
    }),
    randBytes: fixed(['int'], ({ value }) => {
      if (value < 0n) return fail('a negative length')
      checkLength(Number(value))
      return encode64(Buffer.from(random(Number(value))).toString('latin1'))
    }),
    shuffle: fixed(['string'], (text) => shuffle(random, text)),
    uuidv4: fixed([], () => uuid(random)),
  }
}
