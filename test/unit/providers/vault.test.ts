import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Read } from '../../../src/model/provider.ts'
import type { VaultOptions } from '../../servers/vault-state.ts'
import { decode, fetchMetadata, get, inShort } from './opening.ts'
import { bench, failureIn, readOne, SECRETS } from './vault-bench.ts'

test('a secret of KV v2 is its data map, with the text of every number', async (t) => {
  const { open } = await bench(t)
  const provider = await open()
  assert.equal(inShort(await readOne(provider, get('shop/api'))), '{"token":"tok-1","port":8080}')
  assert.equal(inShort(await readOne(provider, get('shop/exact'))), SECRETS['shop/exact'])
})

test('reads are answered in their order, one call each', async (t) => {
  const { open, vault, opening } = await bench(t)
  const provider = await open()
  const reads = [get('shop/exact'), get('none'), get('shop/api')]
  const answers = await provider.read(reads, opening.context.signal)
  assert.deepEqual(answers.map(inShort), [
    SECRETS['shop/exact'],
    'absent',
    '{"token":"tok-1","port":8080}',
  ])
  assert.equal(vault.calls.count(), 3)
  assert.deepEqual(opening.calls, ['vault:read', 'vault:read', 'vault:read'])
})

test('a secret of KV v1 is its data map', async (t) => {
  const data = '{"n":1.50,"data":{"not":"v2"}}'
  const { open } = await bench(t, { mounts: { 'team/kv': 1 }, secrets: { 'team/kv': { a: data } } })
  const provider = await open({ path: 'team/kv', version: 'v1' })
  assert.equal(inShort(await readOne(provider, get('a'))), data)
  assert.equal(inShort(await readOne(provider, get('team/kv/a'))), data)
})

const spellings = [
  { story: 'a store with a path, the key below it', path: 'secret', key: 'shop/api' },
  { story: 'the key repeats the path', path: 'secret', key: 'secret/shop/api' },
  { story: 'the key is an API path', path: 'secret', key: 'secret/data/shop/api' },
  { story: 'no path: the first segment is the mount', path: '', key: 'secret/shop/api' },
  { story: 'a slash at the end of the path', path: 'secret/', key: 'shop/api' },
  {
    story: 'doubled slashes mean one, as to the client of Vault',
    path: 'secret',
    key: '/shop//api',
  },
]
for (const { story, path, key } of spellings) {
  test(`a key is found: ${story}`, async (t) => {
    const { open, vault } = await bench(t)
    const answer = await readOne(await open({ path }), get(key))
    assert.equal(answer?.outcome, 'found')
    assert.deepEqual(vault.calls.all[0]?.keys, ['secret/data/shop/api'])
  })
}

const names = [
  'with space',
  'per%cent',
  'ünï/çødé',
  "q'uote",
  'semi;colon',
  'a&b=c',
  '{{mustache}}',
  '%2e%2e',
]
test('a name of any characters arrives as it was written', async (t) => {
  const { open, vault, opening } = await bench(t)
  for (const name of names) vault.put('secret', name, { is: name })
  const answers = await (await open()).read(
    names.map((name) => get(name)),
    opening.context.signal,
  )
  assert.deepEqual(
    answers.map(inShort),
    names.map((name) => JSON.stringify({ is: name })),
  )
})

const refusedKeys = [
  '../sys/health',
  'a/../../sys',
  './a',
  'a/.',
  'a?list=true',
  'a#b',
  'a\nb',
  '\u0000',
  '',
  '/',
  '\ud800',
]
for (const key of refusedKeys) {
  test(`key ${JSON.stringify(key)} is refused before anything is sent`, async (t) => {
    const { open, vault } = await bench(t)
    const answer = await readOne(await open({ path: '' }), get(key))
    assert.equal(failureIn(answer)?.code, 'invalid')
    assert.equal(vault.calls.count(), 0)
  })
}

test('a version is asked for by number', async (t) => {
  const { open, vault } = await bench(t)
  vault.put('secret', 'shop/api', { token: 'tok-2' })
  const provider = await open()
  assert.equal(
    inShort(await readOne(provider, get('shop/api', '1'))),
    '{"token":"tok-1","port":8080}',
  )
  assert.equal(inShort(await readOne(provider, get('shop/api', '2'))), '{"token":"tok-2"}')
  assert.equal(inShort(await readOne(provider, get('shop/api', '3'))), 'absent')
  assert.equal(failureIn(await readOne(provider, get('shop/api', '1&x=y')))?.code, 'invalid')
})

