import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change } from '../../../src/plan/change.ts'
import { MANAGED_LABEL, OWNER_ANNOTATION } from '../../../src/plan/marks.ts'
import { planSecret, planWithoutData } from '../../../src/plan/plan-secret.ts'
import {
  ANCHOR,
  claim,
  desired,
  type Keeper,
  observed,
  textsOf,
  WAYBILL,
  wanted,
} from './secrets.ts'

// The decision tables of plan-secret.ts, row by row.

function codeOf(change: Change | undefined): string {
  if (change?.action === 'refuse') return `refuse ${change.errors[0]?.code}`
  if (change?.action === 'update') return `update by ${change.by}`
  return change?.action ?? 'build'
}

const POLICIES = ['Owner', 'Orphan', 'CreateOrMerge', 'Merge'] as const

interface OwnershipRow {
  readonly there: Keeper
  readonly answers: Readonly<Record<(typeof POLICIES)[number], string>>
  readonly adopts?: boolean
}

const all = (answer: string): OwnershipRow['answers'] => ({
  Owner: answer,
  Orphan: answer,
  CreateOrMerge: answer,
  Merge: answer,
})

const OWNERSHIP: readonly OwnershipRow[] = [
  { there: 'us', answers: all('update by apply') },
  {
    there: 'nobody',
    answers: {
      Owner: 'refuse NotOwned',
      Orphan: 'refuse NotOwned',
      CreateOrMerge: 'update by apply',
      Merge: 'update by apply',
    },
  },
  { there: 'nobody', answers: all('update by apply'), adopts: true },
  {
    there: 'other',
    answers: {
      Owner: 'refuse Conflict',
      Orphan: 'refuse Conflict',
      CreateOrMerge: 'update by apply',
      Merge: 'update by apply',
    },
  },
  { there: 'eso-other', answers: all('refuse Conflict'), adopts: true },
  { there: 'eso-other', answers: all('refuse Conflict') },
  {
    there: 'eso',
    answers: {
      Owner: 'refuse NotOwned',
      Orphan: 'refuse NotOwned',
      CreateOrMerge: 'update by apply',
      Merge: 'update by apply',
    },
  },
  {
    there: 'eso',
    answers: { ...all('update by apply'), Owner: 'update by replace', Orphan: 'update by replace' },
    adopts: true,
  },
  {
    there: 'job',
    answers: {
      Owner: 'refuse NotOwned',
      Orphan: 'refuse NotOwned',
      CreateOrMerge: 'update by apply',
      Merge: 'update by apply',
    },
  },
  {
    there: 'job',
    answers: { ...all('update by apply'), Owner: 'refuse NotOwned' },
    adopts: true,
  },
]

for (const { there, answers, adopts = false } of OWNERSHIP) {
  for (const creationPolicy of POLICIES) {
    const name = `${creationPolicy} over a Secret of ${there}${adopts ? ', adopting' : ''}: ${answers[creationPolicy]}`
    test(name, () => {
      const change = planSecret(
        {
          externalSecret: wanted({ creationPolicy }),
          observed: observed(there, { a: 'old' }),
          claim: claim({ adopts, anchor: creationPolicy === 'Owner' ? ANCHOR : 'none' }),
          parity: WAYBILL,
        },
        desired({ a: 'new' }, { type: 'Opaque' }),
      )
      assert.equal(codeOf(change), answers[creationPolicy])
    })
  }
}

for (const creationPolicy of ['Owner', 'Orphan', 'CreateOrMerge']) {
  test(`${creationPolicy} without a Secret creates one with our marks`, () => {
    const target = {
      externalSecret: wanted({ creationPolicy }),
      observed: undefined,
      claim: claim(),
      parity: WAYBILL,
    }
    const change = planSecret(target, desired({ a: '1' }))
    assert.equal(change.action, 'create')
    if (change.action === 'create') {
      assert.equal(change.desired.labels.get(MANAGED_LABEL), 'true')
      assert.equal(change.desired.annotations.get(OWNER_ANNOTATION), 'shop')
    }
  })
}

test('a Merge writes no mark on a Secret of somebody else', () => {
  const change = planSecret(
    {
      externalSecret: wanted({ creationPolicy: 'Merge' }),
      observed: observed('nobody', { a: '1' }),
      claim: claim(),
      parity: WAYBILL,
    },
    desired({ a: '1', b: '2' }),
  )
  assert.equal(change.action, 'update')
  if (change.action === 'update') assert.equal(change.desired.labels.size, 0)
})

test('the label without an owner is a human saying: take it', () => {
  const consented = observed('nobody', { a: '1' }, { labels: new Map([[MANAGED_LABEL, 'true']]) })
  const change = planSecret(
    { externalSecret: wanted(), observed: consented, claim: claim(), parity: WAYBILL },
    desired({ a: '2' }, { type: 'Opaque' }),
  )
  assert.equal(codeOf(change), 'update by apply')
})

