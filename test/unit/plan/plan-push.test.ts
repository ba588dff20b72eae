import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../../../src/model/json.ts'
import type { PushBody, PushDialect, RemoteSecret } from '../../../src/model/push.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { type PushChange, type PushRequest, planPush } from '../../../src/plan/plan-push.ts'
import { entryOf, itemOf, type Pushed } from '../providers/pushing.ts'

const MARK = { 'managed-by': 'external-secrets' }
const text = (value: string): PushBody => ({ shape: 'bytes', bytes: SecretValue.fromText(value) })
const held = (body: PushBody | undefined): string =>
  body?.shape === 'bytes' ? new TextDecoder().decode(body.bytes.reveal()) : String(body)

function remote(
  value: string | undefined,
  labels: Readonly<Record<string, string>> = MARK,
): RemoteSecret {
  return {
    isManaged: labels['managed-by'] === 'external-secrets',
    body: value === undefined ? undefined : text(value),
    marks: { labels: new Map(Object.entries(labels)), annotations: new Map() },
    revision: '1',
  }
}

interface Row {
  readonly story: string
  readonly observed: RemoteSecret | undefined
  readonly push?: readonly Pushed[]
  readonly dropped?: readonly Pushed[]
  readonly policy?: 'Replace' | 'IfNotExists'
  readonly dialect?: PushDialect
  readonly action: PushChange['action']
  /** What is written. */
  readonly body?: string
  readonly codes?: readonly string[]
}

const one = (value: string, property?: string, metadata?: JsonObject): Pushed => ({
  key: 'k',
  value,
  ...(property === undefined ? {} : { property }),
  ...(metadata === undefined ? {} : { metadata }),
})

const ROWS: readonly Row[] = [
  { story: 'nothing there', observed: undefined, push: [one('v')], action: 'create', body: 'v' },
  {
    story: 'ours, another value',
    observed: remote('old'),
    push: [one('v')],
    action: 'update',
    body: 'v',
  },
  { story: 'ours, the same', observed: remote('v'), push: [one('v')], action: 'unchanged' },
  {
    story: 'ours, without a value',
    observed: remote(undefined),
    push: [one('v')],
    action: 'update',
    body: 'v',
  },
  {
    story: 'somebody else’s',
    observed: remote('v', {}),
    push: [one('v')],
    action: 'refuse',
    codes: ['NotManaged'],
  },
  {
    story: 'IfNotExists, nothing there',
    observed: undefined,
    push: [one('v')],
    policy: 'IfNotExists',
    action: 'create',
    body: 'v',
  },
  {
    story: 'IfNotExists, ours',
    observed: remote('old'),
    push: [one('v')],
    policy: 'IfNotExists',
    action: 'skip',
  },
  {
    story: 'IfNotExists, somebody else’s',
    observed: remote('old', {}),
    push: [one('v')],
    policy: 'IfNotExists',
    action: 'skip',
  },
  {
    story: 'IfNotExists, another property is there',
    observed: remote('{"a":"1"}'),
    push: [one('v', 'a'), one('w', 'b')],
    policy: 'IfNotExists',
    action: 'update',
    body: '{"a":"1","b":"w"}',
  },
  {
    story: 'a property of a JSON',
    observed: remote('{"a":1.0}'),
    push: [one('v', 'b.c')],
    action: 'update',
    body: '{"a":1.0,"b":{"c":"v"}}',
  },
  {
    story: 'a property that is there',
    observed: remote(' {"b":"v"} '),
    push: [one('v', 'b')],
    action: 'unchanged',
  },
  {
    story: 'a property of no JSON',
    observed: remote('plain'),
    push: [one('v', 'b')],
    action: 'refuse',
    codes: ['NotJson'],
  },
  {
    story: 'one good, one bad',
    observed: remote('{}'),
    push: [one('v', 'b'), one('w', 'a*')],
    action: 'update',
    body: '{"b":"v"}',
    codes: ['InvalidEntry'],
  },
  {
    story: 'Vault wants an object',
    observed: undefined,
    push: [one('v')],
    dialect: 'vault-kv2',
    action: 'refuse',
    codes: ['NotJson'],
  },
  {
    story: 'Vault has no order',
    observed: remote('{"a":1,"b":2}'),
    push: [one('{"b":2, "a":1}')],
    dialect: 'vault-kv2',
    action: 'unchanged',
  },
  {
    story: 'Vault’s keys are no paths',
    observed: remote('{"a":{"b":"1"}}'),
    push: [one('v', 'a.b')],
    dialect: 'vault-kv2',
    action: 'update',
    body: '{"a":{"b":"1"},"a.b":"v"}',
  },
  {
    story: 'a parameter is one value',
    observed: undefined,
    push: [one('v', 'p')],
    dialect: 'aws-parameter-store',
    action: 'refuse',
    codes: ['Unsupported'],
  },
  {
    story: 'tags that differ are written',
    observed: remote('v'),
    push: [one('v', undefined, metadata({ tags: { team: 'a' } }))],
    action: 'update',
    body: 'v',
  },
  {
    story: 'metadata of another kind',
    observed: remote('v'),
    push: [one('v', undefined, { tags: {} })],
    action: 'refuse',
    codes: ['InvalidEntry'],
  },
  {
    story: 'a member that nobody knows',
    observed: undefined,
    push: [one('v', undefined, metadata({ kmsKey: 'x' }))],
    action: 'refuse',
    codes: ['InvalidEntry'],
  },
  {
    story: 'the mark is not for users',
    observed: undefined,
    push: [one('v', undefined, metadata({ tags: { 'managed-by': 'me' } }))],
    action: 'refuse',
    codes: ['InvalidEntry'],
  },
  { story: 'dropped, ours', observed: remote('v'), dropped: [one('v')], action: 'delete' },
  {
    story: 'dropped, somebody else’s by now',
    observed: remote('v', {}),
    dropped: [one('v')],
    action: 'skip',
  },
  { story: 'dropped, gone', observed: undefined, dropped: [one('v')], action: 'unchanged' },
  {
    story: 'dropped, deleted already',
    observed: remote(undefined),
    dropped: [one('v')],
    action: 'unchanged',
  },
  {
    story: 'a property dropped',
    observed: remote('{"a":"1","b":"2"}'),
    dropped: [one('', 'a')],
    action: 'update',
    body: '{"b":"2"}',
  },
  {
    story: 'the last property dropped',
    observed: remote('{"a":"1"}'),
    dropped: [one('', 'a')],
    action: 'delete',
  },
  {
    story: 'the last property dropped beside a whole that is kept: nothing is emptied',
    observed: remote('{"a":"1"}'),
    push: [one('whole')],
    dropped: [one('', 'a')],
    policy: 'IfNotExists',
    action: 'unchanged',
  },
  {
    story: 'dropped beside what somebody else made and we keep',
    observed: remote('v', {}),
    push: [one('v')],
    dropped: [one('', 'a')],
    policy: 'IfNotExists',
    action: 'skip',
  },
  {
    story: 'dropped, with metadata that nobody can read any more',
    observed: remote('v'),
    dropped: [one('v', undefined, { tags: {} })],
    action: 'delete',
  },
  {
    story: 'a property that is not there',
    observed: remote('{"b":"2"}'),
    dropped: [one('', 'a')],
    action: 'unchanged',
  },
  {
    story: 'one property comes, one goes',
    observed: remote('{"a":"1"}'),
    push: [one('2', 'b')],
    dropped: [one('', 'a')],
    action: 'update',
    body: '{"b":"2"}',
  },
  {
    story: 'a whole secret that is split up stays',
    observed: remote('{"a":"1"}'),
    push: [one('1', 'a')],
    dropped: [one('')],
    action: 'unchanged',
  },
]

