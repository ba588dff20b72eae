import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Read } from '../../../src/model/provider.ts'
import type { SecretProvider } from '../../../src/providers/provider.ts'
import type { AwsOptions, AwsServer } from '../../servers/aws.ts'
import { bench, callsOf, failureIn, find, KEY, readAll, readOne } from './aws-bench.ts'
import { fetchMetadata, get, inShort, type TestOpening } from './opening.ts'

const TEN = 'ssm:GetParameters'
const ONE = 'ssm:GetParameter'

interface Shelf {
  readonly aws: AwsServer
  readonly opening: TestOpening
  readonly provider: SecretProvider
}

async function open(
  t: Parameters<typeof bench>[0],
  options: AwsOptions,
  settings: JsonObject = {},
): Promise<Shelf> {
  const { aws, opening, open } = await bench(t, options)
  return { aws, opening, provider: await open({ service: 'ParameterStore', ...settings }) }
}

const PARAMETERS: AwsOptions['parameters'] = {
  '/app/db': '{"user":"u"}',
  '/app/api': { values: ['1', '2', '3'], labels: { blue: 2 } },
  plain: { values: ['a,b'], type: 'StringList' },
}

// ── Reads ──

test('parameters are one call, decrypted, in the order asked', async (t) => {
  const { aws, provider, opening } = await open(t, { parameters: PARAMETERS })
  const answers = await readAll(provider, get('plain'), get('/none'), get('/app/db'))
  assert.deepEqual(answers.map(inShort), ['a,b', 'absent', '{"user":"u"}'])
  assert.deepEqual(callsOf(aws), [TEN])
  assert.deepEqual(opening.calls, [TEN])
})

test('one parameter is one plain call', async (t) => {
  const { aws, provider } = await open(t, { parameters: PARAMETERS })
  assert.equal(inShort(await readOne(provider, get('plain'))), 'a,b')
  assert.deepEqual(callsOf(aws), [ONE])
})

test('25 parameters are three calls of at most ten', async (t) => {
  const parameters = Object.fromEntries(
    Array.from({ length: 25 }, (_, at) => [`/p/${at}`, `v${at}`]),
  )
  const { aws, provider } = await open(t, { parameters })
  const answers = await readAll(provider, ...Object.keys(parameters).map((key) => get(key)))
  assert.deepEqual(answers.map(inShort), Object.values(parameters))
  assert.deepEqual(aws.calls.all.map(({ keys }) => keys.length).sort(), [10, 10, 5])
})

test('the same parameter twice is asked for once', async (t) => {
  const { aws, provider } = await open(t, { parameters: PARAMETERS })
  const answers = await readAll(provider, get('plain'), get('/app/db'), get('plain'))
  assert.deepEqual(answers.map(inShort), ['a,b', '{"user":"u"}', 'a,b'])
  assert.deepEqual(
    aws.calls.all.map(({ keys }) => keys.length),
    [2],
  )
})

test('versions and labels travel in the same call, and what they name is what comes', async (t) => {
  const { aws, provider } = await open(t, { parameters: PARAMETERS })
  const versions = ['1', 'blue', undefined, '', '9', 'green']
  const answers = await readAll(provider, ...versions.map((version) => get('/app/api', version)))
  assert.deepEqual(answers.map(inShort), ['1', '2', '3', '3', 'absent', 'absent'])
  assert.deepEqual(callsOf(aws), [TEN])
})

test('a parameter of another account is known by its ARN', async (t) => {
  const { provider } = await open(t, { parameters: PARAMETERS })
  const arn = 'arn:aws:ssm:eu-central-1:123456789012:parameter/app/api'
  const answers = await readAll(provider, get(arn), get(arn, '1'), get('plain'))
  assert.deepEqual(answers.map(inShort), ['3', '1', 'a,b'])
})

test('the prefix of the store stands before every key', async (t) => {
  const options = { parameters: { '/test/this/baz': 'v' } }
  const { aws, provider } = await open(t, options, { prefix: '/test/this' })
  assert.equal(inShort(await readOne(provider, get('/baz'))), 'v')
  assert.deepEqual(aws.calls.all[0]?.keys, ['/test/this/baz'])
})

