import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeExternalSecret, type ExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { type ParityMode, parityOf } from '../../../src/model/parity.ts'
import {
  type Answer,
  type Payload,
  type Read,
  readFor,
  readKey,
} from '../../../src/model/provider.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { assemble, needsOf, readsOf } from '../../../src/values/assemble.ts'
import { patternEngine } from '../../../src/values/pattern.ts'

function externalSecret(spec: JsonObject): ExternalSecret {
  const metadata = { name: 'es', namespace: 'ns' }
  return decodeExternalSecret({ metadata, spec: { secretStoreRef: { name: 'st' }, ...spec } })
}

function payload(text: string, dialect: Payload['dialect'] = 'aws-secrets-manager'): Payload {
  const rest = { binary: undefined, data: undefined, metadata: undefined }
  return { ...rest, dialect, text: SecretValue.fromText(text) }
}

/** A store that answers by key; what it does not know is absent. */
function answers(texts: Readonly<Record<string, string | Answer>>) {
  return (read: Read): Answer => {
    const text = read.op === 'get' ? texts[read.key] : texts[read.op]
    if (text === undefined) return { outcome: 'absent' }
    return typeof text === 'string' ? { outcome: 'found', payload: payload(text) } : text
  }
}

function run(
  spec: JsonObject,
  texts: Readonly<Record<string, string | Answer>>,
  mode: ParityMode = 'waybill',
) {
  const assembled = assemble({
    externalSecret: externalSecret(spec),
    defaultNamespace: 'default',
    parity: parityOf(mode),
    answerTo: answers(texts),
    patterns: patternEngine,
    transform: undefined,
  })
  if (assembled.outcome === 'failed') return { errors: assembled.errors }
  const data = [...assembled.data].map(([key, value]) => [
    key,
    new TextDecoder().decode(value.reveal()),
  ])
  return { data: Object.fromEntries(data), gone: assembled.gone }
}

const value = (secretKey: string, key: string, rest: JsonObject = {}): JsonObject => ({
  secretKey,
  remoteRef: { key, ...rest },
})

test('reads: dataFrom comes before data, and each names its entry', () => {
  const es = externalSecret({
    data: [value('a', 'one', { version: '3' })],
    dataFrom: [
      { extract: { key: 'two', metadataPolicy: 'Fetch' } },
      { find: { name: { regexp: 'x' } } },
    ],
  })
  const store = 'SecretStore/ns/st'
  assert.deepEqual(readsOf(es, 'default'), [
    {
      field: 'spec.dataFrom[0]',
      read: {
        ...{ op: 'get', store, key: 'two', version: undefined },
        ...{ metadata: true, property: undefined },
      },
    },
    {
      field: 'spec.dataFrom[1]',
      read: {
        op: 'find',
        store,
        path: undefined,
        nameRegexp: 'x',
        tags: undefined,
        conversionStrategy: undefined,
      },
    },
    {
      field: 'spec.data[0]',
      read: {
        ...{ op: 'get', store, key: 'one', version: '3' },
        ...{ metadata: false, property: undefined },
      },
    },
  ])
})

test('reads: two entries on one secret share a call, but for a webhook, whose request may depend on the property', () => {
  const es = externalSecret({ data: [value('a', 'k', { property: 'x' }), value('b', 'k')] })
  const reads = readsOf(es, 'default').map(({ read }) => read)
  const calls = (provider: string): number =>
    new Set(reads.map((read) => readKey(readFor({ provider }, read)))).size
  assert.deepEqual(['vault', 'webhook'].map(calls), [1, 2])
})

test('reads: a store of the entry goes before the default one', () => {
  const storeRef = { name: 'cs', kind: 'ClusterSecretStore' }
  const es = externalSecret({ data: [{ ...value('a', 'k'), sourceRef: { storeRef } }] })
  const [planned] = readsOf(es, 'default')
  assert.ok(planned?.read.op === 'get')
  assert.equal(planned.read.store, 'ClusterSecretStore/cs')
})

