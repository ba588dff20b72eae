import { constants, privateDecrypt } from 'node:crypto'
import { toText } from '../bytes.ts'
import { fail } from '../failure.ts'
import { type Functions, fixed } from '../function.ts'
import { readJson } from '../json-reader.ts'
import { decodePem } from '../pem.ts'
import { readAnyPrivateKey, readJwk, writePkcs8, writeSpki } from '../private-key.ts'
import type { GoMap } from '../value.ts'

// ESO's functions on keys: JSON Web Keys, and RSA decryption.

const CURVES: ReadonlySet<string> = new Set(['P-256', 'P-384', 'P-521'])

/** Only members that node:crypto needs; others (kid, use, x5c) are dropped. */
interface Jwk {
  readonly isPrivate: boolean
  readonly members: Readonly<Record<string, string>>
}

/** Members of a key that ESO's library knows: RSA, EC on NIST curves, Ed25519. */
function parseJwk(text: string): Jwk {
  const { value, isValid } = readJson(text)
  if (!isValid || typeof value !== 'object' || value?.go !== 'map')
    return fail('the text is no JSON Web Key')
  const kty = textOf(value, 'kty')
  const crv = textOf(value, 'crv')
  const isKnown =
    kty === 'RSA' || (kty === 'EC' && CURVES.has(crv)) || (kty === 'OKP' && crv === 'Ed25519')
  if (!isKnown) fail('a JSON Web Key of an unsupported type')
  const names = ['kty', 'crv', 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'x', 'y']
  const known = names.filter((name) => value.entries.has(name))
  const members = Object.fromEntries(known.map((name) => [name, memberText(value, name)]))
  return { isPrivate: value.entries.has('d'), members }
}

/** Members of another type count as absent. */
function textOf(map: GoMap, name: string): string {
  const value = map.entries.get(name)
  return typeof value === 'string' ? toText(value) : ''
}

/** Numbers are base64url, but other alphabets are taken, too. Node would skip what it does not know. */
function memberText(map: GoMap, name: string): string {
  const text = textOf(map, name)
  if (name === 'kty' || name === 'crv') return text
  const bare = text
    .replace(/={1,2}$/, '')
    .replaceAll('+', '-')
    .replaceAll('/', '_')
  return /^[A-Za-z0-9_-]+$/.test(bare)
    ? bare
    : fail(`member ${name} of the JSON Web Key is not base64`)
}

/** Any other name means SHA-256, as with ESO. */
const OAEP_HASHES: Readonly<Record<string, string>> = {
  SHA1: 'sha1',
  SHA256: 'sha256',
  SHA512: 'sha512',
}

/**
 * Scheme `None` returns the data as it is, before the key is looked at. OpenSSL's reason is
 * dropped: it would be an oracle.
 */
function rsaDecrypt(scheme: string, hash: string, data: string, pem: string): string {
  if (scheme === 'None') return data
  const { block } = decodePem(pem)
  if (block === undefined) return fail('failed to decode PEM block')
  if (scheme !== 'RSA-OAEP') return fail('unsupported decryption scheme')
  const key = readAnyPrivateKey(block.bytes)
  if (key.asymmetricKeyType !== 'rsa') return fail('the private key is not an RSA key')
  const oaepHash = Object.hasOwn(OAEP_HASHES, hash) ? (OAEP_HASHES[hash] ?? 'sha256') : 'sha256'
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING
    const plain = privateDecrypt({ key, padding, oaepHash }, Buffer.from(data, 'latin1'))
    return plain.toString('latin1')
  } catch {
    return fail('RSA decryption error')
  }
}

/**
 * `jwkPublicKeyPem`, `jwkPrivateKeyPem` and `rsaDecrypt`, whose key comes last so that it can be
 * piped.
 */
export const keyFunctions: Functions = {
  jwkPublicKeyPem: fixed(['string'], (text) => {
    const { isPrivate, members } = parseJwk(text)
    return isPrivate ? fail('the JSON Web Key is private') : writeSpki(readJwk(members, false))
  }),
  jwkPrivateKeyPem: fixed(['string'], (text) => {
    const { isPrivate, members } = parseJwk(text)
    return isPrivate ? writePkcs8(readJwk(members, true)) : fail('the JSON Web Key is not private')
  }),
  rsaDecrypt: fixed(['string', 'string', 'string', 'string'], rsaDecrypt),
}
