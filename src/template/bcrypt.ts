// bcrypt ($2a$, cost 10), for want of it in OpenSSL. Blowfish's tables are the binary digits of pi, so they are computed.

const ROUNDS = 16
const COST = 10
const WORDS = 18 + 4 * 256

interface State {
  readonly p: Uint32Array
  readonly s: Uint32Array
}

/** Computed once per process, and only when a password is hashed. */
let tables: State | undefined

/** The fractional digits of pi, 32 bits a word, by Machin's formula. */
function piTables(): State {
  if (tables !== undefined) return tables
  const bits = BigInt(32 * WORDS)
  const scale = 1n << (bits + 64n)
  const pi = 4n * (4n * arctan(5n, scale) - arctan(239n, scale))
  const fraction = (pi >> 64n) & ((1n << bits) - 1n)
  const hex = fraction.toString(16).padStart(8 * WORDS, '0')
  const words = Uint32Array.from({ length: WORDS }, (_, i) =>
    Number.parseInt(hex.slice(8 * i, 8 * i + 8), 16),
  )
  tables = { p: words.slice(0, 18), s: words.slice(18) }
  return tables
}

/** arctan(1/x) × scale. */
function arctan(x: bigint, scale: bigint): bigint {
  let power = scale / x
  let sum = power
  for (let n = 3n, sign = -1n; power > 0n; n += 2n, sign = -sign) {
    power /= x * x
    sum += sign * (power / n)
  }
  return sum
}

/**
 * One block of Blowfish, in place. `>>> 0` keeps words unsigned: V8's bit operators are signed
 * 32-bit.
 */
function encipher({ p, s }: State, pair: Uint32Array): void {
  let left = pair[0] ?? 0
  let right = pair[1] ?? 0
  for (let round = 0; round < ROUNDS; round++) {
    left = (left ^ (p[round] ?? 0)) >>> 0
    const sum = ((s[left >>> 24] ?? 0) + (s[256 + ((left >>> 16) & 255)] ?? 0)) >>> 0
    const mixed =
      ((sum ^ (s[512 + ((left >>> 8) & 255)] ?? 0)) + (s[768 + (left & 255)] ?? 0)) >>> 0
    const next = (right ^ mixed) >>> 0
    right = left
    left = next
  }
  pair[0] = (right ^ (p[17] ?? 0)) >>> 0
  pair[1] = (left ^ (p[16] ?? 0)) >>> 0
}

/** Words of a byte string that repeats itself. */
function cycle(bytes: Uint8Array): () => number {
  let at = 0
  return () => {
    let word = 0
    for (let i = 0; i < 4; i++) {
      word = (word << 8) | (bytes[at] ?? 0)
      at = (at + 1) % bytes.length
    }
    return word >>> 0
  }
}

/** Upstream: eksBlowfish's ExpandKey. With a salt of zeros it is plain Blowfish key scheduling. */
function expandKey(state: State, key: Uint8Array, salt: Uint8Array): void {
  const nextKey = cycle(key)
  for (let i = 0; i < state.p.length; i++) state.p[i] = ((state.p[i] ?? 0) ^ nextKey()) >>> 0
  const nextSalt = cycle(salt)
  const pair = new Uint32Array(2)
  for (const words of [state.p, state.s]) {
    for (let i = 0; i < words.length; i += 2) {
      pair[0] = ((pair[0] ?? 0) ^ nextSalt()) >>> 0
      pair[1] = ((pair[1] ?? 0) ^ nextSalt()) >>> 0
      encipher(state, pair)
      words[i] = pair[0] ?? 0
      words[i + 1] = pair[1] ?? 0
    }
  }
}

const NO_SALT = new Uint8Array(16)
const TEXT = 'OrpheanBeholderScryDoubt'
const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** bcrypt's base64: an alphabet of its own, no padding. */
function encode(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let count = 0
  for (const byte of bytes) {
    bits = (bits << 8) | byte
    count += 8
    while (count >= 6) {
      count -= 6
      text += ALPHABET[(bits >> count) & 63]
    }
  }
  return count > 0 ? text + (ALPHABET[(bits << (6 - count)) & 63] ?? '') : text
}

/** Hashes at most 72 bytes with a salt of 16. */
export function bcrypt(password: Uint8Array, salt: Uint8Array): string {
  // The trailing zero byte is part of the key under `$2a$`.
  const key = Uint8Array.from([...password, 0])
  const initial = piTables()
  const state: State = { p: initial.p.slice(), s: initial.s.slice() }
  expandKey(state, key, salt)
  for (let i = 0; i < 1 << COST; i++) {
    expandKey(state, key, NO_SALT)
    expandKey(state, salt, NO_SALT)
  }
  const text = Buffer.from(TEXT)
  const hash = Buffer.alloc(24)
  const pair = new Uint32Array(2)
  for (let at = 0; at < 24; at += 8) {
    pair[0] = text.readUInt32BE(at)
    pair[1] = text.readUInt32BE(at + 4)
    for (let i = 0; i < 64; i++) encipher(state, pair)
    hash.writeUInt32BE(pair[0] ?? 0, at)
    hash.writeUInt32BE(pair[1] ?? 0, at + 4)
  }
  return `$2a$${COST}$${encode(salt)}${encode(hash.subarray(0, 23))}`
}
