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

const BYTES_DRAWN_MAX = 4_096

/** The same for many small limits: asking for bytes one by one is slow. `count` says how many numbers are wanted. */
function drawing(random: Random, count: number): (limit: number) => number {
  let left = count
  let at = 0
  let drawn = new Uint8Array()
  const byte = (): number => {
    if (at === drawn.length) {
      drawn = Uint8Array.from(random(Math.max(1, Math.min(left, BYTES_DRAWN_MAX))))
      at = 0
    }
    return drawn[at++] ?? 0
  }
  return (limit) => {
    left--
    const bits = limit <= 1 ? 0 : 32 - Math.clz32(limit - 1)
    for (;;) {
      let number = 0
      for (let bytes = Math.ceil(bits / 8); bytes > 0; bytes--) number = number * 256 + byte()
      number %= 2 ** bits
      if (number < limit) return number
      left++
    }
  }
}

/** Upstream: a negative length gives nothing. */
function draw(random: Random, alphabet: string, length: number): string {
  if (length <= 0) return ''
  checkLength(length)
  const mask = 2 ** (32 - Math.clz32(alphabet.length - 1)) - 1
  const text = Buffer.alloc(length)
  for (let at = 0; at < length; ) {
    for (const byte of random(Math.min(length - at, BYTES_DRAWN_MAX))) {
      const place = byte & mask
      if (place < alphabet.length) text[at++] = alphabet.charCodeAt(place)
    }
  }
  return text.toString('latin1')
}

/** Fisher–Yates over runes; bad bytes come out as U+FFFD. */
function shuffle(random: Random, text: string): string {
  const codes = runes(text)
  const below = drawing(random, codes.length)
  for (let i = codes.length - 1; i > 0; i--) {
    const other = below(i + 1)
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
  const text = (alphabet: string) =>
    fixed(['int'], ({ value }) => draw(random, alphabet, Number(value)))
  return {
    randAlphaNum: text(LETTERS + DIGITS),
    randAlpha: text(LETTERS),
    randNumeric: text(DIGITS),
    randAscii: text(ASCII),
    randInt: fixed(['int', 'int'], (min, max) => {
      if (max.value <= min.value) return fail('randInt needs a range that is not empty')
      return integer(min.value + below(random, max.value - min.value))
    }),
    randBytes: fixed(['int'], ({ value }) => {
      if (value < 0n) return fail('a negative length')
      checkLength(Number(value))
      return encode64(Buffer.from(random(Number(value))).toString('latin1'))
    }),
    shuffle: fixed(['string'], (given) => shuffle(random, given)),
    uuidv4: fixed([], () => uuid(random)),
  }
}