test('metadataPolicy Fetch gives the tags, and no value', async (t) => {
  const tags = { owner: 'team-a', env: 'prod' }
  const { aws, provider } = await open(t, { parameters: { '/a': { values: ['v'], tags } } })
  const answers = await readAll(provider, fetchMetadata('/a'), fetchMetadata('/none'))
  assert.ok(answers[0]?.outcome === 'found')
  assert.deepEqual(Object.fromEntries(answers[0].payload.metadata?.tags ?? []), tags)
  assert.equal(answers[0].payload.text, undefined)
  assert.equal(answers[1]?.outcome, 'absent')
  assert.deepEqual(new Set(callsOf(aws)), new Set(['ssm:ListTagsForResource']))
})

test('an empty value is a value, and a value that is missing is told to the reader', async (t) => {
  const { aws, provider } = await open(t, { parameters: { '/a': '' } })
  const [empty] = await readAll(provider, get('/a'))
  assert.ok(empty?.outcome === 'found')
  assert.equal(empty.payload.text?.byteLength, 0)
  const body = JSON.stringify({ Parameter: { Name: '/a' } })
  const headers = { 'content-type': 'application/x-amz-json-1.1' }
  aws.fault({ does: { reply: { status: 200, headers, body } } })
  const [none] = await readAll(provider, get('/a'))
  assert.ok(none?.outcome === 'found')
  assert.equal(none.payload.text, undefined)
})

const badNames = ['', 'a b', 'a?b', 'ä', 'a\nb', 'a@b', 'x'.repeat(3000)]
test('what is no name is refused alone, and spoils no batch', async (t) => {
  const { aws, provider } = await open(t, { parameters: PARAMETERS })
  const bad = [...badNames.map((key) => get(key)), get('plain', 'a b')]
  const answers = await readAll(provider, get('plain'), ...bad, get('/app/db'))
  assert.deepEqual(answers.map(inShort), ['a,b', ...bad.map(() => 'invalid'), '{"user":"u"}'])
  assert.equal(aws.calls.count(), 1)
})

test('a call that its batch leaves unanswered is made alone and never counts as gone', async (t) => {
  const { aws, provider } = await open(t, { parameters: PARAMETERS })
  const body = JSON.stringify({ Parameters: [], InvalidParameters: [] })
  const headers = { 'content-type': 'application/x-amz-json-1.1' }
  aws.fault({ call: TEN, does: { reply: { status: 200, headers, body } } })
  const answers = await readAll(provider, get('plain'), get('/none'))
  assert.deepEqual(answers.map(inShort), ['a,b', 'absent'])
  assert.deepEqual(callsOf(aws), [TEN, ONE, ONE])
})

test('a server that does not say which version it gives is asked for each of them', async (t) => {
  const { aws, provider } = await open(t, { parameters: PARAMETERS })
  const entry = (Value: string) => ({ Name: '/app/api', Value })
  const Parameters = [entry('1'), entry('3'), { Name: 'plain', Value: 'a,b' }]
  const body = JSON.stringify({ Parameters, InvalidParameters: [] })
  const headers = { 'content-type': 'application/x-amz-json-1.1' }
  aws.fault({ call: TEN, does: { reply: { status: 200, headers, body } } })
  const answers = await readAll(provider, get('/app/api', '1'), get('/app/api'), get('plain'))
  assert.deepEqual(answers.map(inShort), ['1', '3', 'a,b'])
  assert.deepEqual(callsOf(aws), [TEN, ONE, ONE])
})

// ── Permissions ──

test('one parameter that may not be read fails alone, with who asked and what to allow', async (t) => {
  const isAllowed = (_: string, name: string): boolean => name !== '/app/db'
  const accessKeys = [{ ...KEY, isAllowed }]
  const { aws, provider } = await open(t, { parameters: PARAMETERS, accessKeys })
  const answers = await readAll(provider, get('plain'), get('/app/db'), get('/app/api'))
  assert.deepEqual(answers.map(inShort), ['a,b', 'forbidden', '3'])
  const failure = failureIn(answers[1])
  assert.match(
    failure?.message ?? '',
    /ssm GetParameter of "\/app\/db" is not allowed to the access key/,
  )
  assert.match(failure?.hint ?? '', /allow ssm:GetParameter on it/)
  aws.calls.clear()
  await readAll(provider, get('plain'), get('/app/api'))
  assert.deepEqual(callsOf(aws), [TEN])
})

