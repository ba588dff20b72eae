import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { parseCertificate } from '../certificate.ts'
import {
  context,
  der,
  integer,
  members,
  NULL,
  octets,
  oid,
  readDer,
  sequence,
  small,
  TAG,
} from '../der.ts'
import { fail } from '../failure.ts'
import { type Functions, fixed } from '../function.ts'
import { addNanos, type Instant, utcInstant } from '../instant.ts'
import { decodePem, encodePem } from '../pem.ts'
import { readLabelledKey, readPkcs8, writeLabelledKey } from '../private-key.ts'
import { formatInstant } from '../time-format.ts'
import type { GoSlice, GoStruct } from '../value.ts'
import { decode64 } from './encoding.ts'
import type { Random } from './random.ts'
import { isIpv4, isIpv6 } from './url-text.ts'

// Keys and certificates that templates make. They differ at every rendering: for a stable value there are generators.

/** Kinds of keys that a source of keys must be able to make. */
export type KeyKind = 'rsa-2048' | 'rsa-4096' | 'dsa' | 'ecdsa' | 'ed25519'

/**
 * Clock in milliseconds, randomness for serial numbers, and new keys: none is taken from the
 * process.
 */
export interface CertificateSources {
  readonly now: () => number
  readonly random: Random
  /** A new private key as PKCS#8 in DER. */
  readonly generateKey: (kind: KeyKind) => Uint8Array
}

/** Sprig's certificate, whose fields `.Cert` and `.Key` are PEM texts. */
function structOf(cert: string, key: string): GoStruct {
  const fields = new Map([
    ['Cert', cert],
    ['Key', key],
  ])
  return { go: 'struct', type: 'sprig.certificate', fields }
}

/** Base64 that must decode: here Sprig fails instead of returning the error as text. */
function decoded(text: string, what: string): string {
  const decoding = decode64(text)
  return 'text' in decoding ? decoding.text : fail(`unable to decode base64 ${what}`)
}

/**
 * Checks both texts and keeps them as they are; that key and certificate belong together is not
 * checked.
 */
function buildCustom(cert64: string, key64: string): GoStruct {
  const cert = decoded(cert64, 'certificate')
  const key = decoded(key64, 'private key')
  const { block } = decodePem(cert)
  if (block === undefined) return fail('unable to decode certificate')
  parseCertificate(block.bytes)
  readLabelledKey(key)
  return structOf(cert, key)
}

/** What a caller asks for; undefined addresses and hosts mean no subject alternative names. */
interface Wanted {
  readonly name: string
  readonly addresses: GoSlice | undefined
  readonly hosts: GoSlice | undefined
  readonly days: bigint
  readonly isAuthority: boolean
}

/** Who signs: undefined stands for the certificate's own key. */
interface Signer {
  /** Raw subject name. */
  readonly subject: Buffer
  readonly keyId: Buffer
  readonly key: KeyObject
}

const OID = {
  commonName: '2.5.4.3',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  basicConstraints: '2.5.29.19',
  subjectKeyId: '2.5.29.14',
  authorityKeyId: '2.5.29.35',
  alternativeName: '2.5.29.17',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
}

const FALSE_OR_TRUE = Buffer.from([0xff])
/** Also the flag of an authority: both are the boolean TRUE. */
const CRITICAL = der(0x01, FALSE_OR_TRUE)

/** An X.509 extension; DER leaves out a critical flag that is false. */
function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [CRITICAL] : []), octets(value))
}

/** A subject of one common name, PrintableString where the characters allow, as Go writes it. */
function nameOf(commonName: string): Buffer {
  const isPrintable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(commonName)
  const text = der(isPrintable ? TAG.printable : TAG.utf8, Buffer.from(commonName, 'latin1'))
  return sequence(der(TAG.set, sequence(oid(OID.commonName), text)))
}

/** RFC 5280: two-digit years from 1950 to 2049, four digits otherwise. */
function timeOf(instant: Instant): Buffer {
  const text = formatInstant(instant, '20060102150405')
  const year = Number(text.slice(0, 4))
  if (text.length !== 14) fail('a certificate beyond the year 9999')
  const isShort = year >= 1950 && year < 2050
  return der(isShort ? TAG.utcTime : TAG.time, Buffer.from(`${isShort ? text.slice(2) : text}Z`))
}

/** A signature algorithm; RSA's identifier carries a NULL, the others nothing. */
interface Algorithm {
  readonly id: string
  readonly digest: string | null
  readonly hasNull: boolean
}

