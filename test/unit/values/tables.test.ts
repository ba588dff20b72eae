import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { type ParityMode, parityOf } from '../../../src/model/parity.ts'
import type { Answer, Payload } from '../../../src/model/provider.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { assemble } from '../../../src/values/assemble.ts'
import { processFetched, renameFetched } from '../../../src/values/datafrom.ts'
import { decodeValue } from '../../../src/values/decode.ts'
import { patternEngine } from '../../../src/values/pattern.ts'

// The tables above the code of assemble.ts, decode.ts and datafrom.ts, row by row.

function cells(table: string): readonly (readonly string[])[] {
  const lines = table.trim().split('\n').slice(1)
  return lines.map((line) => line.split('│').map((cell) => cell.trim()))
}

// ── decode.ts ──

const VALUES: Readonly<Record<string, string>> = {
  standard: '+/+/',
  url: '-_-_',
  neither: '?',
  both: 'YWJj',
}
const DECODED: Readonly<Record<string, string>> = { standard: '+/+/', url: '+/+/', both: 'YWJj' }

const DECODING = `
  strategy  │ standard │ url     │ neither │ both
  -         │ as is    │ as is   │ as is   │ as is
  None      │ as is    │ as is   │ as is   │ as is
  Base64    │ decoded  │ error   │ error   │ decoded
  Base64URL │ error    │ decoded │ error   │ decoded
  Auto      │ decoded  │ decoded │ as is   │ decoded
  Rot13     │ error    │ error   │ error   │ error
`

for (const [strategy = '', ...answers] of cells(DECODING)) {
  test(`decoding: ${strategy}`, () => {
    const shapes = ['standard', 'url', 'neither', 'both']
    const seen = shapes.map((shape) => {
      const value = new TextEncoder().encode(VALUES[shape])
      const attempt = decodeValue(strategy === '-' ? undefined : strategy, value)
      if (attempt.failure !== undefined) return 'error'
      if (Buffer.from(attempt.value).equals(value)) return 'as is'
      assert.equal(Buffer.from(attempt.value).toString('base64'), DECODED[shape])
      return 'decoded'
    })
    assert.deepEqual(seen, answers)
  })
}

// ── assemble.ts ──

const text = SecretValue.fromText('{"p":"1"}')
const found = (dialect: Payload['dialect']): Answer => ({
  outcome: 'found',
  payload: { dialect, text, binary: undefined, data: undefined, metadata: undefined },
})

const ENTRIES: Readonly<Record<string, { readonly spec: JsonObject; readonly answer: Answer }>> = {
  found: { spec: one({ key: 'k' }), answer: found('aws-secrets-manager') },
  absent: { spec: one({ key: 'k' }), answer: { outcome: 'absent' } },
  deleted: { spec: one({ key: 'k' }), answer: { outcome: 'absent', gone: 'deleted in May' } },
  'no property': {
    spec: one({ key: 'k', property: 'q' }),
    answer: found('aws-secrets-manager'),
  },
  'no property, fake': { spec: one({ key: 'k', property: 'q' }), answer: found('fake') },
  failed: {
    spec: one({ key: 'k' }),
    answer: {
      outcome: 'failed',
      failure: { code: 'unavailable', message: 'down', hint: undefined },
    },
  },
  'takes nothing': {
    spec: { dataFrom: [{ sourceRef: { storeRef: { name: 'st' } } }] },
    answer: { outcome: 'absent' },
  },
}

const ANSWERS = `
  answer            │ Retain         │ Delete           │ Merge            │ Retain, ESO's parity
  found             │ values         │ values           │ values           │ values
  absent            │ SecretNotFound │ gone             │ gone             │ SecretNotFound
  deleted           │ SecretGone     │ gone             │ gone             │ SecretGone
  no property       │ PropertyNotFound │ PropertyNotFound │ PropertyNotFound │ PropertyNotFound
  no property, fake │ SecretNotFound │ gone             │ gone             │ SecretNotFound
  failed            │ Unavailable    │ Unavailable      │ Unavailable      │ Unavailable
  takes nothing     │ InvalidEntry   │ InvalidEntry     │ InvalidEntry     │ nothing
`