function metadata(spec: JsonObject): JsonObject {
  return {
    apiVersion: 'kubernetes.external-secrets.io/v1alpha1',
    kind: 'PushSecretMetadata',
    spec,
  }
}

function request(
  row: Pick<Row, 'observed' | 'push' | 'dropped' | 'policy' | 'dialect'>,
): PushRequest {
  const { observed, push = [], dropped = [], policy = 'Replace' } = row
  return {
    dialect: row.dialect ?? 'aws-secrets-manager',
    updatePolicy: policy,
    remoteKey: 'k',
    items: push.map(itemOf),
    dropped: dropped.map(entryOf),
    observed,
  }
}

for (const row of ROWS) {
  test(`plan push: ${row.story} → ${row.action}`, () => {
    const change = planPush(request(row))
    assert.equal(change.action, row.action)
    assert.deepEqual(
      change.errors.map(({ code }) => code),
      row.codes ?? [],
    )
    if ('write' in change) assert.equal(held(change.write.body), row.body)
    for (const { message } of change.errors) assert.doesNotMatch(message, /plain/)
  })
}

test('plan push: tags keep AWS’s own, and go when the metadata no longer have them', () => {
  const observed = remote('v', { ...MARK, 'aws:stack': 's', old: 'o' })
  const tagsAfter = (pushed: Pushed): unknown => {
    const change = planPush(request({ observed, push: [pushed] }))
    return 'write' in change ? Object.fromEntries(change.write.marks.labels) : change.action
  }
  assert.deepEqual(tagsAfter(one('v', undefined, metadata({ tags: { team: 'a' } }))), {
    ...MARK,
    'aws:stack': 's',
    team: 'a',
  })
  assert.equal(tagsAfter(one('v')), 'unchanged')
})

const DIALECTS: readonly PushDialect[] = [
  'aws-secrets-manager',
  'gcp-secret-manager',
  'vault-kv1',
  'vault-kv2',
  'kubernetes',
]

test('plan push: after a change was made, the same plan changes nothing', () => {
  const properties = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), {
    minLength: 1,
    maxLength: 4,
  })
  fc.assert(
    fc.property(fc.constantFrom(...DIALECTS), properties, fc.string(), (dialect, names, value) => {
      const push = names.map((property) => ({ key: 'k', property, value }))
      const first = planPush(request({ observed: undefined, push, dialect }))
      assert.ok(first.action === 'create')
      const { body, marks } = first.write
      const observed = { isManaged: true, body, marks, revision: '2' }
      assert.equal(planPush(request({ observed, push, dialect })).action, 'unchanged')
      assert.equal(planPush(request({ observed, dropped: push, dialect })).action, 'delete')
    }),
    { numRuns: 60 },
  )
})

test('plan push: no error quotes a value', () => {
  const canary = 'canary-of-the-day'
  fc.assert(
    fc.property(
      fc.constantFrom(...DIALECTS, 'aws-parameter-store', 'fake'),
      fc.string(),
      (dialect, property) => {
        const push = [
          { key: 'k', value: canary, property },
          { key: 'k', value: `[${canary}` },
        ]
        const change = planPush(request({ observed: remote(canary), push, dialect }))
        assert.doesNotMatch(JSON.stringify(change.errors), /canary/)
      },
    ),
    { numRuns: 60 },
  )
})
