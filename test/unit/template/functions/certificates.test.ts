import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { rendered } from '../render.ts'
import { LEAF } from './chain.ts'
import { testRefusals, testRows } from './rows.ts'

// Certificates as Sprig makes them; node:crypto reads them back. The clock stands at 2023-11-14T22:13:20Z.

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const EC = String(pair.privateKey.export({ type: 'sec1', format: 'pem' }))
const ED = String(
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
)

function made(template: string, data: Readonly<Record<string, string>> = {}): X509Certificate {
  return new X509Certificate(rendered(template, data))
}

test('certificates: an authority may sign certificates and nothing says whom it serves', () => {
  const ca = made('{{ (genCA "my ca" 365).Cert }}')
  assert.equal(ca.ca, true)
  assert.equal(ca.subject, 'CN=my ca')
  assert.equal(ca.subjectAltName, undefined)
})

test('certificates: a certificate begins now and ends after so many days of 24 hours', () => {
  const { validFrom, validTo } = made('{{ (genCA "a" 365).Cert }}')
  assert.equal(new Date(validFrom).toISOString(), '2023-11-14T22:13:20.000Z')
  assert.equal(new Date(validTo).toISOString(), '2024-11-13T22:13:20.000Z')
})

test('certificates: a certificate beyond 2049 has another form of date', () => {
  const { validTo } = made('{{ (genCA "a" 10000).Cert }}')
  assert.equal(new Date(validTo).toISOString(), '2051-04-01T22:13:20.000Z')
})

test('certificates: a self-signed one is no authority and has its names', () => {
  const cert = made('{{ (genSelfSignedCert "a" (list "192.0.2.1") (list "a.example") 1).Cert }}')
  assert.equal(cert.ca, false)
  assert.equal(cert.subjectAltName, 'DNS:a.example, IP Address:192.0.2.1')
  assert.ok(cert.verify(cert.publicKey))
})

test('certificates: the key belongs to the certificate', () => {
  const both = '{{ $c := genSelfSignedCert "a" nil nil 1 }}{{ $c.Cert }}|{{ $c.Key }}'
  const [cert = '', key = ''] = rendered(both).split('|')
  assert.ok(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
})

test('certificates: a key that is given is kept as it is', () => {
  assert.equal(rendered('{{ (genCAWithKey "a" 1 .k).Key }}', { k: EC }), EC)
  const cert = made('{{ (genSelfSignedCertWithKey "a" nil nil 1 .k).Cert }}', { k: EC })
  assert.ok(cert.checkPrivateKey(pair.privateKey))
})

test('certificates: an Ed25519 key signs, too', () => {
  const cert = made('{{ (genCAWithKey "a" 1 .k).Cert }}', { k: ED })
  assert.ok(cert.verify(cert.publicKey))
})

test('certificates: an authority signs a certificate with a key that is given', () => {
  const template =
    '{{ $ca := genCA "ca" 1 }}{{ (genSignedCertWithKey "a" nil nil 1 $ca .k).Cert }}|{{ $ca.Cert }}'
  const [leaf = '', ca = ''] = rendered(template, { k: EC }).split('|')
  const cert = new X509Certificate(leaf)
  assert.ok(cert.checkIssued(new X509Certificate(ca)))
  assert.ok(cert.checkPrivateKey(pair.privateKey))
})

test('certificates: buildCustomCert makes an authority of PEM texts', () => {
  const ca = rendered('{{ (genCAWithKey "given" 1 .k).Cert }}', { k: EC })
  const template =
    '{{ $ca := buildCustomCert (b64enc .c) (b64enc .k) }}{{ (genSignedCert "a" nil nil 1 $ca).Cert }}'
  const cert = made(template, { c: ca, k: EC })
  assert.equal(cert.issuer, 'CN=given')
  assert.ok(cert.verify(pair.publicKey))
})

test('certificates: two serial numbers differ', () => {
  const cert = () => made('{{ (genCA "a" 1).Cert }}').serialNumber
  assert.notEqual(cert(), cert())
})

testRows('certificates', [
  {
    story: 'an unknown type of key is said in the value',
    template: '{{ genPrivateKey "nope" }}',
    expected: 'Unknown type nope',
  },
  {
    story: 'a certificate is a struct of two texts',
    template: '{{ genCA "a" 1 | typeOf }}',
    expected: 'sprig.certificate',
  },
])

testRefusals('certificates', [
  {
    story: 'an address that is none',
    template: '{{ genSelfSignedCert "a" (list .s) nil 1 }}',
    message: 'error calling genSelfSignedCert: error parsing ip',
  },
  {
    story: 'an address that is no text',
    template: '{{ genSelfSignedCert .s (list 1) nil 1 }}',
    message: 'error calling genSelfSignedCert: an ip is not a string',
  },
  {
    story: 'a name that is no text',
    template: '{{ genSelfSignedCert .s nil (list 1) 1 }}',
    message: 'error calling genSelfSignedCert: an alternate dns name is not a string',
  },
  {
    story: 'a key that is no PEM',
    template: '{{ genCAWithKey "a" 1 .s }}',
    message: 'error calling genCAWithKey: no PEM data in the private key',
  },
  {
    story: 'a certificate in the place of a key',
    template: '{{ genCAWithKey "a" 1 .leaf }}',
    data: { leaf: LEAF },
    message: 'error calling genCAWithKey: no private key in the PEM block',
  },
  {
    story: 'an authority that is a text',
    template: '{{ genSignedCert "a" nil nil 1 .s }}',
    message: 'wrong type for value; expected sprig.certificate; got string',
  },
  {
    story: 'buildCustomCert of a text that is no base64',
    template: '{{ buildCustomCert .s .s }}',
    message: 'error calling buildCustomCert: unable to decode base64 certificate',
  },
  {
    story: 'buildCustomCert without a key',
    template: '{{ buildCustomCert (b64enc .leaf) .s }}',
    data: { leaf: LEAF },
    message: 'error calling buildCustomCert: unable to decode base64 private key',
  },
  {
    story: 'buildCustomCert of base64 that is no PEM',
    template: '{{ buildCustomCert (b64enc .s) (b64enc .s) }}',
    message: 'error calling buildCustomCert: unable to decode certificate',
  },
  {
    story: 'a field that a certificate does not have',
    template: '{{ (genCA "a" 1).cert }}',
    message: "can't evaluate field cert in type sprig.certificate",
  },
])
