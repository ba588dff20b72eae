import { createCipheriv, createDecipheriv, createHash, createHmac, scryptSync } from 'node:crypto'
import { bcrypt } from '../bcrypt.ts'
import { fail } from '../failure.ts'
import { type Functions, fixed } from '../function.ts'
import { decode64, encode64 } from './encoding.ts'
import type { Random } from './random.ts'

// Hashes, password hashes and AES. Random salts and vectors come from the injected source.

/** Lower-case hexadecimal of a hash over the text's bytes. */
function digest(algorithm: string, text: string): string {
  return createHash(algorithm).update(Buffer.from(text, 'latin1')).digest('hex')
}

/** In decimal, as Sprig prints it, unlike the other sums. */
function adler32(text: string): string {
  let a = 1
  let b = 0
  for (let at = 0; at < text.length; at++) {
    a = (a + text.charCodeAt(at)) % 65_521
    b = (b + a) % 65_521
  }
  return String(b * 65_536 + a)
}

const BCRYPT_SALT_BYTES = 16
const BCRYPT_TEXT_MAX = 72

/** Upstream: a text that is too long gives the error as the value. */
function hashBcrypt(text: string, random: Random): string {
  if (text.length > BCRYPT_TEXT_MAX) {
    return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes'
  }
  return bcrypt(Buffer.from(text, 'latin1'), random(BCRYPT_SALT_BYTES))
}

/**
 * Upstream: a user name with a colon gives an error text as the value; any algorithm but `sha` is
 * bcrypt.
 */
function htpasswd(user: string, password: string, algorithm: string, random: Random): string {
  if (user.includes(':')) return `invalid username: ${user}`
  if (algorithm !== 'sha') return `${user}:${hashBcrypt(password, random)}`
  return `${user}:{SHA}${createHash('sha1').update(Buffer.from(password, 'latin1')).digest('base64')}`
}

/** Master Password's templates: which class of character stands where. */
const PASSWORD_TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  maximum: ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno'],
  long: [
    'CvcvnoCvcvCvcv',
    'CvcvCvcvnoCvcv',
    'CvcvCvcvCvcvno',
    'CvccnoCvcvCvcv',
    'CvccCvcvnoCvcv',
    'CvccCvcvCvcvno',
    'CvcvnoCvccCvcv',
    'CvcvCvccnoCvcv',
    'CvcvCvccCvcvno',
    'CvcvnoCvcvCvcc',
    'CvcvCvcvnoCvcc',
    'CvcvCvcvCvccno',
    'CvccnoCvccCvcv',
    'CvccCvccnoCvcv',
    'CvccCvccCvcvno',
    'CvcvnoCvccCvcc',
    'CvcvCvccnoCvcc',
    'CvcvCvccCvccno',
    'CvccnoCvcvCvcc',
    'CvccCvcvnoCvcc',
    'CvccCvcvCvccno',
  ],
  medium: ['CvcnoCvc', 'CvcCvcno'],
  short: ['Cvcn'],
  basic: ['aaanaaan', 'aannaaan', 'aaannaaa'],
  pin: ['nnnn'],
}

const VOWELS = 'aeiou'
const CONSONANTS = 'bcdfghjklmnpqrstvwxyz'
const LETTERS = VOWELS.toUpperCase() + VOWELS + CONSONANTS.toUpperCase() + CONSONANTS

const CHARACTERS: Readonly<Record<string, string>> = {
  V: VOWELS.toUpperCase(),
  C: CONSONANTS.toUpperCase(),
  v: VOWELS,
  c: CONSONANTS,
  A: (VOWELS + CONSONANTS).toUpperCase(),
  a: LETTERS,
  n: '0123456789',
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: `${LETTERS}0123456789!@#$%^&*()`,
}

const SEED = 'com.lyndir.masterpassword'
// Master Password's parameters; they need 32 MiB, the default `maxmem` is just too small.
const SCRYPT = { N: 32_768, r: 8, p: 2, maxmem: 128 << 20 }

