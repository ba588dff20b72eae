import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpFailure } from '../../../src/model/http.ts'
import { FORBIDDEN_ADDRESS, failureOf } from '../../../src/sync/network-failure.ts'

interface Row {
  readonly code: string
  readonly failure: HttpFailure['code']
  readonly message: string
}

const rows: readonly Row[] = [
  { code: 'ECONNREFUSED', failure: 'refused', message: 'h:1 refused the connection' },
  { code: 'EHOSTUNREACH', failure: 'refused', message: 'h:1 is not reachable from here' },
  { code: 'EMFILE', failure: 'refused', message: 'h:1 was not tried: too many open files' },
  { code: 'ENOTFOUND', failure: 'unresolved', message: 'h:1 is not a name that DNS knows' },
  {
    code: 'EAI_AGAIN',
    failure: 'unresolved',
    message: 'h:1 could not be looked up: DNS gave no answer',
  },
  { code: 'ETIMEDOUT', failure: 'timeout', message: 'h:1 did not accept a connection in time' },
  { code: 'ECONNRESET', failure: 'reset', message: 'h:1 cut the connection' },
  { code: 'EPIPE', failure: 'reset', message: 'h:1 cut the connection' },
  {
    code: 'HPE_HEADER_OVERFLOW',
    failure: 'too-large',
    message: 'h:1 sent headers of more than 65536 bytes',
  },
  {
    code: 'HPE_INVALID_CONSTANT',
    failure: 'reset',
    message: 'h:1 sent something that is not HTTP',
  },
  {
    code: FORBIDDEN_ADDRESS,
    failure: 'forbidden-address',
    message: 'h:1 is at an address that stores may not use',
  },
  {
    code: 'CERT_HAS_EXPIRED',
    failure: 'untrusted-certificate',
    message: 'h:1 has a certificate that has expired',
  },
  {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    failure: 'untrusted-certificate',
    message: 'h:1 has a certificate that is for another name',
  },
  {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    failure: 'untrusted-certificate',
    message: 'h:1 has a certificate that is self-signed',
  },
  {
    code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    failure: 'untrusted-certificate',
    message: 'h:1 has a certificate that is signed by a CA that is not trusted here',
  },
  {
    code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    failure: 'untrusted-certificate',
    message: 'h:1 and we could not agree on TLS (ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION)',
  },
  { code: 'ESOMETHINGNEW', failure: 'reset', message: 'h:1 broke the connection' },
  { code: 'constructor', failure: 'reset', message: 'h:1 broke the connection' },
]

for (const { code, failure, message } of rows) {
  test(`network: ${code} is ${failure}, and nothing of Node's text goes on`, () => {
    const error = Object.assign(new Error('Bearer canary at 10.0.0.1'), { code })
    const { code: got, message: text, cause } = failureOf(error, 'h:1')
    assert.deepEqual([got, text, cause], [failure, message, undefined])
  })
}

test('network: an error without a code, or with one that is no text, breaks the connection', () => {
  for (const error of [new Error('canary'), { code: 5 }, { code: undefined }, {}]) {
    const { code, message } = failureOf(error, 'h:1')
    assert.deepEqual([code, message], ['reset', 'h:1 broke the connection'])
  }
})

test('network: a failure that is ours already stays as it is', () => {
  const ours = new HttpFailure('timeout', 'h:1 took too long')
  assert.equal(failureOf(ours, 'other:2'), ours)
})
