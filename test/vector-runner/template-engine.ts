import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createTemplateEngine } from '../../src/template/engine.ts'
import type { KeyKind } from '../../src/template/functions/certificates.ts'
import { patternEngine } from '../../src/values/pattern.ts'

/** The engine that the vectors run through: a real clock and real randomness, as in a sync. */
export const engine = createTemplateEngine({
  now: () => Date.now(),
  random: (length) => Uint8Array.from(randomBytes(length)),
  generateKey,
  patterns: patternEngine,
})

function generateKey(kind: KeyKind): Uint8Array {
  const encoding = {
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  } as const
  switch (kind) {
    case 'rsa-2048':
      return generateKeyPairSync('rsa', { modulusLength: 2048, ...encoding }).privateKey
    case 'rsa-4096':
      return generateKeyPairSync('rsa', { modulusLength: 4096, ...encoding }).privateKey
    case 'dsa':
      return generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256, ...encoding })
        .privateKey
    case 'ecdsa':
      return generateKeyPairSync('ec', { namedCurve: 'P-256', ...encoding }).privateKey
    case 'ed25519':
      return generateKeyPairSync('ed25519', encoding).privateKey
  }
}
