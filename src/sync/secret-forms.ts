import { isUtf8 } from 'node:buffer'

// How a value may stand in a text, and how it is taken out of one.

/** Shorter values are words: hiding them would hide the message. */
export const VALUE_BYTES_MIN = 6
const REDACTED = '‹redacted›'
/** Of a value that is twice as long, any piece of this many characters is hidden too. */
const PIECE_CHARS = 12

/** The spellings of a value: plain, base64 at each alignment, base64url, hexadecimal, of a URL, within JSON. */
export function formsOf(bytes: Uint8Array): ReadonlySet<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8')
  const hex = buffer.toString('hex')
  const forms = new Set([hex, hex.toUpperCase(), ...base64Forms(buffer)])
  // Bytes that are no text have no other spelling that a message could hold.
  if (!isUtf8(buffer)) return forms
  // A lone surrogate cannot come out of bytes, so this never throws.
  const encoded = encodeURIComponent(text)
  const json = JSON.stringify(text).slice(1, -1)
  const trimmed = text.trim()
  for (const form of [
    text,
    Buffer.byteLength(trimmed) < VALUE_BYTES_MIN ? '' : trimmed,
    encoded,
    encoded.replaceAll('%20', '+'),
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    encodeURI(text),
    json,
    ascii(json),
    goJson(json),
  ]) {
    if (form !== '') forms.add(form)
  }
  return forms
}

/** Bytes before a value within its group, and the characters that it shares with them. */
const SHIFTS = [
  [0, 0],
  [1, 2],
  [2, 3],
] as const

/** In the middle of a longer text a value begins at any of three places of a group; what it shares is left out. */
function base64Forms(buffer: Buffer): readonly string[] {
  const forms: string[] = []
  for (const [shift, shared] of SHIFTS) {
    const whole = Buffer.concat([Buffer.alloc(shift), buffer]).toString('base64')
    const rest = whole.replace(/=+$/, '')
    const isFull = (shift + buffer.length) % 3 === 0
    const form = rest.slice(shared, isFull ? undefined : -1)
    // Alone, the last character belongs to it.
    if (shift === 0) forms.push(rest)
    forms.push(form)
  }
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))]
}

function ascii(json: string): string {
  return json.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Go escapes what HTML would read. */
function goJson(json: string): string {
  return json.replace(/[<>&]/g, (unit) => `\\u00${unit.charCodeAt(0).toString(16)}`)
}

/** What is to be hidden: texts as a whole, and long ones in pieces as well. */
export interface Hidden {
  readonly whole: Iterable<string>
  readonly parts: Iterable<string>
}

/** The message with every occurrence replaced; what overlaps or touches becomes one. */
export function hidden(message: string, { whole, parts }: Hidden): string {
  const isHidden = new Uint8Array(message.length)
  for (const text of whole) {
    for (let at = message.indexOf(text); at >= 0; at = message.indexOf(text, at + 1)) {
      isHidden.fill(1, at, at + text.length)
    }
  }
  const pieces = piecesOf(message)
  for (const text of parts) {
    if (text.length < 2 * PIECE_CHARS) continue
    eachPiece(text, (hash, from) => {
      for (const at of pieces.get(hash) ?? []) {
        const isSame = message.startsWith(text.slice(from, from + PIECE_CHARS), at)
        if (isSame) isHidden.fill(1, at, at + PIECE_CHARS)
      }
    })
  }
  return isHidden.includes(1) ? blanked(message, isHidden) : message
}

function blanked(message: string, isHidden: Uint8Array): string {
  let clean = ''
  let from = 0
  while (from < message.length) {
    const state = isHidden[from]
    let to = from
    while (to < message.length && isHidden[to] === state) to++
    clean += state === 1 ? REDACTED : message.slice(from, to)
    from = to
  }
  return clean
}

/** Where each piece of the message stands, by its hash. */
function piecesOf(message: string): ReadonlyMap<number, readonly number[]> {
  const places = new Map<number, number[]>()
  eachPiece(message, (hash, at) => {
    const known = places.get(hash)
    if (known === undefined) places.set(hash, [at])
    else known.push(at)
  })
  return places
}

const FACTOR = 16_777_619

/** A rolling hash: a value may have megabytes, and a run thousands of failures. */
function eachPiece(text: string, visit: (hash: number, at: number) => void): void {
  let leaving = 1
  for (let i = 1; i < PIECE_CHARS; i++) leaving = Math.imul(leaving, FACTOR)
  let hash = 0
  for (let end = 0; end < text.length; end++) {
    const at = end - PIECE_CHARS
    if (at >= 0) hash = (hash - Math.imul(text.charCodeAt(at), leaving)) | 0
    hash = (Math.imul(hash, FACTOR) + text.charCodeAt(end)) | 0
    if (at >= -1) visit(hash, at + 1)
  }
}
