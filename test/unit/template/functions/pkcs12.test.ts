import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { rendered } from '../render.ts'
import { INTERMEDIATE, LEAF, ROOT } from './chain.ts'
import { testRefusals } from './rows.ts'

// External Secrets Operator's functions on PKCS#12: they read raw bytes and write base64.

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const KEY = String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
const SEC1 = String(pair.privateKey.export({ type: 'sec1', format: 'pem' }))
const DATA = { leaf: LEAF, chain: LEAF + INTERMEDIATE + ROOT, key: KEY, sec1: SEC1 }

interface Row {
  readonly story: string
  readonly template: string
  readonly expected: string
}

const rows: readonly Row[] = [
  {
    story: 'a key comes out as it went in',
    template: '{{ pemToPkcs12 .leaf .key | b64dec | pkcs12key }}',
    expected: KEY,
  },
  {
    story: 'a key of another container comes out as PKCS#8',
    template: '{{ pemToPkcs12 .leaf .sec1 | b64dec | pkcs12key }}',
    expected: KEY,
  },
  {
    story: 'a certificate comes out as it went in',
    template: '{{ pemToPkcs12 .leaf .key | b64dec | pkcs12cert }}',
    expected: LEAF,
  },
  {
    story: 'pemToPkcs12 takes the first certificate only',
    template: '{{ pemToPkcs12 .chain .key | b64dec | pkcs12cert }}',
    expected: LEAF,
  },
  {
    story: 'fullPemToPkcs12 takes the whole chain',
    template: '{{ fullPemToPkcs12 .chain .key | b64dec | pkcs12cert }}',
    expected: DATA.chain,
  },
  {
    story: 'a password that is given opens it again',
    template: '{{ fullPemToPkcs12Pass .chain .key "日本" | b64dec | pkcs12keyPass "日本" }}',
    expected: KEY,
  },
]

for (const { story, template, expected } of rows) {
  test(`pkcs12: ${story}`, () => {
    assert.equal(rendered(template, DATA), expected)
  })
}

test('pkcs12: certificates come out from leaf to root, in whatever order they went in', () => {
  const data = { ...DATA, chain: LEAF + ROOT + INTERMEDIATE }
  assert.equal(
    rendered('{{ fullPemToPkcs12 .chain .key | b64dec | pkcs12cert }}', data),
    DATA.chain,
  )
})

test('pkcs12: equal input gives equal archives, so that no sync writes without need', () => {
  const template = '{{ pemToPkcs12Pass .leaf .key "pw" }}'
  assert.equal(rendered(template, DATA), rendered(template, DATA))
})

test('pkcs12: a trust store of equal input is equal, and holds no key', () => {
  const template = '{{ pemTruststoreToPKCS12 .chain }}'
  assert.equal(rendered(template, DATA), rendered(template, DATA))
  assert.match(
    rendered('{{ pemTruststoreToPKCS12 .chain | b64dec | pkcs12key }}', DATA),
    /^exec: .*error calling pkcs12key: /,
  )
})

const ARCHIVE = Buffer.from(rendered('{{ pemToPkcs12Pass .leaf .key "pw" }}', DATA), 'base64')

testRefusals('pkcs12', [
  {
    story: 'a certificate that is no PEM',
    template: '{{ pemToPkcs12 .s .key }}',
    data: DATA,
    message: 'error calling pemToPkcs12: no PEM block in the certificate',
  },
  {
    story: 'a key that is no PEM',
    template: '{{ pemToPkcs12 .leaf .s }}',
    data: DATA,
    message: 'error calling pemToPkcs12: no PEM block in the private key',
  },
  {
    story: 'text behind the certificates of a chain',
    template: '{{ fullPemToPkcs12 (print .chain .s) .key }}',
    data: DATA,
    message: 'error calling fullPemToPkcs12: text that is no PEM block among the certificates',
  },
  {
    story: 'a trust store of nothing',
    template: '{{ pemTruststoreToPKCS12 "" }}',
    message:
      'error calling pemTruststoreToPKCS12: text that is no PEM block among the certificates',
  },
])

interface Broken {
  readonly story: string
  readonly call: string
  readonly bytes: Uint8Array
}

const broken: readonly Broken[] = [
  { story: 'another password', call: 'pkcs12keyPass "wrong horse"', bytes: ARCHIVE },
  { story: 'no password where one was given', call: 'pkcs12cert', bytes: ARCHIVE },
  { story: 'an archive cut in half', call: 'pkcs12keyPass "pw"', bytes: ARCHIVE.subarray(0, 300) },
  { story: 'no archive at all', call: 'pkcs12key', bytes: Buffer.from('correct horse') },
  { story: 'nothing', call: 'pkcs12cert', bytes: new Uint8Array() },
]

for (const { story, call, bytes } of broken) {
  test(`pkcs12: ${story} fails with the name of the function and no operand`, () => {
    const failure = rendered(`{{ ${call} .p }}`, { p: bytes })
    const name = call.split(' ')[0] ?? ''
    assert.ok(failure.startsWith(`exec: line 1, column 3: error calling ${name}: `), failure)
    assert.ok(!failure.includes('horse'))
  })
}

test('pkcs12: an archive with one bit changed anywhere in its content does not open', () => {
  for (let at = 40; at < ARCHIVE.length - 80; at += 97) {
    const changed = Uint8Array.from(ARCHIVE)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.match(rendered('{{ pkcs12keyPass "pw" .p }}', { p: changed }), /^exec: /, String(at))
  }
})
