import type { KeyObject } from 'node:crypto'
import { timingSafeEqual } from 'node:crypto'
import { type Certificate, parseCertificate } from './certificate.ts'
import {
  context,
  type Der,
  expect,
  members,
  readAll,
  readDer,
  readInteger,
  readOid,
  TAG,
} from './der.ts'
import { fail } from './failure.ts'
import {
  decrypt,
  deriveKey,
  derivePbkdf2,
  hmac,
  iterationsOf,
  NO_PASSWORD,
  type Password,
  passwordOf,
} from './pkcs12-crypto.ts'
import { readPkcs8 } from './private-key.ts'

/** A private key, its certificate, and the others that are with it. */
export interface KeyAndChain {
  readonly key: KeyObject
  readonly certificates: readonly Certificate[]
}

const DATA = '1.2.840.113549.1.7.1'
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const KEY_BAG = '1.2.840.113549.1.12.10.1.1'
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2'
const CERT_BAG = '1.2.840.113549.1.12.10.1.3'
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1'
const PBMAC1 = '1.2.840.113549.1.5.14'

/** Reads a PKCS#12 file. Fails for a wrong password, and for one without key or certificate. */
export function readPkcs12(bytes: Buffer, passwordText: string): KeyAndChain {
  const [version, authSafe, macData] = members(readDer(bytes))
  if (readInteger(version) !== 3) return fail('only PKCS#12 version 3 can be read')
  const content = dataOf(authSafe)
  const password = checkMac(macData, content, passwordText)
  const safes = members(readDer(content))
  if (safes.length > 2) return fail('more than two items in the PKCS#12 safe')
  const bags = safes.flatMap((safe) => members(readDer(contentsOf(safe, password))))
  return collect(bags, password)
}

/** The octets of a ContentInfo of plain data. */
function dataOf(info: Der | undefined): Buffer {
  const [id, wrapped] = members(info)
  if (readOid(id) !== DATA) return fail('PKCS#12 data of an unsupported kind')
  return expect(readAll(expect(wrapped, context(0)))[0], TAG.octetString)
}

/** Hashes of the classic MAC by object identifier. */
const MAC_HASHES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** The MAC's key is as long as its digest. */
const MAC_BYTES: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 }

/** The password in the form that the file was sealed with. */
function checkMac(macData: Der | undefined, content: Buffer, text: string): Password {
  const password = passwordOf(text)
  if (macData === undefined) return text === '' ? password : fail('no MAC in the PKCS#12 data')
  if (isMacOf(macData, content, password)) return password
  const isEmptyForm = text === '' && isMacOf(macData, content, NO_PASSWORD)
  return isEmptyForm ? NO_PASSWORD : fail('decryption password incorrect')
}

/** False for a wrong password as well as for damaged content: the two cannot be told apart. */
function isMacOf(macData: Der, content: Buffer, password: Password): boolean {
  const [digestInfo, salt, count] = members(macData)
  const [algorithm, expected] = members(digestInfo)
  const [id, parameters] = members(algorithm)
  const wanted = expect(expected, TAG.octetString)
  const name = readOid(id)
  const mac =
    name === PBMAC1
      ? pbmac1(parameters, content, password)
      : oldMac({ name, salt: expect(salt, TAG.octetString), count }, content, password)
  return mac.length === wanted.length && timingSafeEqual(mac, wanted)
}

/** RFC 7292's MAC, derived with purpose 3. */
interface OldMac {
  readonly name: string
  readonly salt: Buffer
  readonly count: Der | undefined
}

/** A missing count means 1 (RFC 7292, DEFAULT 1). */
function oldMac({ name, salt, count }: OldMac, content: Buffer, { wide }: Password): Buffer {
  const hash = Object.hasOwn(MAC_HASHES, name) ? MAC_HASHES[name] : undefined
  if (hash === undefined) return fail('unsupported MAC in PKCS#12')
  const length = MAC_BYTES[hash] ?? 0
  const iterations = count === undefined ? 1 : iterationsOf(count)
  return hmac(
    hash,
    deriveKey({ hash, salt, password: wide, iterations, purpose: 3, length }),
    content,
  )
}

/** HMACs of PBMAC1 by object identifier. */
const HMACS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}

/** RFC 9579: the MAC of FIPS-minded writers, with PBKDF2 instead of PKCS#12's own derivation. */
function pbmac1(parameters: Der | undefined, content: Buffer, password: Password): Buffer {
  const [derivation, scheme] = members(parameters)
  const hash = HMACS[readOid(members(scheme)[0])] ?? fail('unsupported MAC in PKCS#12')
  return hmac(hash, derivePbkdf2(derivation, MAC_BYTES[hash] ?? 0, password), content)
}

/** Bags of one safe, decrypted when it is encrypted. */
function contentsOf(safe: Der, password: Password): Buffer {
  const [id, wrapped] = members(safe)
  if (readOid(id) !== ENCRYPTED_DATA) return dataOf(safe)
  const [, info] = members(readAll(expect(wrapped, context(0)))[0])
  const [, algorithm, sealed] = members(info)
  return decrypt(algorithm, octetsOf(sealed), password)
}

/** Encrypted content is one string, or several that belong together. */
function octetsOf(element: Der | undefined): Buffer {
  if (element?.tag === context(0, true)) return element.content
  const parts = readAll(expect(element, context(0)))
  return Buffer.concat(parts.map((part) => expect(part, TAG.octetString)))
}

/** A SafeBag; its attributes (names, key ids) play no part in reading. */
interface Bag {
  readonly id: string
  readonly value: Der | undefined
}

/** Splits a bag into its identifier and value. */
function bagOf(element: Der): Bag {
  const [id, wrapped] = members(element)
  return { id: readOid(id), value: readAll(expect(wrapped, context(0)))[0] }
}

/** Upstream: go-pkcs12's DecodeChain, which wants exactly one key and at least one certificate. */
function collect(elements: readonly Der[], password: Password): KeyAndChain {
  const bags = elements.map(bagOf)
  const keys = bags.filter(({ id }) => id === KEY_BAG || id === SHROUDED_KEY_BAG)
  if (keys.length > 1) return fail('more than one private key in the PKCS#12 data')
  const [key] = keys.map((bag) => keyOf(bag, password))
  const certificates = bags
    .filter(({ id }) => id === CERT_BAG)
    .map(({ value }) => certificateOf(value))
  if (certificates.length === 0) return fail('certificate missing in the PKCS#12 data')
  return key === undefined ? fail('private key missing in the PKCS#12 data') : { key, certificates }
}

/** A key in the clear or under its own encryption. */
function keyOf({ id, value }: Bag, password: Password): KeyObject {
  return id === KEY_BAG ? readPkcs8(value?.raw ?? Buffer.alloc(0)) : unshroud(value, password)
}

/** An X.509 certificate; SDSI ones are refused. */
function certificateOf(value: Der | undefined): Certificate {
  const [id, wrapped] = members(value)
  if (readOid(id) !== X509_CERTIFICATE) return fail('only X.509 certificates can be read')
  return parseCertificate(expect(readAll(expect(wrapped, context(0)))[0], TAG.octetString))
}

/** The key has its own salt and count, often those of the safe around it. */
function unshroud(value: Der | undefined, password: Password): KeyObject {
  const [algorithm, sealed] = members(value)
  return readPkcs8(decrypt(algorithm, expect(sealed, TAG.octetString), password))
}
