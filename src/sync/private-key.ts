import { generateKeyPairSync } from 'node:crypto'
import type { KeyKind } from '../template/functions/certificates.ts'

/** A new private key for the template functions that make certificates: PKCS#8 in DER. */
export function generatePrivateKey(kind: KeyKind): Uint8Array {
  const encoding = {
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  } as const
  switch (kind) {
    case 'rsa-2048':
      return der(generateKeyPairSync('rsa', { modulusLength: 2048, ...encoding }).privateKey)
    case 'rsa-4096':
      return der(generateKeyPairSync('rsa', { modulusLength: 4096, ...encoding }).privateKey)
    case 'dsa':
      return der(
        generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256, ...encoding })
          .privateKey,
      )
    case 'ecdsa':
      return der(generateKeyPairSync('ec', { namedCurve: 'P-256', ...encoding }).privateKey)
    case 'ed25519':
      return der(generateKeyPairSync('ed25519', encoding).privateKey)
  }
}

/** The declarations of some Node versions say KeyObject for what is always bytes here. */
function der(key: unknown): Uint8Array {
  if (key instanceof Uint8Array) return key
  throw new Error('a private key in DER is bytes')
}
