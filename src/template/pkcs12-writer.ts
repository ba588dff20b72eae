import { createHash, type KeyObject, pbkdf2Sync } from 'node:crypto'
import type { Certificate } from './certificate.ts'
import { context, der, NULL, octets, oid, sequence, small, TAG } from './der.ts'
import {
  AES_256_CBC,
  deriveKey,
  encryptAes,
  HMAC_SHA256,
  hmac,
  type Password,
  PBES2,
  PBKDF2,
  passwordOf,
} from './pkcs12-crypto.ts'

// PKCS#12 files in the form that go-pkcs12 calls modern: AES-256, PBKDF2 and MAC with SHA-256.
//
// Salts are derived from content and password, not drawn: equal input gives an equal file, so that a sync that changes nothing
// writes nothing. A salt's purpose holds, for two files share one only when they hold the same under the same password.

/** go-pkcs12's count for its modern form, for derivation and MAC. */
const ITERATIONS = 2048
const SALT_BYTES = 16
const SHA256 = '2.16.840.1.101.3.4.2.1'

const ID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
  x509: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  trustedUsage: '2.16.840.1.113894.746875.1.1',
  anyUsage: '2.5.29.37.0',
}

/** A password and the salts that content and password decide. */
interface Sealer {
  readonly password: Password
  readonly salt: (label: string) => Buffer
}

/** Each use has a label of its own, so that no two derivations of a file share a salt. */
function sealerOf(passwordText: string, content: readonly Buffer[]): Sealer {
  const password = passwordOf(passwordText)
  const seed = createHash('sha256')
  for (const part of content) seed.update(createHash('sha256').update(part).digest())
  const secret = seed.digest()
  const salt = (label: string) => {
    const key = Buffer.concat([secret, createHash('sha256').update(password.utf8).digest()])
    return hmac('sha256', key, Buffer.from(label)).subarray(0, SALT_BYTES)
  }
  return { password, salt }
}

/** A key with its certificate first, then the rest of the chain. */
export function writePkcs12(
  key: KeyObject,
  certificates: readonly Certificate[],
  passwordText: string,
): Buffer {
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' })
  const sealer = sealerOf(passwordText, [pkcs8, ...certificates.map(({ raw }) => raw)])
  const keyId = createHash('sha1')
    .update(certificates[0]?.raw ?? Buffer.alloc(0))
    .digest()
  const local = attribute(ID.localKeyId, octets(keyId))
  const bags = certificates.map(({ raw }, index) => certificateBag(raw, index === 0 ? [local] : []))
  const { algorithm, sealed } = seal(sealer, 'key', pkcs8)
  const shrouded = sequence(algorithm, octets(sealed))
  const keyBag = bag(ID.shroudedKey, shrouded, [local])
  return file(sealer, [encryptedContents(sealer, bags), plainContents([keyBag])])
}

/** Certificates that Java trusts, each under its subject's name. */
export function writeTrustStore(
  certificates: readonly { readonly certificate: Certificate; readonly name: string }[],
  passwordText: string,
): Buffer {
  const sealer = sealerOf(
    passwordText,
    certificates.map(({ certificate }) => certificate.raw),
  )
  const bags = certificates.map(({ certificate, name }) => {
    const wide = Buffer.from(name, 'utf16le').swap16()
    return certificateBag(certificate.raw, [
      attribute(ID.friendlyName, der(TAG.bmp, wide)),
      attribute(ID.trustedUsage, oid(ID.anyUsage)),
    ])
  })
  return file(sealer, [encryptedContents(sealer, bags)])
}

/** A bag attribute: an identifier and a set of one value. */
function attribute(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(TAG.set, value))
}

/** A SafeBag; the set of attributes is left out when empty. */
function bag(id: string, value: Buffer, attributes: readonly Buffer[]): Buffer {
  const set = attributes.length === 0 ? [] : [der(TAG.set, ...attributes)]
  return sequence(oid(id), der(context(0), value), ...set)
}

/** An unencrypted certificate bag; encryption happens around all of them. */
function certificateBag(raw: Buffer, attributes: readonly Buffer[]): Buffer {
  const value = sequence(oid(ID.x509), der(context(0), octets(raw)))
  return bag(ID.certificate, value, attributes)
}

/** Cipher text with the parameters that open it. */
interface SealedData {
  readonly algorithm: Buffer
  readonly sealed: Buffer
}

/** PBES2 with PBKDF2 and AES-256-CBC. */
function seal({ password, salt }: Sealer, label: string, data: Buffer): SealedData {
  const keySalt = salt(`${label} salt`)
  const iv = salt(`${label} iv`)
  const key = pbkdf2Sync(password.utf8, keySalt, ITERATIONS, 32, 'sha256')
  const prf = sequence(oid(HMAC_SHA256), NULL)
  const derivation = sequence(oid(PBKDF2), sequence(octets(keySalt), small(ITERATIONS), prf))
  const scheme = sequence(oid(AES_256_CBC), octets(iv))
  return {
    algorithm: sequence(oid(PBES2), sequence(derivation, scheme)),
    sealed: encryptAes(key, iv, data),
  }
}

/** A safe that is not encrypted: the key within it already is. */
function plainContents(bags: readonly Buffer[]): Buffer {
  return sequence(oid(ID.data), der(context(0), octets(sequence(...bags))))
}

/** A safe that is encrypted as a whole, as go-pkcs12 does with certificates. */
function encryptedContents(sealer: Sealer, bags: readonly Buffer[]): Buffer {
  const { algorithm, sealed } = seal(sealer, 'certificates', sequence(...bags))
  const info = sequence(oid(ID.data), algorithm, der(context(0, true), sealed))
  return sequence(oid(ID.encryptedData), der(context(0), sequence(small(0), info)))
}

/** The outermost structure: version 3, safes, and a MAC over them. */
function file({ password, salt }: Sealer, safes: readonly Buffer[]): Buffer {
  const content = sequence(...safes)
  const macSalt = salt('mac salt')
  const key = deriveKey({
    hash: 'sha256',
    salt: macSalt,
    password: password.wide,
    iterations: ITERATIONS,
    purpose: 3,
    length: 32,
  })
  const digest = sequence(sequence(oid(SHA256), NULL), octets(hmac('sha256', key, content)))
  return sequence(
    small(3),
    sequence(oid(ID.data), der(context(0), octets(content))),
    sequence(digest, octets(macSalt), small(ITERATIONS)),
  )
}