test('reads: an ExternalSecret without a namespace takes the default', () => {
  const es = decodeExternalSecret({
    spec: { secretStoreRef: { name: 'st' }, data: [value('a', 'k')] },
  })
  const [planned] = readsOf(es, 'default')
  assert.ok(planned?.read.op === 'get')
  assert.equal(planned.read.store, 'SecretStore/default/st')
})

test('needs: only rewrites need engines', () => {
  assert.deepEqual(needsOf(externalSecret({ dataFrom: [{ find: { name: { regexp: 'x' } } }] })), {
    patterns: false,
    transform: false,
  })
  const rewrite = [{ regexp: { source: 'a', target: 'b' } }, { transform: { template: 't' } }]
  assert.deepEqual(needsOf(externalSecret({ dataFrom: [{ extract: { key: 'k' }, rewrite }] })), {
    patterns: true,
    transform: true,
  })
})

test('assemble: data beats dataFrom, later beats earlier', () => {
  const spec = {
    data: [value('a', 'plain'), value('a', 'other')],
    dataFrom: [{ extract: { key: 'one' } }, { extract: { key: 'two' } }],
  }
  const texts = { plain: 'p', other: 'o', one: '{"a":"1","b":"1"}', two: '{"b":"2","c":"2"}' }
  assert.deepEqual(run(spec, texts), { data: { a: 'o', b: '2', c: '2' }, gone: [] })
})

test('assemble: a missing secret is an error under Retain', () => {
  assert.deepEqual(run({ data: [value('a', 'plain'), value('b', 'nokey')] }, { plain: 'x' }), {
    errors: [
      {
        code: 'SecretNotFound',
        field: 'spec.data[1].remoteRef.key',
        message: 'secret nokey does not exist at the provider',
      },
    ],
  })
})

for (const deletionPolicy of ['Delete', 'Merge']) {
  test(`assemble: a missing secret is skipped and named under ${deletionPolicy}`, () => {
    const spec = {
      target: { deletionPolicy },
      data: [value('a', 'plain'), value('b', 'nokey')],
      dataFrom: [{ extract: { key: 'nokey' } }],
    }
    assert.deepEqual(run(spec, { plain: 'x' }), {
      data: { a: 'x' },
      gone: ['spec.dataFrom[0]', 'spec.data[1]'],
    })
  })
}

const DELETED: Answer = { outcome: 'absent', gone: 'version 3 of secret/x was deleted' }
const REMOTE: Answer = { outcome: 'absent', dialect: 'kubernetes' }

test('assemble: what was deleted at the provider says so, and counts as gone', () => {
  const data = [value('a', 'deleted'), value('b', 'plain')]
  const texts = { deleted: DELETED, plain: 'x' }
  assert.deepEqual(run({ data }, texts), {
    errors: [
      {
        code: 'SecretGone',
        field: 'spec.data[0].remoteRef.key',
        message: 'version 3 of secret/x was deleted',
      },
    ],
  })
  assert.deepEqual(run({ target: { deletionPolicy: 'Delete' }, data }, texts), {
    data: { b: 'x' },
    gone: ['spec.data[0]'],
  })
})

test('assemble: no policy acts on a value of a remote Secret that is missing, only on an extract (R163)', () => {
  const target = { deletionPolicy: 'Delete' }
  assert.deepEqual(run({ target, data: [value('a', 'remote')] }, { remote: REMOTE }), {
    errors: [
      {
        code: 'InvalidEntry',
        field: 'spec.data[0].remoteRef.key',
        message: 'secret remote not found',
      },
    ],
  })
  assert.deepEqual(
    run({ target, dataFrom: [{ extract: { key: 'remote' } }] }, { remote: REMOTE }),
    { data: {}, gone: ['spec.dataFrom[0]'] },
  )
})

