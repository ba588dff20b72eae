import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { bcrypt } from '../../../src/template/bcrypt.ts'
import { rendered } from './render.ts'

function pair(): { readonly cert: string; readonly key: string } {
  const made = rendered(
    '{{ $c := genSelfSignedCert "leaf.example" (list "192.0.2.1" "2001:db8::1") (list "a.example") 30 }}{{ $c.Cert }}|{{ $c.Key }}',
  )
  const [cert = '', key = ''] = made.split('|')
  return { cert, key }
}

const BCRYPT_ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** The salt within a bcrypt hash. */
function saltOf(hash: string): Buffer {
  const bits = [...hash.slice(7, 29)].map((char) => {
    return BCRYPT_ALPHABET.indexOf(char).toString(2).padStart(6, '0')
  })
  const bytes = bits.join('').match(/.{8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))
}

// Published with jBCrypt; their cost is the one that Sprig uses.
test('bcrypt gives the hashes of its published vectors', () => {
  const vectors: readonly (readonly [string, string])[] = [
    ['', '$2a$10$k1wbIrmNyFAPwPVPSVa/zecw2BCEnBwVS2GbrmgzxFUOqW9dk4TCW'],
    ['a', '$2a$10$k87L/MF28Q673VKh8/cPi.SUl7MU/rWuSiIDDFayrKk/1tBsSQu4u'],
  ]
  for (const [password, hash] of vectors) {
    assert.equal(bcrypt(Buffer.from(password), saltOf(hash)), hash)
  }
})

test('a self-signed certificate is valid X.509, with names in the order of Go', () => {
  const { cert } = pair()
  const parsed = new X509Certificate(cert)
  assert.equal(parsed.subject, 'CN=leaf.example')
  assert.ok(parsed.verify(parsed.publicKey))
  assert.ok(parsed.checkHost('a.example') !== undefined)
  assert.ok(parsed.checkIP('2001:db8::1') !== undefined)
  assert.equal(
    rendered('{{ certSANs .c | join "," }}', { c: cert }),
    'a.example,192.0.2.1,2001:db8::1',
  )
})

test('an authority signs what genSignedCert makes', () => {
  const made = rendered(
    '{{ $ca := genCA "ca" 1 }}{{ $c := genSignedCert "x" nil (list "b.example") 1 $ca }}{{ $ca.Cert }}|{{ $c.Cert }}',
  )
  const [authority = '', leaf = ''] = made.split('|').map((pem) => pem)
  const ca = new X509Certificate(authority)
  assert.ok(ca.ca)
  assert.ok(new X509Certificate(leaf).checkIssued(ca))
  assert.ok(new X509Certificate(leaf).verify(ca.publicKey))
})

test('a PKCS#12 archive holds what was put in, and equal input gives an equal archive', () => {
  const data = pair()
  const archive = rendered('{{ fullPemToPkcs12Pass .cert .key "pä55" }}', data)
  assert.equal(rendered('{{ fullPemToPkcs12Pass .cert .key "pä55" }}', data), archive)
  assert.notEqual(rendered('{{ fullPemToPkcs12Pass .cert .key "other" }}', data), archive)
  const sealed = { ...data, p: archive }
  assert.equal(rendered('{{ .p | b64dec | pkcs12certPass "pä55" }}', sealed), data.cert)
  const key = rendered('{{ .p | b64dec | pkcs12keyPass "pä55" }}', sealed)
  assert.match(key, /^-----BEGIN PRIVATE KEY-----\n/)
  assert.match(
    rendered('{{ .p | b64dec | pkcs12keyPass "wrong" }}', sealed),
    /^exec: .*decryption password incorrect$/,
  )
})

test('a trust store has certificates and no key', () => {
  const { cert } = pair()
  const store = '{{ pemTruststoreToPKCS12Pass .c "pw" | b64dec | pkcs12certPass "pw" }}'
  assert.match(rendered(store, { c: cert }), /private key missing/)
})

test('AES decrypts what it encrypted, for any bytes', () => {
  for (const text of ['x', 'sixteen bytes ok', 'é'.repeat(50)]) {
    assert.equal(rendered('{{ encryptAES "k" .t | decryptAES "k" }}', { t: text }), text)
  }
})

test('a JSON Web Key becomes PEM only on the side that it is on', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const secret = { j: JSON.stringify(privateKey.export({ format: 'jwk' })) }
  const open = { j: JSON.stringify(publicKey.export({ format: 'jwk' })) }
  assert.equal(
    rendered('{{ jwkPrivateKeyPem .j }}', secret),
    privateKey.export({ type: 'pkcs8', format: 'pem' }),
  )
  assert.equal(
    rendered('{{ jwkPublicKeyPem .j }}', open),
    publicKey.export({ type: 'spki', format: 'pem' }),
  )
  assert.match(rendered('{{ jwkPublicKeyPem .j }}', secret), /^exec: .*private$/)
  assert.match(rendered('{{ jwkPrivateKeyPem .j }}', open), /^exec: .*not private$/)
})

test('htpasswd with sha is stable, names with a colon are refused as text', () => {
  const data = { p: "FZ4jR;l]ON;pHKi=_'zh79P" }
  assert.equal(
    rendered('{{ htpasswd "foo1" .p "sha" }}', data),
    'foo1:{SHA}wtdJD6OIjUniEJkTlewnKzfFxA4=',
  )
  assert.equal(rendered('{{ htpasswd "a:b" .p "sha" }}', data), 'invalid username: a:b')
})

test('the clock and the zones are those that were given', () => {
  assert.equal(
    rendered('{{ now | date "2006-01-02T15:04:05.000Z07:00" }}'),
    '2023-11-14T22:13:20.500Z',
  )
  assert.equal(rendered('{{ ago 1699999990 }}'), '11s')
  const zones: readonly (readonly [string, string])[] = [
    ['Europe/Berlin', '23:13 CET'],
    ['Asia/Tokyo', '07:13 JST'],
    ['Asia/Dubai', '02:13 +04'],
    ['Nope/Zone', '22:13 UTC'],
    ['utc', '22:13 UTC'],
  ]
  for (const [zone, shown] of zones) {
    assert.equal(rendered(`{{ dateInZone "15:04 MST" now "${zone}" }}`), shown, zone)
  }
})