/** By OpenSSL's names of the curves; the hash follows the curve's size, as in Go. */
const CURVE_ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  prime256v1: { id: '1.2.840.10045.4.3.2', digest: 'sha256', hasNull: false },
  secp384r1: { id: '1.2.840.10045.4.3.3', digest: 'sha384', hasNull: false },
  secp521r1: { id: '1.2.840.10045.4.3.4', digest: 'sha512', hasNull: false },
}

/** Throws FunctionError for keys that cannot sign (X25519, P-224 and the like). */
function algorithmOf(key: KeyObject): Algorithm {
  if (key.asymmetricKeyType === 'rsa') {
    return { id: '1.2.840.113549.1.1.11', digest: 'sha256', hasNull: true }
  }
  if (key.asymmetricKeyType === 'ed25519')
    return { id: '1.3.101.112', digest: null, hasNull: false }
  const curve = key.asymmetricKeyDetails?.namedCurve ?? ''
  return CURVE_ALGORITHMS[curve] ?? fail('a key of that type cannot sign certificates')
}

/** DNS names come before addresses, whatever the order of the arguments. */
function alternativeNames({ addresses, hosts }: Wanted): Buffer | undefined {
  const names = textsOf(hosts, 'alternate dns name').map((host) =>
    der(context(2, true), Buffer.from(host, 'latin1')),
  )
  const ips = textsOf(addresses, 'ip').map((address) =>
    der(context(7, true), addressBytes(address)),
  )
  return names.length + ips.length === 0 ? undefined : sequence(...names, ...ips)
}

/**
 * Lists from templates hold anything: what is no string is refused, without its value in the
 * message.
 */
function textsOf(list: GoSlice | undefined, what: string): readonly string[] {
  return (list?.items ?? []).map((item) => {
    return typeof item === 'string' ? item : fail(`an ${what} is not a string`)
  })
}

/** 4 or 16 bytes. An IPv4 tail of an IPv6 text is turned into its last two groups. */
function addressBytes(text: string): Buffer {
  if (isIpv4(text)) return Buffer.from(text.split('.').map(Number))
  if (!isIpv6(text)) return fail('error parsing ip')
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const hex = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16)
    return `${hex(a, b)}:${hex(c, d)}`
  })
  const [head = '', tail] = plain.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = Array.from({ length: 8 - front.length - back.length }, () => '0')
  const words = [...front, ...(tail === undefined ? [] : middle), ...back]
  return Buffer.from(words.map((word) => word.padStart(4, '0')).join(''), 'hex')
}

/** Digital signature and key encipherment; authorities sign certificates as well. */
function usageOf(isAuthority: boolean): Buffer {
  return isAuthority ? Buffer.from([2, 0xa4]) : Buffer.from([5, 0xa0])
}

/** RFC 5280, method 1: SHA-1 over the bits of the public key. */
function keyIdOf(spki: Buffer): Buffer {
  const bits = members(readDer(spki))[1]?.content.subarray(1) ?? Buffer.alloc(0)
  return createHash('sha1').update(bits).digest()
}

/** In Go's order, so that the bytes agree but for serial number, dates and keys. */
function extensionsOf(wanted: Wanted, spki: Buffer, signer: Signer | undefined): Buffer {
  const names = alternativeNames(wanted)
  const list = [
    extension(OID.keyUsage, der(TAG.bitString, usageOf(wanted.isAuthority)), true),
    extension(OID.extendedKeyUsage, sequence(oid(OID.serverAuth), oid(OID.clientAuth))),
    extension(OID.basicConstraints, sequence(...(wanted.isAuthority ? [CRITICAL] : [])), true),
  ]
  if (wanted.isAuthority) list.push(extension(OID.subjectKeyId, octets(keyIdOf(spki))))
  if (signer !== undefined && signer.keyId.length > 0) {
    list.push(extension(OID.authorityKeyId, sequence(der(context(0, true), signer.keyId))))
  }
  if (names !== undefined) list.push(extension(OID.alternativeName, names))
  return der(context(3), sequence(...list))
}

// Days are always 24 hours: Sprig multiplies, no calendar takes part.
const DAY_NANOS = 86_400_000_000_000n

/** A certificate for `key`, signed by `signer` or by itself. */
function issue(
  { now, random }: CertificateSources,
  wanted: Wanted,
  { key, signer }: { readonly key: KeyObject; readonly signer: Signer | undefined },
): GoStruct {
  const subject = nameOf(wanted.name)
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const signing = signer?.key ?? key
  const algorithm = algorithmOf(signing)
  const algorithmId = sequence(oid(algorithm.id), ...(algorithm.hasNull ? [NULL] : []))
  const from = utcInstant(Math.floor(now() / 1000))
  const tbs = sequence(
    der(context(0), small(2)),
    integer(random(16)),
    algorithmId,
    signer?.subject ?? subject,
    sequence(timeOf(from), timeOf(addNanos(from, wanted.days * DAY_NANOS))),
    subject,
    spki,
    extensionsOf(wanted, spki, signer),
  )
  const signature = sign(algorithm.digest, tbs, signing)
  const bits = der(TAG.bitString, Buffer.from([0]), signature)
  return structOf(encodePem('CERTIFICATE', sequence(tbs, algorithmId, bits)), writeLabelledKey(key))
}