test('assemble: a missing property fails under every policy', () => {
  const spec = {
    target: { deletionPolicy: 'Delete' },
    data: [value('a', 'k', { property: 'nope' })],
  }
  const { errors } = run(spec, { k: '{}' })
  assert.equal(errors?.[0]?.code, 'PropertyNotFound')
  assert.equal(errors?.[0]?.field, 'spec.data[0].remoteRef.property')
})

test('assemble: but on fake it counts as a missing secret', () => {
  const spec = {
    target: { deletionPolicy: 'Delete' },
    data: [value('a', 'k', { property: 'nope' })],
  }
  const found: Answer = { outcome: 'found', payload: payload('{}', 'fake') }
  assert.deepEqual(run(spec, { k: found }), { data: {}, gone: ['spec.data[0]'] })
})

test('assemble: all errors are reported, each at its field', () => {
  const failure = { code: 'forbidden', message: 'role may not read k3', hint: 'bind it' } as const
  const spec = {
    dataFrom: [
      { extract: { key: 'text' } },
      { extract: { key: 'json', decodingStrategy: 'Base64' } },
      { extract: { key: 'json' }, rewrite: [{ regexp: { source: '[', target: '' } }] },
      { extract: { key: 'slash' } },
    ],
    data: [
      value('a', 'k3'),
      value('b', 'text', { decodingStrategy: 'Base64' }),
      value('c', 'nul', { nullBytePolicy: 'Fail' }),
      { ...value('d', 'k'), sourceRef: { generatorRef: { kind: 'Password', name: 'p' } } },
    ],
  }
  const texts: Record<string, string | Answer> = {
    text: 'plain text',
    json: '{"x":"!"}',
    slash: '{"a/b":"1","a b":"2"}',
    nul: 'a\u0000b',
    k3: { outcome: 'failed', failure },
  }
  const { errors } = run(spec, texts)
  assert.deepEqual(
    errors?.map(({ code, field }) => [code, field]),
    [
      ['NotJson', 'spec.dataFrom[0].extract.key'],
      ['DecodeFailed', 'spec.dataFrom[1].extract.decodingStrategy'],
      ['InvalidPattern', 'spec.dataFrom[2].rewrite[0].regexp.source'],
      ['KeyCollision', 'spec.dataFrom[3].extract.conversionStrategy'],
      ['Forbidden', 'spec.data[0]'],
      ['DecodeFailed', 'spec.data[1].remoteRef.decodingStrategy'],
      ['NullByte', 'spec.data[2].remoteRef.nullBytePolicy'],
      ['Unsupported', 'spec.data[3].sourceRef.generatorRef'],
    ],
  )
  assert.equal(errors?.[4]?.message, 'role may not read k3; bind it')
})

test('assemble: an entry without any store says so', () => {
  const { errors } = run({ secretStoreRef: {}, data: [value('a', 'k')] }, {})
  assert.equal(errors?.[0]?.code, 'StoreNotFound')
  assert.equal(errors?.[0]?.field, 'spec.data[0]')
})

test('assemble: an element that takes nothing is an error; ESO yields nothing', () => {
  const spec = { dataFrom: [{ sourceRef: { storeRef: { name: 'st' } } }] }
  const { errors } = run(spec, {})
  assert.equal(errors?.[0]?.field, 'spec.dataFrom[0]')
  assert.deepEqual(run(spec, {}, 'eso'), { data: {}, gone: [] })
})

test('assemble: find stores whole payloads under converted names', () => {
  const payloads = new Map([
    ['/path/two', payload('{"a":1}')],
    ['/path/one', payload('p1')],
  ])
  const spec = { dataFrom: [{ find: { name: { regexp: '.' } } }] }
  assert.deepEqual(run(spec, { find: { outcome: 'found-many', payloads } }), {
    data: { _path_one: 'p1', _path_two: '{"a":1}' },
    gone: [],
  })
})