test('a deleted version is absent, a destroyed one too, an older one is still there', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open()
  vault.put('secret', 'shop/api', { token: 'tok-2' })
  vault.deleteVersion('secret', 'shop/api')
  assert.equal(inShort(await readOne(provider, get('shop/api'))), 'absent')
  assert.equal(
    inShort(await readOne(provider, get('shop/api', '1'))),
    '{"token":"tok-1","port":8080}',
  )
  vault.destroyVersion('secret', 'shop/api')
  assert.equal(inShort(await readOne(provider, get('shop/api'))), 'absent')
  vault.remove('secret', 'shop/api')
  assert.equal(inShort(await readOne(provider, get('shop/api', '1'))), 'absent')
})

test('of a version that was there it is said what became of it', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open()
  const wordsOf = async (key: string, version?: string) => {
    const answer = await readOne(provider, get(key, version))
    return answer?.outcome === 'absent' ? answer.gone : answer?.outcome
  }
  vault.deleteVersion('secret', 'shop/api')
  assert.equal(await wordsOf('shop/api'), 'version 1 of secret/shop/api was deleted')
  vault.destroyVersion('secret', 'shop/api')
  assert.equal(await wordsOf('shop/api', '1'), 'version 1 of secret/shop/api is destroyed')
  assert.equal(await wordsOf('shop/api', '7'), undefined)
  assert.equal(await wordsOf('never'), undefined)
})

test('a 404 that complains about the mount does not count as absent', async (t) => {
  const { open } = await bench(t)
  const failure = failureIn(await readOne(await open({ path: 'nowhere' }), get('a')))
  assert.equal(failure?.code, 'invalid')
  assert.match(failure?.message ?? '', /no secrets engine is mounted at vault path nowhere/)
})

const impostors = [
  { story: 'a page of a proxy', reply: { status: 404, body: '<html>not here</html>' } },
  {
    story: 'JSON of something else',
    reply: { status: 404, body: '{"message":"no Route matched"}' },
  },
  { story: 'a list', reply: { status: 404, body: '[]' } },
]
for (const { story, reply } of impostors) {
  test(`a 404 that Vault did not write does not count as absent: ${story}`, async (t) => {
    const { open, vault } = await bench(t)
    const provider = await open()
    vault.fault({ does: { reply } })
    assert.equal((await readOne(provider, get('shop/api')))?.outcome, 'failed')
  })
}

test('KV v1 settings for a KV v2 engine are named as the mistake that they are', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open({ version: 'v1' })
  const body = '{"data":null,"warnings":["Invalid path for a versioned K/V secrets engine."]}'
  vault.fault({ does: { reply: { status: 404, body } } })
  const failure = failureIn(await readOne(provider, get('shop/api')))
  assert.equal(failure?.code, 'invalid')
  assert.match(failure?.hint ?? '', /version to v2/)
})

test('metadata is what Vault keeps beside the versions', async (t) => {
  const { open, vault } = await bench(t)
  vault.setMetadata('secret', 'shop/api', { owner: 'team-a' })
  const answer = await readOne(await open(), fetchMetadata('shop/api'))
  assert.ok(answer?.outcome === 'found' && answer.payload.metadata?.json !== undefined)
  const metadata = JSON.parse(decode(answer.payload.metadata.json)) as Record<string, unknown>
  assert.deepEqual(metadata.custom_metadata, { owner: 'team-a' })
  assert.equal(metadata.current_version, 1)
  assert.equal(answer.payload.text, undefined)
  assert.equal(vault.calls.count('vault:metadata'), 1)
})

test('metadata of KV v1, and of a secret that is not there, are errors', async (t) => {
  const { open } = await bench(t)
  const old = failureIn(await readOne(await open({ version: 'v1' }), fetchMetadata('a')))
  assert.match(old?.message ?? '', /cannot perform metadata fetch operations with kv version v1/)
  const none = failureIn(await readOne(await open(), fetchMetadata('none')))
  assert.match(none?.message ?? '', /secret not found/)
})

test('what the provider does not have is said per read', async (t) => {
  const { open, opening } = await bench(t)
  const generate: Read = {
    op: 'generate',
    generator: 'Password/shop/p',
    namespace: 'shop',
    entry: '',
  }
  const answers = await (await open()).read([generate, get('shop/exact')], opening.context.signal)
  assert.deepEqual(answers.map(inShort), ['unsupported', SECRETS['shop/exact']])
})

// ── find ──

const find = (more: Partial<Read & { readonly op: 'find' }>): Read => ({
  op: 'find',
  store: '',
  path: undefined,
  nameRegexp: undefined,
  tags: undefined,
  conversionStrategy: undefined,
  ...more,
})
const TREE = { a: { n: 1 }, 'team/a': { n: 2 }, 'team/deep/er/b': { n: 3 }, 'other/b': { n: 4 } }

