import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { test } from 'node:test'
import { generatePrivateKey } from '../../../src/sync/private-key.ts'

// RSA of 4096 bits and DSA take seconds to make: they differ from what is here by a number.

const kinds = [
  ['rsa-2048', 'rsa', 'modulusLength', 2048],
  ['ecdsa', 'ec', 'namedCurve', 'prime256v1'],
  ['ed25519', 'ed25519', undefined, undefined],
] as const

for (const [kind, type, detail, value] of kinds) {
  test(`private key: ${kind} is a key of its kind in PKCS#8`, () => {
    const der = Buffer.from(generatePrivateKey(kind))
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    assert.equal(key.asymmetricKeyType, type)
    if (detail !== undefined) assert.equal(key.asymmetricKeyDetails?.[detail], value)
  })
}

test('private key: no two are equal', () => {
  const [a, b] = [generatePrivateKey('ed25519'), generatePrivateKey('ed25519')]
  assert.notDeepEqual(a, b)
})
