import assert from 'node:assert/strict'
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt } from 'node:crypto'
import { test } from 'node:test'
import { simulate, values } from './scene.ts'

// T11, T12 and T14 of the operator's cases: their keys are made here, so that none lies in the repository.

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 })
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = {
  pkcs8: RSA.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  pkcs1: RSA.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  rsaPublic: RSA.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  ecPrivate: EC.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ecPublic: EC.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
}
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nAAECAw==\n-----END CERTIFICATE-----\n'

/** One template over one value of a fixture. */
async function rendered(t: Parameters<typeof simulate>[0], template: string, value: string) {
  const store = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'a', namespace: 'shop' },
    spec: { provider: { aws: { service: 'SecretsManager', region: 'eu-central-1' } } },
  }
  const externalSecret = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'x', namespace: 'shop' },
    spec: {
      secretStoreRef: { name: 'a' },
      target: { template: { data: { out: template } } },
      data: [{ secretKey: 'v', remoteRef: { key: 'k' } }],
    },
  }
  const ran = await simulate(t, {
    manifests: `${JSON.stringify(store)}\n---\n${JSON.stringify(externalSecret)}`,
    fixtures: JSON.stringify({ stores: { 'SecretStore/a': { k: value } } }),
    args: ['--reveal', '--parity=eso'],
  })
  assert.equal(ran.code, 0, ran.out)
  return values(ran.results[0]).out
}

const jwkOf = (key: typeof RSA.privateKey): string => JSON.stringify(key.export({ format: 'jwk' }))

const ROWS: readonly { id: string; template: string; value: string; out: string }[] = [
  {
    id: 'T11, RSA, private',
    template: '{{ .v | jwkPrivateKeyPem }}',
    value: jwkOf(RSA.privateKey),
    out: pem.pkcs8,
  },
  {
    id: 'T11, RSA, public',
    template: '{{ .v | jwkPublicKeyPem }}',
    value: jwkOf(RSA.publicKey),
    out: pem.rsaPublic,
  },
  {
    id: 'T11, EC, private',
    template: '{{ .v | jwkPrivateKeyPem }}',
    value: jwkOf(EC.privateKey),
    out: pem.ecPrivate,
  },
  {
    id: 'T11, EC, public',
    template: '{{ .v | jwkPublicKeyPem }}',
    value: jwkOf(EC.publicKey),
    out: pem.ecPublic,
  },
  {
    id: 'T12',
    template: '{{ .v | filterPEM "CERTIFICATE" }}',
    value: pem.pkcs8 + CERTIFICATE,
    out: CERTIFICATE,
  },
  {
    id: 'T14, PKCS#8 and SHA-1',
    template: rsaDecryption('SHA1'),
    value: encrypted(pem.pkcs8, 'sha1', 'a1b2c3d4'),
    out: 'a1b2c3d4',
  },
  {
    id: 'T14, PKCS#1 and SHA-256',
    template: rsaDecryption('SHA256'),
    value: encrypted(pem.pkcs1, 'sha256', 'hellopkcs1sha256'),
    out: 'hellopkcs1sha256',
  },
]

function rsaDecryption(hash: string): string {
  return `{{ $j := .v | fromJson }}{{ $j.key | rsaDecrypt "RSA-OAEP" "${hash}" ($j.secret | b64dec) }}`
}

/** JSON of a key and of what only that key reads. */
function encrypted(key: string, oaepHash: string, text: string): string {
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  const secret = publicEncrypt({ key: createPublicKey(key), padding, oaepHash }, Buffer.from(text))
  return JSON.stringify({ key, secret: secret.toString('base64') })
}

for (const { id, template, value, out } of ROWS) {
  test(id, async (t) => assert.equal(await rendered(t, template, value), out))
}
