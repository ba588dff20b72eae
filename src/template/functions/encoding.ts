import { type Functions, fixed } from '../function.ts'
import { formatUnicode, noFlags } from '../verb-flags.ts'

// Base64, base32 and hex. Upstream: where the input does not decode, the error's text becomes the value. That is a trap (a rule
// warns of it), and parity; the text tells the place of the first bad byte, not the byte.

/** Standard base64 with padding. */
export function encode64(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64')
}

const ALPHABET_64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const ALPHABET_32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Decoded bytes, or the offset at which Go finds the fault. */
export type Decoding = { readonly text: string } | { readonly faultAt: number }

/**
 * Go's StdEncoding: strict alphabet and padding, CR and LF skipped. Trailing bits are not checked,
 * as in Go.
 */
export function decode64(text: string): Decoding {
  let bytes = ''
  let at = 0
  while (at < text.length) {
    const quantum = readQuantum(text, at)
    if ('faultAt' in quantum) return quantum
    bytes += quantum.text
    at = quantum.next
  }
  return { text: bytes }
}

/** One group of four characters, or where it is broken. */
type Quantum = { readonly text: string; readonly next: number } | { readonly faultAt: number }

/** The only characters that Go's decoders skip. */
function isBreak(char: string | undefined): boolean {
  return char === '\n' || char === '\r'
}

function skipBreaks(text: string, from: number): number {
  let at = from
  while (isBreak(text[at])) at++
  return at
}

/** Four characters, or fewer with padding at the very end. Line breaks count nowhere. */
function readQuantum(text: string, from: number): Quantum {
  const digits: number[] = []
  let at = from
  while (digits.length < 4) {
    const char = text[at]
    if (char === undefined) return endOfText(at, digits.length)
    at++
    if (isBreak(char)) continue
    if (char === '=') return readPadding(text, at, digits)
    const digit = ALPHABET_64.indexOf(char)
    if (digit < 0) return { faultAt: at - 1 }
    digits.push(digit)
  }
  return { text: joined(digits), next: at }
}

/** A group that was begun must end: its fault lies where it began. */
function endOfText(at: number, count: number): Quantum {
  return count === 0 ? { text: '', next: at } : { faultAt: at - count }
}

/** Two digits take `==`, three take `=`; anything but breaks behind that is a fault. */
function readPadding(text: string, from: number, digits: readonly number[]): Quantum {
  let at = from
  if (digits.length < 2) return { faultAt: at - 1 }
  if (digits.length === 2) {
    at = skipBreaks(text, at)
    if (at === text.length) return { faultAt: at }
    if (text[at] !== '=') return { faultAt: at - 1 }
    at++
  }
  at = skipBreaks(text, at)
  return at < text.length ? { faultAt: at } : { text: joined(digits), next: at }
}

/** n digits make n - 1 bytes. */
function joined(digits: readonly number[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = digits
  const bits = (a << 18) | (b << 12) | (c << 6) | d
  const bytes = String.fromCharCode((bits >> 16) & 255, (bits >> 8) & 255, bits & 255)
  return bytes.slice(0, digits.length - 1)
}

/** RFC 4648 with padding. BigInt because 40 bits exceed V8's bit operators. */
function encode32(text: string): string {
  let encoded = ''
  for (let at = 0; at < text.length; at += 5) {
    const chunk = text.slice(at, at + 5)
    let bits = 0n
    for (let i = 0; i < 5; i++)
      bits = (bits << 8n) | BigInt(i < chunk.length ? chunk.charCodeAt(i) : 0)
    const used = Math.ceil((chunk.length * 8) / 5)
    for (let i = 0; i < 8; i++) {
      encoded += i < used ? ALPHABET_32[Number((bits >> BigInt(35 - 5 * i)) & 31n)] : '='
    }
  }
  return encoded
}

/** Breaks are removed first, so Go's offsets count without them. */
function decode32(source: string): Decoding {
  const text = source.replaceAll(/[\r\n]/g, '')
  let bytes = ''
  for (let start = 0; start < text.length; start += 8) {
    const group = readGroup(text, start)
    if ('faultAt' in group) return group
    bytes += group.text
    if (group.isLast) break
  }
  return { text: bytes }
}

/** Eight characters, the last group perhaps padded. */
type Group = { readonly text: string; readonly isLast: boolean } | { readonly faultAt: number }

function readGroup(text: string, start: number): Group {
  const digits: number[] = []
  while (digits.length < 8) {
    const at = start + digits.length
    const char = text[at]
    if (char === undefined) return { faultAt: start }
    if (char === '=' && digits.length >= 2 && text.length - at - 1 < 8) {
      return readPadding32(text, at, digits)
    }
    const digit = ALPHABET_32.indexOf(char)
    if (digit < 0) return { faultAt: at }
    digits.push(digit)
  }
  return { text: joined32(digits), isLast: false }
}

/** Counts the padding that must follow; offsets of faults follow Go's arithmetic. */
function readPadding32(text: string, at: number, digits: readonly number[]): Group {
  const left = text.length - at - 1
  const missing = 7 - digits.length
  if (left < missing) return { faultAt: text.length }
  for (let k = 0; k < missing; k++) {
    if (text[at + 1 + k] !== '=') return { faultAt: at + k }
  }
  // One, three or six digits are no whole number of bytes.
  const isWhole = ![1, 3, 6].includes(digits.length)
  return isWhole ? { text: joined32(digits), isLast: true } : { faultAt: at }
}

/** Five bits a digit, whole bytes only. */
function joined32(digits: readonly number[]): string {
  let bits = 0n
  for (let i = 0; i < 8; i++) bits = (bits << 5n) | BigInt(digits[i] ?? 0)
  let bytes = ''
  for (let i = 0; i < Math.floor((digits.length * 5) / 8); i++) {
    bytes += String.fromCharCode(Number((bits >> BigInt(32 - 8 * i)) & 255n))
  }
  return bytes
}

/** hex.DecodeString's errors as values: the offending byte is named, as ESO does. */
function decodeHex(text: string): string {
  const bad = /[^0-9a-fA-F]/.exec(text)
  // Of an odd number of digits the last is looked at as well.
  if (bad !== null) {
    const flags = { ...noFlags(), sharp: true }
    return `encoding/hex: invalid byte: ${formatUnicode(BigInt(bad[0].charCodeAt(0)), flags)}`
  }
  if (text.length % 2 === 1) return 'encoding/hex: odd length hex string'
  return Buffer.from(text, 'hex').toString('latin1')
}

/** Upstream: `b64dec` and `b32dec` give base64.CorruptInputError's text as the value (R166). */
function valueOrFault(decoding: Decoding, name: string): string {
  return 'text' in decoding
    ? decoding.text
    : `illegal ${name} data at input byte ${decoding.faultAt}`
}

/** R166: none of these fails; a decoding error is a value like any other. */
export const encodingFunctions: Functions = {
  b64enc: fixed(['string'], encode64),
  b64dec: fixed(['string'], (text) => valueOrFault(decode64(text), 'base64')),
  b32enc: fixed(['string'], encode32),
  b32dec: fixed(['string'], (text) => valueOrFault(decode32(text), 'base32')),
  hexdec: fixed(['string'], decodeHex),
}