/** Any key that can sign; DSA is known and refused. */
function keyOf(pem: string): KeyObject {
  return readLabelledKey(pem) ?? fail('a DSA key cannot be used in certificates')
}

/** The signer out of Sprig's struct. Nothing checks that its certificate is an authority. */
function signerOf({ fields }: GoStruct): Signer {
  const { block } = decodePem(fields.get('Cert') ?? '')
  if (block === undefined) return fail('unable to decode certificate')
  const { subject, subjectKeyId } = parseCertificate(block.bytes)
  return { subject, keyId: subjectKeyId, key: keyOf(fields.get('Key') ?? '') }
}

/** Sprig's names; none at all means RSA. */
const KINDS: Readonly<Record<string, KeyKind>> = {
  '': 'rsa-4096',
  rsa: 'rsa-4096',
  dsa: 'dsa',
  ecdsa: 'ecdsa',
  ed25519: 'ed25519',
}

/** version, p, q, g, y, x: the form of OpenSSL's old DSA keys. */
function writeDsaKey(pkcs8: Buffer): string {
  const [, algorithm, secret] = members(readDer(pkcs8))
  const parameters = members(members(algorithm)[1])
  const spki = createPublicKey(readPkcs8(pkcs8))
  const bits = members(readDer(spki.export({ type: 'spki', format: 'der' })))[1]
  const y = bits?.content.subarray(1) ?? Buffer.alloc(0)
  const x = secret?.content ?? Buffer.alloc(0)
  const raw = sequence(small(0), ...parameters.map((parameter) => parameter.raw), y, x)
  return encodePem('DSA PRIVATE KEY', raw)
}

/** Upstream: an unknown kind gives the error as the value. */
function generatePrivateKey({ generateKey }: CertificateSources, kind: string): string {
  const known = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
  if (known === undefined) return `Unknown type ${kind}`
  const pkcs8 = Buffer.from(generateKey(known))
  return known === 'dsa' ? writeDsaKey(pkcs8) : writeLabelledKey(readPkcs8(pkcs8))
}

/**
 * Keys and certificates. A call that makes a new key costs a third of a rendering's budget
 * (cost.ts).
 */
export function certificateFunctions(sources: CertificateSources): Functions {
  const newKey = () => readPkcs8(Buffer.from(sources.generateKey('rsa-2048')))
  const authority = (name: string, days: bigint, key: () => KeyObject) => {
    const wanted = { name, addresses: undefined, hosts: undefined, days, isAuthority: true }
    return issue(sources, wanted, { key: key(), signer: undefined })
  }
  const leaf = (wanted: Omit<Wanted, 'isAuthority'>, key: () => KeyObject, signer?: Signer) => {
    const request = { ...wanted, isAuthority: false }
    alternativeNames(request)
    return issue(sources, request, { key: key(), signer })
  }
  return {
    buildCustomCert: fixed(['string', 'string'], buildCustom),
    genPrivateKey: fixed(['string'], (kind) => generatePrivateKey(sources, kind)),
    genCA: fixed(['string', 'int'], (name, { value }) => authority(name, value, newKey)),
    genCAWithKey: fixed(['string', 'int', 'string'], (name, { value }, pem) =>
      authority(name, value, () => keyOf(pem)),
    ),
    genSelfSignedCert: fixed(['string', 'list', 'list', 'int'], (name, addresses, hosts, days) =>
      leaf({ name, addresses, hosts, days: days.value }, newKey),
    ),
    genSelfSignedCertWithKey: fixed(
      ['string', 'list', 'list', 'int', 'string'],
      (name, addresses, hosts, days, pem) =>
        leaf({ name, addresses, hosts, days: days.value }, () => keyOf(pem)),
    ),
    genSignedCert: fixed(
      ['string', 'list', 'list', 'int', 'certificate'],
      (name, addresses, hosts, days, ca) =>
        leaf({ name, addresses, hosts, days: days.value }, newKey, signerOf(ca)),
    ),
    genSignedCertWithKey: fixed(
      ['string', 'list', 'list', 'int', 'certificate', 'string'],
      (name, addresses, hosts, days, ca, pem) =>
        leaf({ name, addresses, hosts, days: days.value }, () => keyOf(pem), signerOf(ca)),
    ),
  }
}