test('assemble: what a generator makes is neither converted nor decoded', () => {
  const data = new Map([['a.b', SecretValue.fromText('aGk=')]])
  const spec = { dataFrom: [{ sourceRef: { generatorRef: { kind: 'Password', name: 'p' } } }] }
  const generate: Answer = { outcome: 'generated', data }
  assert.deepEqual(run(spec, { generate }), { data: { 'a.b': 'aGk=' }, gone: [] })
})

test('assemble: an answer to another question is a bug, not a value', () => {
  const payloads = new Map([['x', payload('y')]])
  const texts: Record<string, Answer> = { k: { outcome: 'found-many', payloads } }
  assert.throws(
    () => run({ data: [value('a', 'k')] }, texts),
    /one secret was answered with found-many/,
  )
})

test('assemble: the order of an answer changes nothing, errors included', () => {
  const name = fc.constantFrom('a/b', 'a b', 'a_b', 'c', 'd!', 'e')
  const item = fc.tuple(name, fc.constantFrom('aGk=', '!', '{"x":1}', '{"x":2}'))
  const strategies = fc.constantFrom(
    {},
    { decodingStrategy: 'Base64' },
    { conversionStrategy: 'Nope' },
    { conversionStrategy: 'Unicode' },
  )
  const rewrites = fc.constantFrom(
    [],
    [{ merge: {} }],
    [{ regexp: { source: '[^a-z]', target: '' } }],
  )
  const shuffled = fc
    .uniqueArray(item, { selector: ([key]) => key })
    .chain((items) =>
      fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length })),
    )
  fc.assert(
    fc.property(shuffled, strategies, rewrites, ([items, others], strategy, rewrite) => {
      const spec = { dataFrom: [{ find: { name: { regexp: '.' }, ...strategy }, rewrite }] }
      const [first, second] = [items, others].map((list) => {
        const payloads = new Map(list.map(([key, text]) => [key, payload(text)]))
        return run(spec, { find: { outcome: 'found-many', payloads } })
      })
      assert.deepEqual(first, second)
      assert.equal(JSON.stringify(first), JSON.stringify(second))
    }),
    { numRuns: 300 },
  )
})

test('assemble: no error text holds eight bytes of a payload', () => {
  const secret = fc.string({
    unit: fc.constantFrom('Q', 'Z', '7', '{', '"', '\\', ':', '\u0000', 'é'),
    minLength: 8,
    maxLength: 40,
  })
  const dialect = fc.constantFrom<Payload['dialect']>(
    'aws-secrets-manager',
    'gcp-secret-manager',
    'vault-kv2',
    'fake',
  )
  const ref = { key: 'k', nullBytePolicy: 'Fail' }
  const spec = {
    data: [
      value('a', 'k', { property: 'p.q' }),
      value('b', 'k', { decodingStrategy: 'Base64' }),
      value('c', 'k', { nullBytePolicy: 'Fail' }),
    ],
    dataFrom: [
      { extract: ref },
      { extract: { ...ref, property: '@this' } },
      { find: { name: { regexp: '.' } }, rewrite: [{ merge: {} }] },
      { find: { name: { regexp: '.' }, decodingStrategy: 'Base64URL' } },
    ],
  }
  fc.assert(
    fc.property(secret, dialect, (text, from) => {
      const payloads = new Map([['found', payload(text, from)]])
      const { errors = [] } = run(spec, {
        k: { outcome: 'found', payload: payload(text, from) },
        find: { outcome: 'found-many', payloads },
      })
      assert.ok(errors.length > 0)
      for (let at = 0; at + 8 <= text.length; at++) {
        const window = text.slice(at, at + 8)
        for (const { message, field } of errors) {
          assert.ok(!message.includes(window) && !field.includes(window), `${field}: ${message}`)
        }
      }
    }),
    { numRuns: 500 },
  )
})