test('who may not call GetParameters at all reads one by one, and does not try again', async (t) => {
  const isAllowed = (action: string): boolean => action !== TEN
  const accessKeys = [{ ...KEY, isAllowed }]
  const { aws, provider } = await open(t, { parameters: PARAMETERS, accessKeys })
  const answers = await readAll(provider, get('plain'), get('/none'))
  assert.deepEqual(answers.map(inShort), ['a,b', 'absent'])
  await readAll(provider, get('plain'), get('/app/db'))
  assert.deepEqual([aws.calls.count(TEN), aws.calls.count(ONE)], [1, 4])
})

test('a batch that is throttled for good fails all of its reads, once', async (t) => {
  const { aws, provider } = await open(t, { parameters: PARAMETERS })
  const headers = { 'content-type': 'application/x-amz-json-1.1' }
  const body = JSON.stringify({ __type: 'ThrottlingException' })
  aws.fault({ times: 99, does: { reply: { status: 400, headers, body } } })
  const answers = await readAll(provider, get('plain'), get('/app/db'))
  assert.deepEqual(answers.map(inShort), ['throttled', 'throttled'])
  assert.equal(aws.calls.count(), 5)
})

// ── find ──

const TREE: AwsOptions['parameters'] = {
  '/team/api': { values: ['1'], tags: { env: 'prod', tier: 'web' } },
  '/team/db': { values: ['2'], tags: { env: 'production', tier: 'prod' } },
  '/teams/api': { values: ['3'], tags: { env: 'prod' } },
  rootless: { values: ['4'] },
}
const tagged = (tags: Readonly<Record<string, string>>) => new Map(Object.entries(tags))
const finds: readonly {
  readonly story: string
  readonly read: Read
  readonly names: readonly string[]
}[] = [
  {
    story: 'by name, from the root',
    read: find({ nameRegexp: 'api|root' }),
    names: ['/team/api', '/teams/api', 'rootless'],
  },
  {
    story: 'by name below a path, which is a folder and no beginning',
    read: find({ nameRegexp: '.', path: '/team' }),
    names: ['/team/api', '/team/db'],
  },
  {
    story: 'by an exact tag',
    read: find({ tags: tagged({ env: 'prod' }) }),
    names: ['/team/api', '/teams/api'],
  },
  {
    story: 'by pairs of tags below a path',
    read: find({ tags: tagged({ env: 'prod' }), path: '/team' }),
    names: ['/team/api'],
  },
  {
    story: 'by all pairs at once',
    read: find({ tags: tagged({ env: 'prod', tier: 'web' }) }),
    names: ['/team/api'],
  },
  {
    story: 'by name, whatever its tags are, as ESO does',
    read: find({ nameRegexp: '^/team/', tags: tagged({ env: 'prod' }) }),
    names: ['/team/api', '/team/db'],
  },
  { story: 'nothing', read: find({ nameRegexp: 'nothing' }), names: [] },
]
for (const { story, read, names } of finds) {
  for (const way of ['allowed', 'denied'] as const) {
    test(`find ${story}, GetParametersByPath ${way}: ${names.join(', ')}`, async (t) => {
      const isAllowed = (action: string): boolean =>
        way === 'allowed' || action !== 'ssm:GetParametersByPath'
      const accessKeys = [{ ...KEY, isAllowed }]
      const { provider } = await open(t, { parameters: TREE, accessKeys })
      const answer = await readOne(provider, read)
      assert.ok(answer?.outcome === 'found-many')
      assert.deepEqual([...answer.payloads.keys()], names)
      assert.ok([...answer.payloads.values()].every(({ text }) => text !== undefined))
    })
  }
}

test('find by name brings the values with the list, in pages of ten', async (t) => {
  const names = Array.from({ length: 23 }, (_, at) => `/s/${String(at).padStart(2, '0')}`)
  const parameters = Object.fromEntries(names.map((name) => [name, name]))
  const { aws, provider } = await open(t, { parameters })
  const answer = await readOne(provider, find({ nameRegexp: '^/s/' }))
  assert.ok(answer?.outcome === 'found-many')
  assert.deepEqual([...answer.payloads.keys()], names)
  assert.deepEqual(
    callsOf(aws),
    Array.from({ length: 3 }, () => 'ssm:GetParametersByPath'),
  )
})

