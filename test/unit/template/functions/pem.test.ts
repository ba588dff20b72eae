import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rendered } from '../render.ts'
import { INTERMEDIATE, LEAF, ROOT } from './chain.ts'
import { testRefusals, testRows } from './rows.ts'

// External Secrets Operator's functions on PEM texts.

const KEY = '-----BEGIN PRIVATE KEY-----\nAAECAw==\n-----END PRIVATE KEY-----\n'

testRows('pem', [
  {
    story: 'filterPEM keeps the blocks of one type, in their order',
    template: '{{ filterPEM "CERTIFICATE" .x }}',
    data: { x: LEAF + KEY + ROOT },
    expected: LEAF + ROOT,
  },
  {
    story: 'filterPEM does not mind the case of the type',
    template: '{{ filterPEM "private key" .x }}',
    data: { x: LEAF + KEY },
    expected: KEY,
  },
  {
    story: 'filterPEM drops text around the blocks',
    template: '{{ filterPEM "PRIVATE KEY" .x }}',
    data: { x: `Bag Attributes\n${KEY}` },
    expected: KEY,
  },
  {
    story: 'filterPEM without a match, but with nothing else in the text, is empty',
    template: '[{{ filterPEM "CERTIFICATE" .x }}]',
    data: { x: KEY },
    expected: '[]',
  },
  {
    story: 'filterPEM writes lines of 64 characters, whatever it read',
    template: '{{ filterPEM "X" .x }}',
    data: { x: `-----BEGIN X-----\n${'A'.repeat(68)}\n-----END X-----\n` },
    expected: `-----BEGIN X-----\n${'A'.repeat(64)}\nAAAA\n-----END X-----\n`,
  },
  {
    story: 'filterPEM takes line breaks of Windows',
    template: '{{ filterPEM "PRIVATE KEY" .x }}',
    data: { x: KEY.replaceAll('\n', '\r\n') },
    expected: KEY,
  },
  {
    story: 'filterPEM keeps headers, Proc-Type first',
    template: '{{ filterPEM "X" .x }}',
    data: { x: '-----BEGIN X-----\nDEK-Info: a\nProc-Type: 4\n\nAAEC\n-----END X-----\n' },
    expected: '-----BEGIN X-----\nProc-Type: 4\nDEK-Info: a\n\nAAEC\n-----END X-----\n',
  },
  {
    story: 'filterPEM passes over a block whose end has another name',
    template: '{{ filterPEM "PRIVATE KEY" .x }}',
    data: { x: `-----BEGIN A-----\nAAEC\n-----END B-----\n${KEY}` },
    expected: KEY,
  },
  {
    story: 'certSANs gives DNS names, addresses, mail addresses, URIs',
    template: '{{ certSANs .x | join " " }}',
    data: { x: LEAF },
    expected:
      'leaf.example *.leaf.example 192.0.2.7 2001:db8::1 ops@leaf.example spiffe://leaf.example/sa',
  },
  {
    story: 'certSANs of a certificate without names is a nil list',
    template: '{{ certSANs .x | toJson }}',
    data: { x: ROOT },
    expected: 'null',
  },
  {
    story: 'certSANs looks at the first certificate only',
    template: '{{ certSANs .x | len }}',
    data: { x: ROOT + LEAF },
    expected: '0',
  },
])

const CHAIN = { leaf: LEAF, intermediate: INTERMEDIATE, root: ROOT }
const ORDERS: readonly string[] = [
  LEAF + INTERMEDIATE + ROOT,
  ROOT + INTERMEDIATE + LEAF,
  INTERMEDIATE + ROOT + LEAF,
]

for (const [word, certificate] of Object.entries(CHAIN)) {
  test(`pem: filterCertChain finds the ${word}, whatever the order of the certificates`, () => {
    for (const x of ORDERS) {
      assert.equal(rendered(`{{ filterCertChain "${word}" .x }}`, { x }), certificate)
    }
  })
}

testRows('pem', [
  {
    story: 'a root alone is no leaf',
    template: '[{{ filterCertChain "leaf" .x }}]',
    data: { x: ROOT },
    expected: '[]',
  },
  {
    story: 'a leaf alone has no root',
    template: '[{{ filterCertChain "root" .x }}]',
    data: { x: LEAF },
    expected: '[]',
  },
  {
    story: 'a chain without its root has an intermediate',
    template: '{{ filterCertChain "intermediate" .x }}',
    data: { x: LEAF + INTERMEDIATE },
    expected: INTERMEDIATE,
  },
  {
    story: 'another word than leaf, intermediate, root gives nothing',
    template: '[{{ filterCertChain "trunk" .x }}]',
    data: { x: LEAF + ROOT + INTERMEDIATE },
    expected: '[]',
  },
])

testRefusals('pem', [
  {
    story: 'filterPEM of a text without a block',
    template: '{{ filterPEM "CERTIFICATE" .s }}',
    message: 'error calling filterPEM: no PEM block of that type, but other text',
  },
  {
    story: 'certSANs of a text without a block',
    template: '{{ certSANs .s }}',
    message: 'error calling certSANs: failed to decode PEM block',
  },
  {
    story: 'filterCertChain of two leaves',
    template: '{{ filterCertChain "leaf" .x }}',
    data: { x: LEAF + LEAF },
    message: 'error calling filterCertChain: the certificates are no single chain with one leaf',
  },
  {
    story: 'filterPEM with a type that is no text',
    template: '{{ filterPEM 1 .s }}',
    message: 'expected string; found a number',
  },
])

test('pem: a block that is no certificate is refused by its function, without its bytes', () => {
  for (const call of ['certSANs', 'filterCertChain "leaf"']) {
    const failure = rendered(`{{ ${call} .x }}`, { x: KEY })
    assert.match(failure, /^exec: line 1, column 3: error calling (certSANs|filterCertChain): /)
    assert.ok(!failure.includes('AAEC'))
  }
})
