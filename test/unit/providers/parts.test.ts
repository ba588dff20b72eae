import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readFault } from '../../../src/providers/aws/failure.ts'
import { inLanes } from '../../../src/providers/lanes.ts'
import { openStore } from '../../../src/providers/open.ts'
import { fullJitterMs, retryAfterMs } from '../../../src/providers/retry.ts'
import { encodePath } from '../../../src/providers/vault/path.ts'
import { pauseMs } from '../../../src/providers/vault/pause.ts'
import { rawMember } from '../../../src/providers/vault/raw-json.ts'
import { testOpening, testStore } from './opening.ts'

// ── Lanes ──

test('lanes: results come in the order of the items, and never more run than there are lanes', async () => {
  let running = 0
  let most = 0
  const items = Array.from({ length: 50 }, (_, at) => at)
  const results = await inLanes(items, 7, async (item) => {
    most = Math.max(most, ++running)
    // The later ones are the quicker ones.
    for (let turn = 50 - item; turn > 0; turn--) await Promise.resolve()
    running--
    return item * 2
  })
  assert.deepEqual(
    results,
    items.map((item) => item * 2),
  )
  assert.equal(most, 7)
})

test('lanes: the first rejection ends it, and starts nothing more', async () => {
  const started: number[] = []
  const work = inLanes([0, 1, 2, 3, 4, 5], 2, async (item) => {
    started.push(item)
    await Promise.resolve()
    if (item === 1) throw new Error('one')
  })
  await assert.rejects(work, /one/)
  const count = started.length
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(started.length, count)
  assert.ok(count < 6)
})

test('lanes: nothing to do is done', async () => {
  assert.deepEqual(await inLanes([], 4, async () => 1), [])
})

// ── Retry ──

test('jitter is anything below a bound that doubles up to half a minute', () => {
  const bounds = [1, 2, 3, 7, 8, 50].map((attempt) => fullJitterMs(attempt, 1))
  assert.deepEqual(bounds, [500, 1000, 2000, 30_000, 30_000, 30_000])
  assert.equal(fullJitterMs(5, 0), 0)
})

const headers = [
  ['3', 3000],
  ['0', 0],
  ['86400', 30_000],
  ['-1', undefined],
  ['1.5', undefined],
  ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ['9999999999999999', undefined],
  ['', undefined],
] as const
for (const [header, ms] of headers) {
  test(`Retry-After ${JSON.stringify(header)} → ${ms}`, () => {
    assert.equal(retryAfterMs(header), ms)
  })
}

const attempts = [
  { story: 'a time-out is not repeated', status: 0, network: 'timeout', allowed: 0 },
  {
    story: 'a stranger is not asked again',
    status: 0,
    network: 'untrusted-certificate',
    allowed: 0,
  },
  { story: 'a refused connection is', status: 0, network: 'refused', allowed: 2 },
  { story: 'not implemented is final', status: 501, network: undefined, allowed: 0 },
  { story: 'a bad gateway is not', status: 502, network: undefined, allowed: 2 },
  { story: 'found is final', status: 200, network: undefined, allowed: 0 },
] as const
for (const { story, status, network, allowed } of attempts) {
  test(`vault retries: ${story}`, () => {
    const tries = [1, 2, 3, 4, 5].filter((attempt) => {
      const tried = { attempt, status, network, retryAfter: undefined }
      return pauseMs(tried, undefined, 0.5) !== undefined
    })
    assert.equal(tries.length, allowed)
  })
}

// ── Raw JSON ──

test('a member of an object is what JSON.parse finds there, blanks and order aside', () => {
  const blank = fc.constantFrom('', ' ', '\n  ', '\t')
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), blank, (object, indent) => {
      const json = JSON.stringify(object, null, indent)
      const parsed = JSON.parse(json) as Record<string, unknown>
      for (const name of Object.keys(parsed)) {
        assert.deepEqual(JSON.parse(rawMember(json, name) ?? 'missing'), parsed[name])
      }
      const missing = `${Object.keys(parsed).join('')}?`
      assert.equal(rawMember(json, missing), undefined)
    }),
    { numRuns: 300 },
  )
})

