import { createCipheriv, createDecipheriv, createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { type Der, expect, members, readInteger, readOid, TAG } from './der.ts'
import { fail } from './failure.ts'
import { decryptRc2Cbc } from './rc2.ts'
import { visitMany } from './work.ts'

// The ciphers and key derivations of PKCS#12 files, old and new (RFC 7292, RFC 8018).

/** A password in both forms: UTF-8 for PBES2, UTF-16 with a final zero for everything older. */
export interface Password {
  readonly utf8: Buffer
  readonly wide: Buffer
}

/** Undefined for a password that has no UTF-16 form of one unit per character, as in go-pkcs12. */
export function passwordOf(text: string): Password {
  const wide = Buffer.alloc(2 * text.length + 2)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdfff) fail('the password has characters beyond UCS-2')
    wide.writeUInt16BE(unit, 2 * i)
  }
  return { utf8: Buffer.from(text), wide }
}

/** An empty password may also have been written as no bytes at all. */
export const NO_PASSWORD: Password = { utf8: Buffer.alloc(0), wide: Buffer.alloc(0) }

/** Trust: a file names its own counts, and the work grows with their sum. OpenSSL writes 2,048, Java up to 100,000. */
const ITERATIONS_MAX = 240_000
const VALUES_PER_ITERATION = 2

/** What a derived key is for: its number in the derivation. */
export type Purpose = 1 | 2 | 3

/** Inputs of RFC 7292's derivation; `length` in bytes. */
interface Derivation {
  readonly hash: string
  readonly salt: Buffer
  readonly password: Buffer
  readonly iterations: number
  readonly purpose: Purpose
  readonly length: number
}

/** Input block sizes in bytes (RFC 7292 calls it v/8), not digest sizes. */
const HASH_BLOCKS: Readonly<Record<string, number>> = {
  sha1: 64,
  sha256: 64,
  sha384: 128,
  sha512: 128,
}

/** The key derivation of PKCS#12 itself (RFC 7292, appendix B). */
export function deriveKey({
  hash,
  salt,
  password,
  iterations,
  purpose,
  length,
}: Derivation): Buffer {
  const block = HASH_BLOCKS[hash] ?? fail('unsupported hash in PKCS#12')
  const input = Buffer.concat([fill(salt, block), fill(password, block)])
  const diversifier = Buffer.alloc(block, purpose)
  const output: Buffer[] = []
  for (let size = 0; size < length; ) {
    let digest = createHash(hash).update(diversifier).update(input).digest()
    for (let i = 1; i < iterations; i++) digest = createHash(hash).update(digest).digest()
    output.push(digest)
    size += digest.length
    addEverywhere(input, fill(digest, block).subarray(0, block), block)
  }
  return Buffer.concat(output).subarray(0, length)
}

/** Repeats bytes up to a whole number of blocks; nothing stays nothing. */
function fill(bytes: Buffer, block: number): Buffer {
  const length = Math.ceil(bytes.length / block) * block
  return Buffer.from(Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length] ?? 0))
}

/** Adds addend + 1 to every block, modulo the block's size. */
function addEverywhere(input: Buffer, addend: Buffer, block: number): void {
  for (let start = 0; start < input.length; start += block) {
    let carry = 1
    for (let i = block - 1; i >= 0; i--) {
      carry += (input[start + i] ?? 0) + (addend[i] ?? 0)
      input[start + i] = carry & 255
      carry >>= 8
    }
  }
}

/** Ciphers of the pkcs-12PbeIds, all in CBC mode. */
interface OldCipher {
  readonly cipher: 'des-ede3' | 'rc2'
  readonly keyBytes: number
}

/** By object identifier: what Windows, Java before 8u301 and OpenSSL 1 write. */
const OLD_CIPHERS: Readonly<Record<string, OldCipher>> = {
  '1.2.840.113549.1.12.1.3': { cipher: 'des-ede3', keyBytes: 24 },
  '1.2.840.113549.1.12.1.5': { cipher: 'rc2', keyBytes: 16 },
  '1.2.840.113549.1.12.1.6': { cipher: 'rc2', keyBytes: 5 },
}

/**
 * Password-based encryption of PKCS#5 v2 (RFC 8018), which names its derivation and cipher itself.
 */
export const PBES2 = '1.2.840.113549.1.5.13'
/** The only derivation of PBES2 that occurs; scrypt is refused. */
export const PBKDF2 = '1.2.840.113549.1.5.12'
/** The cipher that we write. */
export const AES_256_CBC = '2.16.840.1.101.3.4.1.42'
/** The pseudo-random function that we write; absent parameters mean SHA-1. */
export const HMAC_SHA256 = '1.2.840.113549.2.9'