const EMPTY: readonly {
  readonly deletionPolicy: string
  readonly creationPolicy: string
  readonly there: Keeper | undefined
  readonly seenTwice?: boolean
  readonly answer: string
}[] = [
  { deletionPolicy: 'Retain', creationPolicy: 'Owner', there: 'us', answer: 'retain' },
  { deletionPolicy: 'Retain', creationPolicy: 'Owner', there: undefined, answer: 'retain' },
  { deletionPolicy: 'Retain', creationPolicy: 'None', there: undefined, answer: 'retain' },
  {
    deletionPolicy: 'Delete',
    creationPolicy: 'Orphan',
    there: 'us',
    answer: 'refuse DeletionNeedsOwner',
  },
  {
    deletionPolicy: 'Delete',
    creationPolicy: 'Merge',
    there: undefined,
    answer: 'refuse DeletionNeedsOwner',
  },
  { deletionPolicy: 'Delete', creationPolicy: 'Owner', there: undefined, answer: 'delete' },
  {
    deletionPolicy: 'Delete',
    creationPolicy: 'Owner',
    there: 'us',
    seenTwice: true,
    answer: 'delete',
  },
  { deletionPolicy: 'Delete', creationPolicy: 'Owner', there: 'us', answer: 'retain' },
  {
    deletionPolicy: 'Delete',
    creationPolicy: 'Owner',
    there: 'nobody',
    seenTwice: true,
    answer: 'refuse NotOwned',
  },
  {
    deletionPolicy: 'Delete',
    creationPolicy: 'Owner',
    there: 'other',
    seenTwice: true,
    answer: 'refuse Conflict',
  },
  { deletionPolicy: 'Merge', creationPolicy: 'Owner', there: 'us', answer: 'build' },
  { deletionPolicy: 'Merge', creationPolicy: 'None', there: undefined, answer: 'skip' },
  { deletionPolicy: 'Merge', creationPolicy: 'Merge', there: undefined, answer: 'skip' },
]

for (const { deletionPolicy, creationPolicy, there, seenTwice = false, answer } of EMPTY) {
  const when = seenTwice ? ', seen twice' : ''
  test(`nothing at the provider, ${deletionPolicy}, ${creationPolicy}, ${there ?? 'no Secret'}${when}: ${answer}`, () => {
    const change = planWithoutData(
      {
        externalSecret: wanted({ creationPolicy, deletionPolicy }),
        observed: there === undefined ? undefined : observed(there, { a: '1' }),
        claim: claim(),
        parity: WAYBILL,
      },
      { isEmpty: true, isConfirmed: seenTwice },
    )
    assert.equal(codeOf(change), answer)
  })
}

test('a key of a stranger under Owner needs a replace, under Merge it stays', () => {
  const there = observed(
    'us',
    { a: '1', extra: 'x' },
    { ownedKeys: new Set(['a']), othersKeys: new Set(['extra']) },
  )
  const parts = { observed: there, claim: claim(), parity: WAYBILL }
  const owner = planSecret(
    { externalSecret: wanted(), ...parts },
    desired({ a: '1' }, { type: 'Opaque' }),
  )
  assert.equal(codeOf(owner), 'update by replace')
  const merge = planSecret(
    { externalSecret: wanted({ creationPolicy: 'Merge' }), ...parts },
    desired({ a: '2', extra: 'x' }, { type: 'Opaque' }),
  )
  assert.equal(codeOf(merge), 'update by apply')
})

test('an immutable target that exists keeps its data; only the flag is set', () => {
  const change = planSecret(
    {
      externalSecret: wanted({ immutable: true }),
      observed: observed('us', { a: 'old' }),
      claim: claim(),
      parity: WAYBILL,
    },
    desired({ a: 'new' }, { immutable: true }),
  )
  assert.equal(change.action, 'update')
  if (change.action === 'update') {
    assert.deepEqual(textsOf(change.desired.data), { a: 'old' })
    assert.equal(change.desired.immutable, true)
  }
})

test('a Secret that somebody made immutable is refused when its data would change', () => {
  const change = planSecret(
    {
      externalSecret: wanted(),
      observed: observed('us', { a: 'old' }, { immutable: true }),
      claim: claim(),
      parity: WAYBILL,
    },
    desired({ a: 'new' }, { type: 'Opaque' }),
  )
  assert.equal(codeOf(change), 'refuse Immutable')
})

test('the type of a Secret cannot change', () => {
  const change = planSecret(
    {
      externalSecret: wanted(),
      observed: observed('us', { a: '1' }),
      claim: claim(),
      parity: WAYBILL,
    },
    desired({ a: '1' }, { type: 'kubernetes.io/tls' }),
  )
  assert.equal(codeOf(change), 'refuse TypeChanged')
})

test('a reference to an anchor that was re-created counts as a difference', () => {
  const marks = {
    labels: new Map([[MANAGED_LABEL, 'true']]),
    annotations: new Map([[OWNER_ANNOTATION, 'shop']]),
  }
  const same = desired({ a: '1' }, { type: 'Opaque', ...marks })
  const parts = { externalSecret: wanted(), claim: claim({ anchor: ANCHOR }), parity: WAYBILL }
  const now = observed('us', { a: '1' }, { owners: [ANCHOR] })
  assert.equal(planSecret({ ...parts, observed: now }, same).action, 'unchanged')
  const before = observed('us', { a: '1' }, { owners: [{ ...ANCHOR, uid: 'old' }] })
  assert.equal(planSecret({ ...parts, observed: before }, same).action, 'update')
})

test('keys that the API server refuses and data above 1 MiB are refused before anything is sent', () => {
  const parts = { externalSecret: wanted(), observed: undefined, claim: claim(), parity: WAYBILL }
  assert.equal(codeOf(planSecret(parts, desired({ é: '1' }))), 'refuse InvalidKey')
  assert.equal(
    codeOf(planSecret(parts, desired({ a: 'x'.repeat(2 ** 20 + 1) }))),
    'refuse TooLarge',
  )
  assert.equal(codeOf(planSecret(parts, desired({ a: 'x'.repeat(2 ** 20) }))), 'create')
})
