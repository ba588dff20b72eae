import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, publicEncrypt } from 'node:crypto'
import { test } from 'node:test'
import { rendered } from '../render.ts'
import { testRefusals, testRows } from './rows.ts'

// JSON Web Keys and RSA decryption. node:crypto makes the keys and says what their PEM is.

const PAIRS = {
  RSA: generateKeyPairSync('rsa', { modulusLength: 1024 }),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  Ed25519: generateKeyPairSync('ed25519'),
}

for (const [name, { privateKey, publicKey }] of Object.entries(PAIRS)) {
  test(`keys: a private ${name} key becomes PKCS#8`, () => {
    const j = JSON.stringify(privateKey.export({ format: 'jwk' }))
    const expected = privateKey.export({ type: 'pkcs8', format: 'pem' })
    assert.equal(rendered('{{ jwkPrivateKeyPem .j }}', { j }), expected)
  })

  test(`keys: a public ${name} key becomes PKIX`, () => {
    const j = JSON.stringify(publicKey.export({ format: 'jwk' }))
    const expected = publicKey.export({ type: 'spki', format: 'pem' })
    assert.equal(rendered('{{ jwkPublicKeyPem .j }}', { j }), expected)
  })
}

test('keys: members that say what a key is for change nothing', () => {
  const { publicKey } = PAIRS['P-256']
  const j = JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: 'a', use: 'sig' })
  assert.equal(
    rendered('{{ jwkPublicKeyPem .j }}', { j }),
    publicKey.export({ type: 'spki', format: 'pem' }),
  )
})

testRefusals('keys', [
  {
    story: 'a text that is no JSON',
    template: '{{ jwkPublicKeyPem .s }}',
    message: 'error calling jwkPublicKeyPem: the text is no JSON Web Key',
  },
  {
    story: 'a JSON list',
    template: '{{ jwkPrivateKeyPem "[1]" }}',
    message: 'error calling jwkPrivateKeyPem: the text is no JSON Web Key',
  },
  {
    story: 'a symmetric key',
    template: '{{ jwkPrivateKeyPem .j }}',
    data: { j: '{"kty":"oct","k":"correct horse"}' },
    message: 'error calling jwkPrivateKeyPem: a JSON Web Key of an unsupported type',
  },
  {
    story: 'a key on a curve that is not known',
    template: '{{ jwkPublicKeyPem .j }}',
    data: { j: '{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}' },
    message: 'error calling jwkPublicKeyPem: a JSON Web Key of an unsupported type',
  },
  {
    story: 'a member that is no base64',
    template: '{{ jwkPublicKeyPem .j }}',
    data: { j: '{"kty":"RSA","n":"correct horse","e":"AQAB"}' },
    message: 'error calling jwkPublicKeyPem: member n of the JSON Web Key is not base64',
  },
  {
    story: 'a point that is not on the curve',
    template: '{{ jwkPublicKeyPem .j }}',
    data: { j: '{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}' },
    message: 'error calling jwkPublicKeyPem: malformed JSON Web Key',
  },
])

const HASHES = [
  ['SHA1', 'sha1'],
  ['SHA256', 'sha256'],
  ['anything else', 'sha256'],
] as const

const { privateKey, publicKey } = PAIRS.RSA
const PKCS8 = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))

function sealed(text: string, oaepHash: string): Uint8Array {
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  return publicEncrypt({ key: publicKey, padding, oaepHash }, Buffer.from(text))
}

for (const [word, hash] of HASHES) {
  test(`keys: rsaDecrypt with ${word} opens what was sealed with ${hash}`, () => {
    const data = { k: PKCS8, c: sealed('é secret', hash) }
    assert.equal(rendered(`{{ .k | rsaDecrypt "RSA-OAEP" "${word}" .c }}`, data), 'é secret')
  })
}

test('keys: rsaDecrypt takes a PKCS#1 key as well', () => {
  const k = String(privateKey.export({ type: 'pkcs1', format: 'pem' }))
  const data = { k, c: sealed('x', 'sha1') }
  assert.equal(rendered('{{ rsaDecrypt "RSA-OAEP" "SHA1" .c .k }}', data), 'x')
})

testRows('keys', [
  {
    story: 'rsaDecrypt with the scheme None leaves the text and looks at no key',
    template: '{{ rsaDecrypt "None" "SHA1" "plain" "no key" }}',
    expected: 'plain',
  },
])

testRefusals('keys', [
  {
    story: 'rsaDecrypt with a hash that was not used',
    template: '{{ rsaDecrypt "RSA-OAEP" "SHA256" .c .k }}',
    data: { k: PKCS8, c: sealed('x', 'sha1') },
    message: 'error calling rsaDecrypt: RSA decryption error',
  },
  {
    story: 'rsaDecrypt of a text that nobody sealed',
    template: '{{ rsaDecrypt "RSA-OAEP" "SHA1" .s .k }}',
    data: { k: PKCS8 },
    message: 'error calling rsaDecrypt: RSA decryption error',
  },
  {
    story: 'rsaDecrypt with a scheme that is not known',
    template: '{{ rsaDecrypt "PKCS1v15" "SHA1" .s .k }}',
    data: { k: PKCS8 },
    message: 'error calling rsaDecrypt: unsupported decryption scheme',
  },
  {
    story: 'rsaDecrypt with a key that is no PEM',
    template: '{{ rsaDecrypt "RSA-OAEP" "SHA1" "x" .s }}',
    message: 'error calling rsaDecrypt: failed to decode PEM block',
  },
  {
    story: 'rsaDecrypt with a key of another kind',
    template: '{{ rsaDecrypt "RSA-OAEP" "SHA1" .s .k }}',
    data: { k: String(PAIRS['P-256'].privateKey.export({ type: 'pkcs8', format: 'pem' })) },
    message: 'error calling rsaDecrypt: the private key is not an RSA key',
  },
])
