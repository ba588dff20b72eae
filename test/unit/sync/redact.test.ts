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
    story: 'a word shorter than eight characters stays, for the sake of the message',
    message: 'key db does not exist',
    answers: [found('{"a":"key","b":"exist"}')],
    clean: 'key db does not exist',
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

test('redact: no value of eight characters or more remains, whatever stands around it', () => {
  const value = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 20 })
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (values) => {
      fc.pre(values.every((one) => !'‹redacted›'.includes(one)))
      const clean = redact(`at ${values.join(' and ')}.`, values.map(found))
      for (const one of values) assert.ok(!clean.includes(one), one)
    }),
    { numRuns: 300 },
  )
})
