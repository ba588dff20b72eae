import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '../../../src/model/json.ts'
import type { Answer, Read } from '../../../src/model/provider.ts'
import { decodeStore, type Store } from '../../../src/model/store.ts'
import { openFake } from '../../../src/providers/fake/open.ts'
import { ProviderError } from '../../../src/providers/provider.ts'

const DATA = [
  { key: 'plain', value: 'hello' },
  { key: 'ver', value: 'old', version: 'v1' },
  { key: 'ver', value: 'new', version: 'v2' },
  { key: 'ver', value: 'older', version: 'v10' },
  { key: '/path/one', value: 'p1' },
  { key: 'twice', value: 'first' },
  { key: 'twice', value: 'last' },
  { key: 'a1', value: 'of a1' },
  { key: 'a', value: 'of a', version: '1' },
]

const rows: readonly (readonly [string, string, string | undefined, string])[] = [
  ['a key', 'plain', undefined, 'hello'],
  ['a key at a version', 'ver', 'v2', 'new'],
  ['a key that has versions only, without one', 'ver', undefined, 'absent'],
  ['a version that is not there', 'ver', 'v3', 'absent'],
  ['key and version joined as text', 'verv1', undefined, 'absent'],
  ['a key whose place a version of another took', 'a1', undefined, 'absent'],
  ['the version that took it', 'a', '1', 'of a'],
  ['a key that is there twice: the last one', 'twice', undefined, 'last'],
  ['a key that is not there', 'nothing', undefined, 'absent'],
  ['a key that every object has', 'constructor', undefined, 'absent'],
]
for (const [story, key, version, expected] of rows) {
  test(`fake: ${story}`, async () => {
    assert.equal(shown(await ask(get(key, version))), expected)
  })
}

test('fake: find gives the highest version by text, unanchored, with raw names', async () => {
  assert.equal(shown(await ask(find('^ver'))), 'ver=new')
  assert.equal(shown(await ask(find('one|plain'))), '/path/one=p1 plain=hello')
})

test('fake: find without a match is an empty map, not an absence', async () => {
  assert.equal(shown(await ask(find('^zzz'))), '')
})

test('fake: a pattern that RE2 refuses is one failed answer among good ones', async () => {
  const provider = await openFake(store(DATA))
  const answers = await provider.read([find('('), get('plain')], new AbortController().signal)
  assert.deepEqual(answers.map(shown), ['invalid', 'hello'])
})

test('fake: find by tags is not supported', async () => {
  assert.equal(shown(await ask({ ...find('x'), nameRegexp: undefined })), 'unsupported')
})

for (const item of [{ key: '', value: 'x' }, { key: 'x', value: '' }, { key: 'x' }]) {
  test(`fake: an entry ${JSON.stringify(item)} is refused when the store is opened`, async () => {
    await assert.rejects(openFake(store([item])), (error) => {
      assert.ok(error instanceof ProviderError)
      assert.match(
        error.message,
        /^spec\.provider\.fake\.data\[0\]: key and value must not be empty$/,
      )
      return true
    })
  })
}

test('fake: a store without data holds nothing', async () => {
  const provider = await openFake(store(undefined))
  const [answer] = await provider.read([get('plain')], new AbortController().signal)
  assert.equal(answer?.outcome, 'absent')
  await provider.close()
})

for (const [validationResult, isReady] of [
  [0, true],
  [1, true],
  [2, false],
  [-1, false],
  ['x', false],
] as const) {
  test(`fake: validationResult ${validationResult} is ${isReady ? 'ready' : 'refused'}`, async () => {
    const given = { ...store(DATA), settings: { data: [], validationResult } }
    if (isReady) await openFake(given)
    else await assert.rejects(openFake(given), /validationResult says that this store is not ready/)
  })
}

async function ask(read: Read): Promise<Answer | undefined> {
  const provider = await openFake(store(DATA))
  const [answer] = await provider.read([read], new AbortController().signal)
  return answer
}

function get(key: string, version?: string): Read {
  const store = 'SecretStore/ns/st'
  return { op: 'get', store, key, version, metadata: false, property: undefined }
}

function find(nameRegexp: string): Extract<Read, { readonly op: 'find' }> {
  const none = { path: undefined, tags: undefined, conversionStrategy: undefined }
  return { op: 'find', store: 'SecretStore/ns/st', nameRegexp, ...none }
}

function store(data: JsonValue | undefined): Store {
  return decodeStore({
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'st', namespace: 'ns' },
    spec: { provider: { fake: data === undefined ? {} : { data } } },
  })
}

function shown(answer: Answer | undefined): string {
  if (answer?.outcome === 'failed') return answer.failure.code
  if (answer?.outcome === 'found') return reveal(answer.payload.text)
  if (answer?.outcome !== 'found-many') return String(answer?.outcome)
  const all = [...answer.payloads].map(([key, { text }]) => `${key}=${reveal(text)}`)
  return all.sort().join(' ')
}

function reveal(value: { reveal(): Uint8Array } | undefined): string {
  return Buffer.from(value?.reveal() ?? []).toString()
}