/** Decrypts under the algorithm that stands beside the data. */
export function decrypt(algorithm: Der | undefined, data: Buffer, password: Password): Buffer {
  const [id, parameters] = members(algorithm)
  const name = readOid(id)
  if (name === PBES2) return decryptPbes2(parameters, data, password)
  const old = Object.hasOwn(OLD_CIPHERS, name) ? OLD_CIPHERS[name] : undefined
  if (old === undefined) return fail('unsupported encryption in PKCS#12')
  const [salt, count] = members(parameters)
  const derivation = {
    hash: 'sha1',
    salt: expect(salt, TAG.octetString),
    password: password.wide,
    iterations: iterationsOf(count),
  }
  const key = deriveKey({ ...derivation, purpose: 1, length: old.keyBytes })
  const iv = deriveKey({ ...derivation, purpose: 2, length: 8 })
  checkBlocks(data, 8)
  return unpad(
    old.cipher === 'rc2'
      ? decryptRc2Cbc(key, iv, data)
      : decipher('des-ede3-cbc', { key, iv, data }),
  )
}

/** The count that a file asks for, 1 to ITERATIONS_MAX. Throws FunctionError beyond. */
export function iterationsOf(element: Der | undefined): number {
  const count = readInteger(element)
  if (count <= 0 || count > ITERATIONS_MAX) return fail('too many iterations in PKCS#12')
  visitMany(VALUES_PER_ITERATION * count)
  return count
}

/** CBC works on whole blocks; checked first because OpenSSL's message would be dropped anyway. */
function checkBlocks(data: Buffer, size: number): void {
  if (data.length === 0 || data.length % size !== 0) fail('encrypted data of no whole blocks')
}

/** What a block cipher needs; padding is removed by `unpad`. */
interface Sealed {
  readonly key: Buffer
  readonly iv: Buffer
  readonly data: Buffer
}

/** OpenSSL's errors are dropped, they may name parameters of a secret. */
function decipher(name: string, { key, iv, data }: Sealed): Buffer {
  try {
    const stream = createDecipheriv(name, key, iv)
    stream.setAutoPadding(false)
    return Buffer.concat([stream.update(data), stream.final()])
  } catch {
    return fail('unusable encryption parameters in PKCS#12')
  }
}

/** Bad padding is how a wrong password shows. */
function unpad(plain: Buffer): Buffer {
  const count = plain.at(-1) ?? 0
  const tail = plain.subarray(plain.length - count)
  const isGood = count > 0 && count <= plain.length && tail.every((byte) => byte === count)
  return isGood ? plain.subarray(0, plain.length - count) : fail('decryption password incorrect')
}

/** HMACs by object identifier, under the names of node:crypto. */
const PRFS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  [HMAC_SHA256]: 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}

/** Names of node:crypto and key lengths in bytes. */
const CBC_CIPHERS: Readonly<Record<string, readonly [string, number]>> = {
  '2.16.840.1.101.3.4.1.2': ['aes-128-cbc', 16],
  '2.16.840.1.101.3.4.1.22': ['aes-192-cbc', 24],
  [AES_256_CBC]: ['aes-256-cbc', 32],
  '1.2.840.113549.3.7': ['des-ede3-cbc', 24],
}

/** RFC 8018, section 6.2. */
function decryptPbes2(parameters: Der | undefined, data: Buffer, password: Password): Buffer {
  const [derivation, scheme] = members(parameters)
  const [cipherId, iv] = members(scheme)
  const [name, length] = CBC_CIPHERS[readOid(cipherId)] ?? fail('unsupported cipher in PKCS#12')
  const key = derivePbkdf2(derivation, length, password)
  const initial = expect(iv, TAG.octetString)
  checkBlocks(data, initial.length)
  return unpad(decipher(name, { key, iv: initial, data }))
}

/**
 * A key of `length` bytes by the parameters in the file (RFC 8018, appendix A.2). A key length in
 * the file is ignored.
 */
export function derivePbkdf2(
  derivation: Der | undefined,
  length: number,
  password: Password,
): Buffer {
  const [id, parameters] = members(derivation)
  if (readOid(id) !== PBKDF2) fail('unsupported key derivation in PKCS#12')
  const [salt, count, ...rest] = members(parameters)
  const prf = rest.find(({ tag }) => tag === TAG.sequence)
  const hash = prf === undefined ? 'sha1' : PRFS[readOid(members(prf)[0])]
  if (hash === undefined) return fail('unsupported hash in PKCS#12')
  return pbkdf2Sync(password.utf8, expect(salt, TAG.octetString), iterationsOf(count), length, hash)
}

/** AES-256-CBC with PKCS#7 padding. */
export function encryptAes(key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const stream = createCipheriv('aes-256-cbc', key, iv)
  return Buffer.concat([stream.update(data), stream.final()])
}

/** Raw digest of a keyed hash. */
export function hmac(hash: string, key: Buffer, data: Buffer): Buffer {
  return createHmac(hash, key).update(data).digest()
}
