import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Answer, Payload } from '../../../src/model/provider.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { redact } from '../../../src/sync/redact.ts'

// The last sink: whatever an answer brought is taken out of a message.

const secret = (text: string): SecretValue => SecretValue.fromText(text)

function payload(parts: Partial<Payload>): Payload {
  const none = { text: undefined, binary: undefined, data: undefined, metadata: undefined }
  return { dialect: 'aws-secrets-manager', ...none, ...parts }
}

const found = (text: string): Answer => ({
  outcome: 'found',
  payload: payload({ text: secret(text) }),
})

interface Row {
  readonly story: string
  readonly message: string
  readonly answers: readonly Answer[]
  readonly clean: string
}

const BYTES = Buffer.from('fffefdfcfbfaf9f8f7', 'hex')

const failed: Answer = {
  outcome: 'failed',
  failure: { code: 'forbidden', message: 'may not', hint: undefined },
}

const rows: readonly Row[] = [
  {
    story: 'a text',
    message: 'password hunter2-and-more is wrong',
    answers: [found('hunter2-and-more')],
    clean: 'password ‹redacted› is wrong',
  },
  {
    story: 'every occurrence',
    message: 'hunter2-hunter2 hunter2-hunter2',
    answers: [found('hunter2-hunter2')],
    clean: '‹redacted› ‹redacted›',
  },
  {
    story: 'base64 of it, padded or not',
    message: `${Buffer.from('correct-horse').toString('base64')} is no user`,
    answers: [found('correct-horse')],
    clean: '‹redacted›== is no user',
  },
  {
    story: 'a leaf of JSON at any depth',
    message: 'user ada-lovelace cannot log in',
    answers: [found('{"db":[{"user":"ada-lovelace"}]}')],
    clean: 'user ‹redacted› cannot log in',
  },
  {
    story: 'a number within JSON',
    message: 'account 1234567890 is closed',
    answers: [found('{"account":1234567890}')],
    clean: 'account ‹redacted› is closed',
  },
  {
    story: 'a SecretBinary',
    message: 'binary-value-1',
    answers: [{ outcome: 'found', payload: payload({ binary: secret('binary-value-1') }) }],
    clean: '‹redacted›',
  },
  {
    story: 'data of a remote Secret',
    message: 'x remote-value-1 y',
    answers: [
      {
        outcome: 'found',
        payload: payload({
          dialect: 'kubernetes',
          data: new Map([['k', secret('remote-value-1')]]),
        }),
      },
    ],
    clean: 'x ‹redacted› y',
  },
  {
    story: 'each hit of a search',
    message: 'first-value-1 and other-value-2',
    answers: [
      {
        outcome: 'found-many',
        payloads: new Map([
          ['a', payload({ text: secret('first-value-1') })],
          ['b', payload({ text: secret('other-value-2') })],
        ]),
      },
    ],
    clean: '‹redacted› and ‹redacted›',
  },
  {
    story: 'what a generator made',
    message: 'made new-password-1',
    answers: [{ outcome: 'generated', data: new Map([['password', secret('new-password-1')]]) }],
    clean: 'made ‹redacted›',
  },
  {
    story: 'of two values that begin alike nothing is left',
    message: 'wrong: hunter2-and-more',
    answers: [found('hunter2-'), found('hunter2-and-more')],
    clean: 'wrong: ‹redacted›',
  },
  {
    story: 'a word shorter than six bytes stays, for the sake of the message',
    message: 'key db does not exist',
    answers: [found('{"a":"key","b":"exist"}')],
    clean: 'key db does not exist',
  },
  {
    story: 'bytes that are no text, in base64',
    message: `got ${BYTES.toString('base64')}`,
    answers: [{ outcome: 'found', payload: payload({ binary: new SecretValue(BYTES) }) }],
    clean: 'got ‹redacted›',
  },
  {
    story: 'what any bytes look like as text says nothing about them',
    message: `got ${BYTES.toString('utf8')}`,
    answers: [{ outcome: 'found', payload: payload({ binary: new SecretValue(BYTES) }) }],
    clean: `got ${BYTES.toString('utf8')}`,
  },
  {
    story: 'a value without the blanks around it',
    message: 'wrong: secret',
    answers: [found(' secret\n')],
    clean: 'wrong: ‹redacted›',
  },
  {
    story: 'a short word within blanks is hidden with them alone',
    message: 'wrong: abc,   abc   ,',
    answers: [found('   abc   ')],
    clean: 'wrong: abc,‹redacted›,',
  },
  {
    story: 'the last character of base64 that begins with another byte',
    message: `Basic ${Buffer.from('xPassw0rd').toString('base64')}`,
    answers: [found('Passw0rd')],
    clean: 'Basic eF‹redacted›',
  },
  {
    story: 'a piece of a value that is no long one stays',
    message: 'wrong: abcdefghijklm',
    answers: [found('abcdefghijklmnopqrstuvw')],
    clean: 'wrong: abcdefghijklm',
  },
  {
    story: 'the first piece of a long one, at the very beginning',
    message: 'abcdefghijkl',
    answers: [found('abcdefghijklmnopqrstuvwx')],
    clean: '‹redacted›',
  },
  {
    story: 'a piece of a long text within JSON',
    message: 'wrong: ijklmnopqrst.',
    answers: [found('{"a":"abcdefghijklmnopqrstuvwx"}')],
    clean: 'wrong: ‹redacted›.',
  },
  {
    story: 'a piece of what a generator made',
    message: 'wrong: ijklmnopqrst.',
    answers: [{ outcome: 'generated', data: new Map([['p', secret('abcdefghijklmnopqrstuvwx')]]) }],
    clean: 'wrong: ‹redacted›.',
  },
  {
    story: 'a piece of a long one that stands there twice',
    message: 'ijklmnopqrst, ijklmnopqrst.',
    answers: [found('abcdefghijklmnopqrstuvwx')],
    clean: '‹redacted›, ‹redacted›.',
  },
  {
    story: 'answers without values change nothing',
    message: 'may not read',
    answers: [failed, { outcome: 'absent' }],
    clean: 'may not read',
  },
]

