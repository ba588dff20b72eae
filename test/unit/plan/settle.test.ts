import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer, Read } from '../../../src/model/provider.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { settle, stepsFor } from '../../../src/plan/settle.ts'
import { claim, type Keeper, observed, WAYBILL, wanted } from './secrets.ts'

// The table of settle.ts, row by row. The Secret that is there has the keys `a` and `b`, both ours.

type Said = 'found' | 'gone' | 'down'

interface Row {
  readonly story: string
  readonly a: Said
  readonly b: Said
  readonly target: JsonObject
  readonly there?: Keeper | 'absent'
  readonly seen: 'once' | 'twice'
  readonly plan: string
  readonly isGone: boolean
}

const DELETE = { deletionPolicy: 'Delete' }
const MERGE = { deletionPolicy: 'Merge' }

const ROWS: readonly Row[] = [
  {
    story: 'one read fails',
    a: 'found',
    b: 'down',
    target: {},
    seen: 'twice',
    plan: 'refuse read',
    isGone: false,
  },
  {
    story: 'one fails, one is gone',
    a: 'gone',
    b: 'down',
    target: DELETE,
    seen: 'twice',
    plan: 'refuse read',
    isGone: false,
  },
  {
    story: 'nothing is there, Delete',
    a: 'gone',
    b: 'gone',
    target: DELETE,
    seen: 'once',
    plan: 'retain seen-once',
    isGone: true,
  },
  {
    story: 'nothing is there, Delete',
    a: 'gone',
    b: 'gone',
    target: DELETE,
    seen: 'twice',
    plan: 'delete',
    isGone: true,
  },
  {
    story: 'nothing is there, Delete, no Secret',
    a: 'gone',
    b: 'gone',
    target: DELETE,
    there: 'absent',
    seen: 'once',
    plan: 'delete',
    isGone: true,
  },
  {
    story: 'nothing is there, Delete, Orphan',
    a: 'gone',
    b: 'gone',
    target: { ...DELETE, creationPolicy: 'Orphan' },
    seen: 'twice',
    plan: 'refuse delete',
    isGone: true,
  },
  {
    story: 'a key that is named is gone, Retain',
    a: 'found',
    b: 'gone',
    target: {},
    seen: 'twice',
    plan: 'refuse read',
    isGone: false,
  },
  {
    story: 'None',
    a: 'found',
    b: 'found',
    target: { creationPolicy: 'None' },
    seen: 'once',
    plan: 'skip none',
    isGone: false,
  },
  {
    story: 'None, and something is gone',
    a: 'found',
    b: 'gone',
    target: { ...DELETE, creationPolicy: 'None' },
    seen: 'once',
    plan: 'skip none',
    isGone: false,
  },
  {
    story: 'Merge without a Secret',
    a: 'found',
    b: 'found',
    target: { creationPolicy: 'Merge' },
    there: 'absent',
    seen: 'once',
    plan: 'skip missing',
    isGone: false,
  },
  {
    story: 'it cannot be built',
    a: 'found',
    b: 'found',
    target: { template: { engineVersion: 'v1' } },
    seen: 'once',
    plan: 'refuse update',
    isGone: false,
  },
  {
    story: 'it cannot be built, and something is gone',
    a: 'found',
    b: 'gone',
    target: { ...DELETE, template: { engineVersion: 'v1' } },
    seen: 'once',
    plan: 'refuse update',
    isGone: false,
  },
  {
    story: 'a key of ours would go',
    a: 'found',
    b: 'gone',
    target: DELETE,
    seen: 'once',
    plan: 'retain keys-seen-once',
    isGone: true,
  },
  {
    story: 'a key of ours would go',
    a: 'found',
    b: 'gone',
    target: DELETE,
    seen: 'twice',
    plan: 'update a',
    isGone: false,
  },
  {
    story: 'all keys of ours would go, Merge',
    a: 'gone',
    b: 'gone',
    target: MERGE,
    seen: 'once',
    plan: 'retain keys-seen-once',
    isGone: true,
  },
  {
    story: 'all keys of ours would go, Merge',
    a: 'gone',
    b: 'gone',
    target: MERGE,
    seen: 'twice',
    plan: 'update',
    isGone: false,
  },
  {
    story: 'something is gone that there never was',
    a: 'found',
    b: 'gone',
    target: DELETE,
    there: 'absent',
    seen: 'once',
    plan: 'create a',
    isGone: false,
  },
  {
    story: 'somebody else’s would lose nothing of us',
    a: 'found',
    b: 'gone',
    target: { ...DELETE, creationPolicy: 'Merge' },
    there: 'nobody',
    seen: 'once',
    plan: 'update a b',
    isGone: false,
  },
  {
    story: 'all is there',
    a: 'found',
    b: 'found',
    target: {},
    seen: 'once',
    plan: 'update a b',
    isGone: false,
  },
  {
    story: 'the Secret is another’s',
    a: 'found',
    b: 'gone',
    target: DELETE,
    there: 'other',
    seen: 'once',
    plan: 'refuse owned-by-another',
    isGone: false,
  },
]

