import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKeyInput,
  type KeyObject,
} from 'node:crypto'
import { members, readDer } from './der.ts'
import { fail } from './failure.ts'
import { decodePem, encodePem } from './pem.ts'

// Private and public keys in their PEM and DER forms. OpenSSL's messages are dropped: they may quote what they read.

/** Containers by the names of node:crypto. */
type DerType = 'pkcs1' | 'pkcs8' | 'sec1'

/** Undefined for what OpenSSL does not accept; its message is dropped. */
function tryPrivate(key: Buffer, type: DerType): KeyObject | undefined {
  try {
    return createPrivateKey({ key, format: 'der', type })
  } catch {
    return undefined
  }
}

/** A key of any of the three containers, whatever its PEM label says. */
export function readAnyPrivateKey(der: Buffer): KeyObject {
  return (
    tryPrivate(der, 'pkcs1') ??
    tryPrivate(der, 'pkcs8') ??
    tryPrivate(der, 'sec1') ??
    fail('unknown private key type')
  )
}

/** A key of any kind in PKCS#8. Throws FunctionError for everything else. */
export function readPkcs8(der: Buffer): KeyObject {
  return tryPrivate(der, 'pkcs8') ?? fail('malformed PKCS#8 private key')
}

/** PEM labels that Sprig accepts; `ENCRYPTED PRIVATE KEY` is none of them. */
const CONTAINERS: Readonly<Record<string, DerType>> = {
  'PRIVATE KEY': 'pkcs8',
  'RSA PRIVATE KEY': 'pkcs1',
  'EC PRIVATE KEY': 'sec1',
}

/** A PEM key by its label. A DSA key is only checked: undefined then. */
export function readLabelledKey(pem: string): KeyObject | undefined {
  const { block } = decodePem(pem)
  if (block === undefined) return fail('no PEM data in the private key')
  if (block.type === 'DSA PRIVATE KEY') {
    if (members(readDer(block.bytes)).length !== 6) fail('malformed DSA private key')
    return undefined
  }
  const type = Object.hasOwn(CONTAINERS, block.type) ? CONTAINERS[block.type] : undefined
  if (type === undefined) return fail('no private key in the PEM block')
  return tryPrivate(block.bytes, type) ?? fail('malformed private key')
}

/** The PEM form in which Sprig writes a key of its kind. */
export function writeLabelledKey(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return encodePem('RSA PRIVATE KEY', key.export({ type: 'pkcs1', format: 'der' }))
    case 'ec':
      return encodePem('EC PRIVATE KEY', key.export({ type: 'sec1', format: 'der' }))
    default:
      return writePkcs8(key)
  }
}

/** PEM text of a private key under the label `PRIVATE KEY`. */
export function writePkcs8(key: KeyObject): string {
  return encodePem('PRIVATE KEY', key.export({ type: 'pkcs8', format: 'der' }))
}

/** PEM text of a public key (PKIX), label `PUBLIC KEY`. */
export function writeSpki(key: KeyObject): string {
  return encodePem('PUBLIC KEY', key.export({ type: 'spki', format: 'der' }))
}

/**
 * A JSON Web Key (RFC 7517). Throws FunctionError without OpenSSL's words, which may quote members.
 */
export function readJwk(key: JsonWebKeyInput['key'], isPrivate: boolean): KeyObject {
  try {
    return isPrivate
      ? createPrivateKey({ key, format: 'jwk' })
      : createPublicKey({ key, format: 'jwk' })
  } catch {
    return fail('malformed JSON Web Key')
  }
}