function one(remoteRef: JsonObject): JsonObject {
  return { data: [{ secretKey: 'v', remoteRef }] }
}

function assembled(name: string, deletionPolicy: string, mode: ParityMode): string {
  const { spec, answer } = ENTRIES[name] ?? assert.fail(name)
  const sum = assemble({
    externalSecret: decodeExternalSecret({
      metadata: { name: 'es', namespace: 'ns' },
      spec: { secretStoreRef: { name: 'st' }, target: { deletionPolicy }, ...spec },
    }),
    defaultNamespace: 'ns',
    parity: parityOf(mode),
    answerTo: () => answer,
    patterns: undefined,
    transform: undefined,
  })
  if (sum.outcome === 'failed') return sum.errors.map(({ code }) => code).join()
  if (sum.gone.length > 0) return 'gone'
  return sum.data.size > 0 ? 'values' : 'nothing'
}

for (const [answer = '', ...expected] of cells(ANSWERS)) {
  test(`an answer: ${answer}`, () => {
    const policies = ['Retain', 'Delete', 'Merge'].map((policy) =>
      assembled(answer, policy, 'waybill'),
    )
    assert.deepEqual([...policies, assembled(answer, 'Retain', 'eso')], expected)
  })
}

// ── datafrom.ts ──

const STRATEGIES = { key: 'm', decodingStrategy: 'Base64', nullBytePolicy: 'Fail' }
const ELEMENTS: Readonly<Record<string, JsonObject>> = {
  extract: { extract: STRATEGIES },
  find: { find: { name: { regexp: '.' }, decodingStrategy: 'Base64', nullBytePolicy: 'Fail' } },
  generator: { sourceRef: { generatorRef: { kind: 'Fake', name: 'g' } } },
}

// What becomes of the key `a/b` with the value `YWJj`; the rewrite makes `.` of `/`, and `!` of `c`.
const FETCHED = `
  element   │ rewrite │ a/b        │ a/c        │ its value │ a value with a null byte
  extract   │ none    │ a_b        │ a_c        │ abc       │ NullByte
  extract   │ some    │ a.b        │ InvalidKey │ abc       │ NullByte
  find      │ none    │ a_b        │ a_c        │ abc       │ NullByte
  find      │ some    │ a.b        │ InvalidKey │ abc       │ NullByte
  generator │ none    │ InvalidKey │ InvalidKey │ -         │ -
  generator │ some    │ a.b        │ InvalidKey │ YWJj      │ as made
`

for (const [element = '', rewrite = '', ...expected] of cells(FETCHED)) {
  test(`fetched by ${element}, rewrite ${rewrite}`, () => {
    const operations = [
      { regexp: { source: '/', target: '.' } },
      { regexp: { source: 'c', target: '!' } },
    ]
    const { dataFrom } = decodeExternalSecret({
      spec: {
        dataFrom: [{ ...ELEMENTS[element], ...(rewrite === 'some' && { rewrite: operations }) }],
      },
    })
    const entry = dataFrom[0] ?? assert.fail('no entry')
    const means = { patterns: patternEngine, transform: undefined, parity: parityOf('waybill') }
    const bytes = (word: string): Uint8Array => new TextEncoder().encode(word)
    const renamed = (key: string): string => {
      const attempt = renameFetched(entry, new Map([[key, bytes('YWJj')]]), means)
      return attempt.failure?.code ?? [...(attempt.value ?? [])].map(([name]) => name).join()
    }
    const processed = (value: string): string => {
      const attempt = processFetched(entry, new Map([['a/b', bytes(value)]]), means)
      if (attempt.failure !== undefined) return attempt.failure.code
      const [only] = attempt.value.values()
      return Buffer.from(only ?? '').toString()
    }
    const value = processed('YWJj')
    const withNull = processed('YQBi')
    const seen = [
      ...[renamed('a/b'), renamed('a/c')],
      ...(value === 'InvalidKey'
        ? ['-', '-']
        : [value, withNull === 'YQBi' ? 'as made' : withNull]),
    ]
    assert.deepEqual(seen, expected)
  })
}
