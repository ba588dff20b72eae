import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Incoming } from '../../servers/server.ts'
import { verifySigV4 } from '../../servers/sigv4.ts'

// The server that judges our signatures is judged by the requests of AWS's published Signature Version 4 test suite.

const KEY = {
  id: 'AKIDEXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: undefined,
  expiresMs: undefined,
}
const NOW = Date.UTC(2015, 7, 30, 12, 36, 0)

interface Request {
  readonly story: string
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signature: string
}

const suite: readonly Request[] = [
  {
    story: 'get-vanilla',
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    story: 'get-vanilla-query-order-key-case',
    query: 'Param2=value2&Param1=value1',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  {
    story: 'post-vanilla',
    method: 'POST',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  {
    story: 'get-unreserved',
    path: '/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    signature: '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  },
  {
    story: 'get-utf8',
    path: '/\u1234',
    signature: '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
  },
  {
    story: 'get-vanilla-empty-query-key',
    query: 'Param1=value1',
    signature: 'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
  },
  {
    story: 'post-vanilla-query',
    method: 'POST',
    query: 'Param1=value1',
    signature: '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
  },
  {
    story: 'post-header-key-sort',
    method: 'POST',
    headers: { 'my-header1': 'value1' },
    signature: 'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  },
  {
    story: 'post-x-www-form-urlencoded',
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Param1=value1',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
]

function incoming(request: Request): Incoming {
  const { method = 'GET', path = '/', query = '', headers = {}, body = '', signature } = request
  const signed = {
    host: 'example.amazonaws.com',
    'x-amz-date': '20150830T123600Z',
    ...headers,
  }
  const names = Object.keys(signed).sort().join(';')
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`
  return {
    method,
    path,
    query,
    headers: { ...signed, authorization },
    body: Buffer.from(body),
    clientName: undefined,
  }
}

const expected = {
  region: 'us-east-1',
  service: 'service',
  nowMs: NOW,
  keyOf: (id: string) => (id === KEY.id ? KEY : undefined),
}

for (const request of suite) {
  test(`AWS's own ${request.story} is accepted`, () => {
    assert.deepEqual(verifySigV4(incoming(request), expected), { key: KEY })
  })
}

const vanilla = incoming(suite[0] ?? { story: '', signature: '' })
const withHeaders = (headers: Readonly<Record<string, string>>): Incoming => ({
  ...vanilla,
  headers: { ...vanilla.headers, ...headers },
})
const authorization = vanilla.headers.authorization ?? ''

const forged: readonly {
  readonly story: string
  readonly request: Incoming
  readonly code: string
}[] = [
  {
    story: 'another method',
    request: { ...vanilla, method: 'PUT' },
    code: 'InvalidSignatureException',
  },
  { story: 'another path', request: { ...vanilla, path: '/a' }, code: 'InvalidSignatureException' },
  {
    story: 'another query',
    request: { ...vanilla, query: 'a=b' },
    code: 'InvalidSignatureException',
  },
  {
    story: 'another body',
    request: { ...vanilla, body: Buffer.from('x') },
    code: 'InvalidSignatureException',
  },
  {
    story: 'another host',
    request: withHeaders({ host: 'evil.example' }),
    code: 'InvalidSignatureException',
  },
  {
    story: 'an unsigned header',
    request: withHeaders({ 'x-amz-target': 'x' }),
    code: 'InvalidSignatureException',
  },
  {
    story: 'no signature',
    request: withHeaders({ authorization: '' }),
    code: 'MissingAuthenticationTokenException',
  },
  {
    story: 'another key',
    request: withHeaders({ authorization: authorization.replace('AKIDEXAMPLE', 'AKIDOTHER') }),
    code: 'UnrecognizedClientException',
  },
  {
    story: 'another region',
    request: withHeaders({ authorization: authorization.replace('us-east-1', 'us-east-2') }),
    code: 'InvalidSignatureException',
  },
  {
    story: 'a session token that nobody gave',
    request: withHeaders({ 'x-amz-security-token': 'x' }),
    code: 'InvalidSignatureException',
  },
]
for (const { story, request, code } of forged) {
  test(`a signature does not cover ${story}`, () => {
    const verified = verifySigV4(request, expected)
    assert.equal('code' in verified ? verified.code : 'accepted', code)
  })
}

for (const [story, shiftMs] of [
  ['early', -301_000],
  ['late', 301_000],
] as const) {
  test(`a request that is five minutes too ${story} is refused`, () => {
    const verified = verifySigV4(vanilla, { ...expected, nowMs: NOW + shiftMs })
    assert.match('message' in verified ? verified.message : '', /^Signature expired/)
  })
}