const finds: readonly {
  readonly story: string
  readonly read: Read
  readonly keys: readonly string[]
}[] = [
  { story: 'everywhere by name', read: find({ nameRegexp: 'a$' }), keys: ['a', 'team/a'] },
  {
    story: 'by a folder in the name',
    read: find({ nameRegexp: '^team/' }),
    keys: ['team/a', 'team/deep/er/b'],
  },
  {
    story: 'below a path, with keys from the mount on',
    read: find({ path: 'team', nameRegexp: 'b' }),
    keys: ['team/deep/er/b'],
  },
  { story: 'all below a path', read: find({ path: '/team/' }), keys: ['team/a', 'team/deep/er/b'] },
  { story: 'by exact tags', read: find({ tags: new Map([['env', 'prod']]) }), keys: ['team/a'] },
  {
    story: 'by tags and name',
    read: find({ nameRegexp: 'b$', tags: new Map([['env', 'prod']]) }),
    keys: [],
  },
  { story: 'without a match', read: find({ nameRegexp: 'nothing' }), keys: [] },
]
for (const { story, read, keys } of finds) {
  test(`find ${story}: ${keys.join(', ')}`, async (t) => {
    const { open, vault } = await bench(t, { secrets: { secret: TREE } })
    vault.setMetadata('secret', 'team/a', { env: 'prod' })
    vault.setMetadata('secret', 'other/b', { env: 'production' })
    const answer = await readOne(await open(), read)
    assert.ok(answer?.outcome === 'found-many')
    assert.deepEqual([...answer.payloads.keys()], keys)
  })
}

test('find skips what is deleted, and gives the whole data map of the rest', async (t) => {
  const { open, vault } = await bench(t, { secrets: { secret: TREE } })
  vault.deleteVersion('secret', 'team/a')
  const answer = await readOne(await open(), find({ nameRegexp: 'a$' }))
  assert.ok(answer?.outcome === 'found-many')
  const texts = [...answer.payloads].map(([key, { text }]) => [key, text && decode(text)])
  assert.deepEqual(texts, [['a', '{"n":1}']])
})

test('find in KV v1 walks the mount itself', async (t) => {
  const options: VaultOptions = { mounts: { kv: 1 }, secrets: { kv: TREE } }
  const { open } = await bench(t, options)
  const provider = await open({ path: 'kv', version: 'v1' })
  const answer = await readOne(provider, find({ nameRegexp: 'b$' }))
  assert.ok(answer?.outcome === 'found-many')
  assert.deepEqual([...answer.payloads.keys()], ['other/b', 'team/deep/er/b'])
  const tagged = failureIn(await readOne(provider, find({ tags: new Map([['a', 'b']]) })))
  assert.match(tagged?.message ?? '', /cannot perform find by tag operations with kv version v1/)
})

test('find in an engine that is empty is absent, and without a match it is nothing (R31)', async (t) => {
  const { open } = await bench(t, { secrets: {} })
  assert.equal(inShort(await readOne(await open(), find({ nameRegexp: 'x' }))), 'absent')
  const full = await bench(t, { secrets: { secret: TREE } })
  const answer = await readOne(await full.open(), find({ nameRegexp: 'nothing' }))
  assert.equal(answer?.outcome === 'found-many' && answer.payloads.size, 0)
})

test('find fails as a whole when one folder or secret may not be read', async (t) => {
  const list = { path: 'secret/metadata/', capabilities: ['list'] as const }
  const some = { path: 'secret/data/team/', capabilities: ['read'] as const }
  const users = { ann: { password: 'pass-1', grant: { policies: ['some'] } } }
  const options: VaultOptions = {
    secrets: { secret: TREE },
    auth: { userpass: { method: 'userpass', users } },
    policies: { some: [list, some] },
  }
  const { open } = await bench(t, options, { secrets: { 'shop/login': { password: 'pass-1' } } })
  const secretRef = { name: 'login', key: 'password' }
  const provider = await open({ auth: { userPass: { username: 'ann', secretRef } } })
  const below = await readOne(provider, find({ path: 'team' }))
  assert.equal(below?.outcome, 'found-many')
  const failure = failureIn(await readOne(provider, find({ nameRegexp: '.' })))
  assert.equal(failure?.code, 'forbidden')
})

const badFinds: readonly {
  readonly story: string
  readonly settings: JsonObject
  readonly read: Read
}[] = [
  { story: 'nothing to go by', settings: {}, read: find({}) },
  { story: 'no mount', settings: { path: '' }, read: find({ nameRegexp: 'x' }) },
  { story: 'a pattern that does not compile', settings: {}, read: find({ nameRegexp: '[' }) },
  { story: 'a path out of the mount', settings: {}, read: find({ path: '../sys' }) },
]
for (const { story, settings, read } of badFinds) {
  test(`find with ${story} is an error without a call`, async (t) => {
    const { open, vault } = await bench(t)
    assert.equal(failureIn(await readOne(await open(settings), read))?.code, 'invalid')
    assert.equal(vault.calls.count(), 0)
  })
}