for (const { story, message, answers, clean } of rows) {
  test(`redact: ${story}`, () => {
    assert.equal(redact(message, answers), clean)
  })
}

/** How a program may spell a value in a text, on purpose not the code that hides it. */
const spellings: Readonly<Record<string, (value: string) => string>> = {
  plain: (value) => value,
  base64: (value) => Buffer.from(value).toString('base64'),
  'base64 within a line of basic auth': (value) => Buffer.from(`a:${value}:b`).toString('base64'),
  'base64 behind one byte': (value) => Buffer.from(`a${value}bc`).toString('base64'),
  base64url: (value) => Buffer.from(value).toString('base64url'),
  hexadecimal: (value) => Buffer.from(value).toString('hex'),
  HEXADECIMAL: (value) => Buffer.from(value).toString('hex').toUpperCase(),
  'part of a URL': (value) => encodeURIComponent(value),
  'a form': (value) => encodeURIComponent(value).replaceAll('%20', '+'),
  'a URL': (value) => encodeURI(value),
  JSON: (value) => JSON.stringify(value),
  'JSON in ASCII': (value) =>
    JSON.stringify(value).replace(
      /[^\x20-\x7e]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
}

const values = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', minLength: 6, maxLength: 40 }),
  fc.string({ unit: 'grapheme', minLength: 6, maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('<', '&', '"', '\\', '/', '+', 'é', '日'), minLength: 6 }),
)

for (const [name, spell] of Object.entries(spellings)) {
  test(`redact: no value of six bytes or more comes through as ${name}`, () => {
    fc.assert(
      fc.property(values, fc.string(), fc.string(), (value, before, after) => {
        fc.pre(!'‹redacted›'.includes(value))
        const spelt = spell(value)
        const clean = redact(`${before} ${spelt} ${after}`, [found(value)])
        // What a spelling shares with its surroundings at either end says nothing about the value.
        const core = spelt.slice(4, -4)
        if (name.includes('within') || name.includes('behind')) {
          assert.ok(core.length < 6 || !clean.includes(core), clean)
        } else assert.ok(!clean.includes(spelt) || spelt === '""', clean)
      }),
      { numRuns: 150 },
    )
  })
}

test('redact: no piece of twelve characters of a long value comes through', () => {
  const long = fc.string({ unit: 'grapheme-ascii', minLength: 24, maxLength: 80 })
  fc.assert(
    fc.property(long, fc.nat(), fc.integer({ min: 12, max: 30 }), (value, from, length) => {
      const start = from % (value.length - 12)
      const piece = value.slice(start, start + length)
      // Of JSON only the texts within it are secret, and none of these is one.
      fc.pre(piece.length >= 12 && !/^[\s\d"[{tfn-]/.test(value))
      const clean = redact(`before ${piece} after`, [found(value)])
      for (let at = 0; at + 12 <= piece.length; at++) {
        assert.ok(!clean.includes(piece.slice(at, at + 12)), clean)
      }
    }),
    { numRuns: 300 },
  )
})

test('redact: the names within a JSON payload are no secrets, so a message may name them', () => {
  const payload = found('{"connection_string_of_primary":"postgres-secret"}')
  const message = 'no property "connection_string_of_secondary"'
  assert.equal(redact(message, [payload]), message)
})

test('redact: a message without a value is the same, however much was read', () => {
  const answers = Array.from({ length: 200 }, (_, at) => found(`value-of-secret-number-${at}`))
  const message = 'spec.data[3]: secret "shop/db" has no property "user" (HTTP 200)'
  assert.equal(redact(message, answers), message)
})