function answerOf(said: Said | undefined): Answer {
  if (said === 'gone') return { outcome: 'absent' }
  if (said !== 'found') {
    return { outcome: 'failed', failure: { code: 'unavailable', message: 'down', hint: undefined } }
  }
  const text = SecretValue.fromText('new')
  const rest = { binary: undefined, data: undefined, metadata: undefined }
  return { outcome: 'found', payload: { dialect: 'fake', text, ...rest } }
}

function sourcesOf(said: Readonly<Record<string, Said>>): Parameters<typeof settle>[1] {
  return {
    defaultNamespace: 'shop',
    answerTo: (read: Read) => answerOf(read.op === 'get' ? said[read.key] : undefined),
    templateSources: { configMap: () => undefined, secret: () => undefined },
    engines: { patterns: undefined, templates: undefined },
  }
}

const entry = (key: string): JsonObject => ({ secretKey: key, remoteRef: { key } })
const ENTRIES = { data: [entry('a'), entry('b')] }

for (const { story, a, b, target, there = 'us', seen, plan, isGone } of ROWS) {
  test(`settle: ${story}, seen ${seen}: ${plan}`, () => {
    const secret = there === 'absent' ? undefined : observed(there, { a: 'old', b: 'old' })
    const parts = {
      externalSecret: wanted(target, ENTRIES),
      observed: secret,
      claim: claim(),
      parity: WAYBILL,
    }
    const settled = settle(parts, sourcesOf({ a, b }), seen === 'twice')
    assert.equal(lineOf(settled.change), plan)
    assert.equal(settled.isGone, isGone)
  })
}

function lineOf(change: ReturnType<typeof settle>['change']): string {
  switch (change.action) {
    case 'create':
    case 'update':
      return [change.action, ...[...change.desired.data.keys()].sort()].join(' ')
    case 'refuse':
      return `refuse ${change.step}`
    case 'retain':
    case 'skip':
      return `${change.action} ${change.because}`
    default:
      return change.action
  }
}

test('settle: how each value came about is told by the same answers', () => {
  const steps = stepsFor(wanted({}, ENTRIES), sourcesOf({ a: 'found', b: 'found' }), WAYBILL)
  assert.deepEqual(
    steps.map(({ key }) => key),
    ['a', 'b'],
  )
})

test('settle: what says no namespace is in that of the run', () => {
  const externalSecret = { ...wanted(DELETE, ENTRIES), namespace: '' }
  const parts = { externalSecret, claim: claim(), parity: WAYBILL }
  const sources = sourcesOf({ a: 'found', b: 'gone' })
  const made = settle({ ...parts, observed: undefined }, sources, false)
  assert.equal(made.change.action === 'create' && made.change.desired.namespace, 'shop')
  const there = observed('us', { a: 'old', b: 'old' })
  assert.equal(
    lineOf(settle({ ...parts, observed: there }, sources, false).change),
    'retain keys-seen-once',
  )
})

test('settle: a template without an engine is an error and no Secret without it', () => {
  const externalSecret = wanted({ template: { data: { k: '{{ .a }}' } } }, ENTRIES)
  const parts = { externalSecret, observed: undefined, claim: claim(), parity: WAYBILL }
  const { change } = settle(parts, sourcesOf({ a: 'found', b: 'found' }), true)
  assert.ok(change.action === 'refuse')
  assert.deepEqual(
    change.errors.map(({ code, message }) => [code, message]),
    [['Unsupported', 'no template engine is loaded']],
  )
})
