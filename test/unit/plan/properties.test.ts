import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Answer } from '../../../src/model/provider.ts'
import type { ObservedSecret } from '../../../src/model/secret.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import type { Change } from '../../../src/plan/change.ts'
import { settle } from '../../../src/plan/settle.ts'
import { claim, type Keeper, observed, WAYBILL, wanted } from './secrets.ts'

// What must hold whatever the policies, the cluster and the provider say.

const key = fc.constantFrom('a', 'b', 'c', 'd')
const data = fc.dictionary(key, fc.string({ maxLength: 8 }), { maxKeys: 4, noNullPrototype: true })
const there = fc.option(
  fc.record({
    keeper: fc.constantFrom<Keeper>('us', 'nobody', 'other', 'eso', 'eso-other', 'job'),
    data,
    immutable: fc.boolean(),
  }),
  { nil: undefined },
)
const policies = fc.record({
  creationPolicy: fc.constantFrom('Owner', 'Orphan', 'CreateOrMerge', 'Merge', 'None'),
  deletionPolicy: fc.constantFrom('Retain', 'Delete', 'Merge'),
  immutable: fc.boolean(),
})
/** A value, an absence, or a failure for each remote key. */
const remote = fc.dictionary(
  key,
  fc.oneof(fc.string({ minLength: 1, maxLength: 8 }), fc.constantFrom(null, undefined)),
  { minKeys: 1, maxKeys: 4, noNullPrototype: true },
)
const scene = fc.record({
  policies,
  there,
  remote,
  adopts: fc.boolean(),
  esoMarks: fc.boolean(),
  isConfirmed: fc.boolean(),
})

type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never

function answerOf(value: string | null | undefined): Answer {
  if (value === null) return { outcome: 'absent' }
  if (value === undefined) {
    return { outcome: 'failed', failure: { code: 'unavailable', message: 'down', hint: undefined } }
  }
  const text = SecretValue.fromText(value)
  const payload = {
    dialect: 'fake',
    text,
    binary: undefined,
    data: undefined,
    metadata: undefined,
  } as const
  return { outcome: 'found', payload }
}

function plan(
  { policies: target, remote: values, adopts, esoMarks, isConfirmed }: Scene,
  now: ObservedSecret | undefined,
): Change {
  const entries = Object.keys(values).map((name) => ({ secretKey: name, remoteRef: { key: name } }))
  const parts = {
    externalSecret: wanted(target, { data: entries }),
    observed: now,
    claim: claim({ adopts, esoMarks }),
    parity: WAYBILL,
  }
  const sources = {
    defaultNamespace: 'shop',
    answerTo: (read: { op: string; key?: string }) => answerOf(values[read.key ?? '']),
    templateSources: { configMap: () => undefined, secret: () => undefined },
    engines: { patterns: undefined, templates: undefined },
  }
  return settle(parts, sources, isConfirmed).change
}

function before({ there: secret }: Scene): ObservedSecret | undefined {
  if (secret === undefined) return undefined
  return observed(secret.keeper, secret.data, { immutable: secret.immutable })
}

/** What the API server would hold afterwards; what we wrote is ours. */
function after(change: Change, now: ObservedSecret | undefined): ObservedSecret | undefined {
  if (change.action === 'delete') return undefined
  if (change.action !== 'create' && change.action !== 'update') return now
  const { desired } = change
  const others = change.action === 'update' ? change.observed : undefined
  const own = (
    map: ReadonlyMap<string, unknown>,
    theirs?: ReadonlyMap<string, unknown>,
  ): Set<string> =>
    new Set([...map.keys()].filter((name) => theirs === undefined || !theirs.has(name)))
  const isOwner = change.action === 'create' || change.by === 'replace'
  return {
    ...observed('nobody', {}),
    ...desired,
    type: desired.type || others?.type || 'Opaque',
    owners: others?.owners ?? [],
    ownedKeys: own(desired.data, isOwner ? undefined : others?.data),
    ownedLabels: own(desired.labels, others?.labels),
    ownedAnnotations: own(desired.annotations, others?.annotations),
  }
}

test('what was applied is unchanged when it is planned again', () => {
  fc.assert(
    fc.property(scene, (one) => {
      const now = before(one)
      const first = plan(one, now)
      const second = plan(one, after(first, now))
      assert.ok(!isWrite(second), `${first.action} is followed by ${second.action}`)
    }),
    { numRuns: 600 },
  )
})

test('a failed read never yields a write', () => {
  fc.assert(
    fc.property(scene, (one) => {
      fc.pre(Object.values(one.remote).includes(undefined))
      const change = plan(one, before(one))
      assert.equal(change.action, 'refuse')
    }),
    { numRuns: 300 },
  )
})

test('a foreign Secret is never written without consent under Owner and Orphan', () => {
  fc.assert(
    fc.property(scene, (one) => {
      fc.pre(one.there !== undefined && one.there.keeper !== 'us' && !one.adopts)
      fc.pre(['Owner', 'Orphan'].includes(one.policies.creationPolicy))
      assert.ok(!isWrite(plan(one, before(one))))
    }),
    { numRuns: 300 },
  )
})

test('nothing is deleted before it was seen to be gone twice', () => {
  fc.assert(
    fc.property(scene, (one) => {
      const change = plan({ ...one, isConfirmed: false }, before(one))
      assert.ok(change.action !== 'delete' || change.observed === undefined)
    }),
    { numRuns: 300 },
  )
})

/** Whether it reaches the API server. */
function isWrite(change: Change): boolean {
  const { action } = change
  return (
    action === 'create' ||
    action === 'update' ||
    (action === 'delete' && change.observed !== undefined)
  )
}