const raws = [
  { json: '{"data":{"n":1.50}}', name: 'data', raw: '{"n":1.50}' },
  { json: '{"a":"}","data":[1,"]"] }', name: 'data', raw: '[1,"]"]' },
  { json: '{"d\\u0061ta":1e400}', name: 'data', raw: '1e400' },
  { json: '{"data":1,"data":2}', name: 'data', raw: '2' },
  { json: ' {\n"x" : "\\"" , "data" : null }', name: 'data', raw: 'null' },
  { json: '{"nested":{"data":1}}', name: 'data', raw: undefined },
  { json: '{}', name: 'data', raw: undefined },
  { json: '[{"data":1}]', name: 'data', raw: undefined },
  { json: '{"__proto__":1}', name: '__proto__', raw: '1' },
]
for (const { json, name, raw } of raws) {
  test(`member ${name} of ${json} → ${raw}`, () => {
    assert.equal(rawMember(json, name), raw)
  })
}

// ── Paths ──

test('an encoded path has the segments that were written, whatever a URL parser does', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 5 }),
      (parts) => {
        const path = parts.join('/')
        let encoded: string
        try {
          encoded = encodePath(path)
        } catch {
          return
        }
        const url = new URL(`https://vault.example/v1/${encoded}`)
        const written = path.split('/').filter((segment) => segment !== '')
        assert.deepEqual(
          url.pathname.slice('/v1/'.length).split('/').map(decodeURIComponent),
          written,
        )
        assert.equal(url.search + url.hash, '')
        assert.doesNotMatch(encoded, /[&<>"'`={}]/)
      },
    ),
    { numRuns: 500 },
  )
})

// ── AWS errors ──

const errors = [
  { error: { name: 'ResourceNotFoundException' }, cause: 'absent' },
  {
    error: { name: 'InvalidRequestException', message: 'it was marked for deletion.' },
    cause: 'absent',
  },
  { error: { name: 'InvalidRequestException', message: 'something else' }, cause: 'invalid' },
  {
    error: { name: 'ThrottlingException', message: 'it was marked for deletion' },
    cause: 'throttled',
  },
  { error: { name: 'TimeoutError', code: 'ECONNRESET' }, cause: 'unavailable' },
  { error: { name: 'TimeoutError' }, cause: 'timeout' },
  { error: { name: 'Error', code: 'CERT_HAS_EXPIRED' }, cause: 'untrusted' },
  { error: { name: 'SyntaxError', $metadata: { httpStatusCode: 200 } }, cause: 'malformed' },
  { error: { name: 'Unknown', $metadata: { httpStatusCode: 502 } }, cause: 'unavailable' },
  { error: { name: 'Unknown', $metadata: { httpStatusCode: 501 } }, cause: 'not-offered' },
  { error: { name: 'Unknown', $metadata: { httpStatusCode: 301 } }, cause: 'malformed' },
  { error: 'a string', cause: 'unavailable' },
  { error: undefined, cause: 'unavailable' },
] as const
for (const { error, cause } of errors) {
  test(`an error of the SDK ${JSON.stringify(error)} → ${cause}`, () => {
    assert.equal(readFault(error).cause, cause)
  })
}

test('no word of an error that is not listed goes on', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 6 }), (text) => {
      const { words } = readFault({ name: `${text}Exception`, message: text, code: text })
      assert.ok(!words.includes(text) || 'the connection was cut'.includes(text))
    }),
  )
})

// ── Registry ──

test('a provider that is not here is named with those that are', async (t) => {
  const { context, close } = testOpening()
  t.after(close)
  await assert.rejects(openStore(testStore('akeyless', {}), context), {
    name: 'ProviderError',
    code: 'unsupported',
    message: 'provider akeyless is not supported',
  })
})
