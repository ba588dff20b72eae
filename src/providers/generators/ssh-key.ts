import { generateKeyPair, type JsonWebKey } from 'node:crypto'
import { promisify } from 'node:util'
import type { JsonValue } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import type { RandomBytes } from './draw.ts'
import type { Generated } from './generated.ts'
import { wholeNumber, word, wrong } from './spec.ts'
import { mpint, privateKeyFile, publicKeyLine, string, type WireKey } from './ssh-wire.ts'

// ESO's SSHKey: a pair as OpenSSH writes it, without a passphrase.

const RSA_BITS = 2048
/** Go makes no shorter one; the CRD allows no longer one. */
const RSA_BITS_MIN = 1024
const RSA_BITS_MAX = 8192

const generatePair = promisify(generateKeyPair)

/** Primes are drawn by the crypto library itself; `randomBytes` gives the check bytes of the file. */
export async function sshKey(
  spec: JsonValue | undefined,
  { randomBytes }: { readonly randomBytes: RandomBytes },
): Promise<Generated> {
  const keyType = word(spec, 'keyType') || 'rsa'
  const comment = word(spec, 'comment') ?? ''
  const key = await newKey(keyType, wholeNumber(spec, 'keySize'))
  return new Map([
    ['privateKey', SecretValue.fromText(privateKeyFile(key, comment, randomBytes(4)))],
    ['publicKey', SecretValue.fromText(publicKeyLine(key, comment))],
  ])
}

/** Throws ProviderError for other types; an empty type means rsa. */
async function newKey(keyType: string, keySize: number | undefined): Promise<WireKey> {
  switch (keyType) {
    case 'rsa':
      return newRsa(keySize ?? RSA_BITS)
    case 'ecdsa':
      return newEcdsa(keySize)
    case 'ed25519':
      return newEd25519()
    default:
      throw wrong('keyType', 'rsa, ecdsa or ed25519')
  }
}

/** Generated off the main thread: 4096 bits can take seconds. */
async function newRsa(bits: number): Promise<WireKey> {
  if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
    throw wrong('keySize', `from ${RSA_BITS_MIN} to ${RSA_BITS_MAX} for rsa`)
  }
  const { privateKey } = await generatePair('rsa', { modulusLength: bits })
  const jwk = privateKey.export({ format: 'jwk' })
  const number = (name: Field): Uint8Array => mpint(field(jwk, name))
  const [n, e] = [number('n'), number('e')]
  return {
    algorithm: 'ssh-rsa',
    publicFields: [e, n],
    privateFields: [n, e, number('d'), number('qi'), number('p'), number('q')],
  }
}

/** Upstream: any other size means 256. */
async function newEcdsa(keySize: number | undefined): Promise<WireKey> {
  const bits = keySize === 384 || keySize === 521 ? keySize : 256
  const { privateKey } = await generatePair('ec', { namedCurve: `P-${bits}` })
  const jwk = privateKey.export({ format: 'jwk' })
  const curve = string(`nistp${bits}`)
  const point = string(Buffer.concat([Uint8Array.of(4), field(jwk, 'x'), field(jwk, 'y')]))
  return {
    algorithm: `ecdsa-sha2-nistp${bits}`,
    publicFields: [curve, point],
    privateFields: [curve, point, mpint(field(jwk, 'd'))],
  }
}

/** `keySize` means nothing here, as upstream. */
async function newEd25519(): Promise<WireKey> {
  const { privateKey } = await generatePair('ed25519')
  const jwk = privateKey.export({ format: 'jwk' })
  const point = field(jwk, 'x')
  return {
    algorithm: 'ssh-ed25519',
    publicFields: [string(point)],
    privateFields: [string(point), string(Buffer.concat([field(jwk, 'd'), point]))],
  }
}

/** Members of a JSON Web Key that hold numbers or points. */
type Field = 'n' | 'e' | 'd' | 'p' | 'q' | 'qi' | 'x' | 'y'

/** Big-endian bytes. The JWK comes from node:crypto, so a missing member cannot happen. */
function field(jwk: JsonWebKey, name: Field): Uint8Array {
  return Buffer.from(jwk[name] ?? '', 'base64url')
}