test('find by tags lists in pages of fifty and reads in tens', async (t) => {
  const tags = { env: 'prod' }
  const names = Array.from({ length: 60 }, (_, at) => `/s/${at}`)
  const parameters = Object.fromEntries(names.map((name) => [name, { values: [name], tags }]))
  const { aws, provider } = await open(t, { parameters })
  const answer = await readOne(provider, find({ tags: tagged(tags) }))
  assert.ok(answer?.outcome === 'found-many')
  assert.equal(answer.payloads.size, 60)
  assert.deepEqual([aws.calls.count('ssm:DescribeParameters'), aws.calls.count(TEN)], [2, 6])
})

const fences: readonly {
  readonly prefix: string
  readonly read: Read
  readonly names: readonly string[]
}[] = [
  { prefix: '/team/', read: find({ nameRegexp: '.' }), names: ['/team/api', '/team/db'] },
  { prefix: '/team', read: find({ nameRegexp: 'api' }), names: ['/team/api', '/teams/api'] },
  { prefix: '/team/', read: find({ nameRegexp: '.', path: '/teams' }), names: [] },
  {
    prefix: '/team/',
    read: find({ nameRegexp: '.', path: '/team/' }),
    names: ['/team/api', '/team/db'],
  },
  { prefix: 'root', read: find({ nameRegexp: '.' }), names: ['rootless'] },
]
for (const { prefix, read, names } of fences) {
  test(`find never leaves the prefix ${prefix}: ${names.join(', ') || 'nothing'}`, async (t) => {
    const { provider } = await open(t, { parameters: TREE }, { prefix })
    const answer = await readOne(provider, read)
    assert.deepEqual(answer?.outcome === 'found-many' && [...answer.payloads.keys()], names)
  })
}

test('find fails as a whole when one of its parameters cannot be read', async (t) => {
  const isAllowed = (action: string, name: string): boolean =>
    action !== 'ssm:GetParametersByPath' && name !== '/team/db'
  const { provider } = await open(t, { parameters: TREE, accessKeys: [{ ...KEY, isAllowed }] })
  const failure = failureIn(await readOne(provider, find({ nameRegexp: '.' })))
  assert.equal(failure?.code, 'forbidden')
  assert.match(failure?.message ?? '', /"\/team\/db"/)
})

test('find without the right to list says what it needs', async (t) => {
  const isAllowed = (action: string): boolean => action === TEN
  const { provider } = await open(t, { parameters: TREE, accessKeys: [{ ...KEY, isAllowed }] })
  const failure = failureIn(await readOne(provider, find({ nameRegexp: '.' })))
  assert.equal(failure?.code, 'forbidden')
  assert.match(
    failure?.hint ?? '',
    /ssm:GetParametersByPath on the path, or ssm:DescribeParameters on \*/,
  )
})

for (const read of [find({ path: '/x' }), find({ nameRegexp: '[' })]) {
  test(`find ${read.op === 'find' ? (read.nameRegexp ?? 'without a name') : ''} is an error without a call`, async (t) => {
    const { aws, provider } = await open(t, { parameters: TREE })
    assert.equal(failureIn(await readOne(provider, read))?.code, 'invalid')
    assert.equal(aws.calls.count(), 0)
  })
}

test('a search that answers no list is malformed, not empty', async (t) => {
  const { aws, provider } = await open(t, { parameters: TREE })
  aws.fault({ times: 9, does: { reply: { status: 200, body: '{}' } } })
  assert.equal(failureIn(await readOne(provider, find({ nameRegexp: '.' })))?.code, 'malformed')
  assert.equal(failureIn(await readOne(provider, fetchMetadata('/team/db')))?.code, 'malformed')
})

test('a path that is none is refused by AWS and called invalid, and never empty', async (t) => {
  const { provider } = await open(t, { parameters: TREE })
  const failure = failureIn(await readOne(provider, find({ nameRegexp: '.', path: 'team' })))
  assert.equal(failure?.code, 'invalid')
})