/** Inputs in the order of Sprig's arguments. */
interface Derivation {
  readonly counter: bigint
  readonly type: string
  readonly password: string
  readonly user: string
  readonly site: string
}

/** The Master Password algorithm. */
function derivePassword({ counter, type, password, user, site }: Derivation): string {
  const templates = Object.hasOwn(PASSWORD_TEMPLATES, type) ? PASSWORD_TEMPLATES[type] : undefined
  if (templates === undefined) return `cannot find password template ${type}`
  const key = scryptSync(Buffer.from(password, 'latin1'), seeded(user), 64, SCRYPT)
  const number = Buffer.alloc(4)
  number.writeUInt32BE(Number(counter))
  const seed = createHmac('sha256', key).update(seeded(site)).update(number).digest()
  const template = templates[(seed[0] ?? 0) % templates.length] ?? ''
  return [...template]
    .map((letter, index) => {
      const characters = CHARACTERS[letter] ?? ''
      return characters[(seed[index + 1] ?? 0) % characters.length]
    })
    .join('')
}

/** A scope, the length in bytes as Sprig counts it, and the text. */
function seeded(text: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  return Buffer.concat([Buffer.from(SEED), length, Buffer.from(text, 'latin1')])
}

const BLOCK_BYTES = 16

/** Sprig's AES key: the password's first 32 bytes, filled up with zeros. */
function aesKey(password: string): Buffer {
  const key = Buffer.alloc(32)
  key.write(password, 'latin1')
  return key
}

/** Base64 of a random vector and AES-256-CBC; an empty text stays empty, as in Sprig. */
function encryptAes(password: string, text: string, random: Random): string {
  if (text === '') return ''
  const iv = random(BLOCK_BYTES)
  const cipher = createCipheriv('aes-256-cbc', aesKey(password), iv)
  const sealed = Buffer.concat([iv, cipher.update(Buffer.from(text, 'latin1')), cipher.final()])
  return encode64(sealed.toString('latin1'))
}

/** Upstream: the last byte is taken for the padding's length without a look at the others. */
function decryptAes(password: string, text: string): string {
  if (text === '') return ''
  const decoding = decode64(text)
  if (!('text' in decoding)) return fail('the cipher text is not base64')
  const sealed = Buffer.from(decoding.text, 'latin1')
  if (sealed.length <= BLOCK_BYTES || sealed.length % BLOCK_BYTES !== 0) {
    return fail('the cipher text is not a number of whole blocks')
  }
  const decipher = createDecipheriv(
    'aes-256-cbc',
    aesKey(password),
    sealed.subarray(0, BLOCK_BYTES),
  )
  decipher.setAutoPadding(false)
  const plain = Buffer.concat([decipher.update(sealed.subarray(BLOCK_BYTES)), decipher.final()])
  const padding = plain.at(-1) ?? 0
  if (padding > plain.length)
    return fail('the cipher text has no padding, the password may be wrong')
  return plain.subarray(0, plain.length - padding).toString('latin1')
}

/**
 * Hashes and ciphers; salts and vectors come from `random`, so equal draws give equal output
 * (R170).
 */
export function hashFunctions(random: Random): Functions {
  return {
    sha1sum: fixed(['string'], (text) => digest('sha1', text)),
    sha256sum: fixed(['string'], (text) => digest('sha256', text)),
    sha512sum: fixed(['string'], (text) => digest('sha512', text)),
    adler32sum: fixed(['string'], adler32),
    bcrypt: fixed(['string'], (text) => hashBcrypt(text, random)),
    htpasswd: fixed(['string', 'string', 'string'], (user, password, algorithm) =>
      htpasswd(user, password, algorithm, random),
    ),
    derivePassword: fixed(
      ['uint32', 'string', 'string', 'string', 'string'],
      ({ value: counter }, type, password, user, site) =>
        derivePassword({ counter, type, password, user, site }),
    ),
    encryptAES: fixed(['string', 'string'], (password, text) => encryptAes(password, text, random)),
    decryptAES: fixed(['string', 'string'], decryptAes),
  }
}
