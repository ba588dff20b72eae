import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObservedSecret, OwnerReference, Secret } from '../../../src/model/secret.ts'
import type { OwnerWish } from '../../../src/plan/change.ts'
import { MANAGED_LABEL, OWNER_ANNOTATION } from '../../../src/plan/marks.ts'
import { planSecret } from '../../../src/plan/plan-secret.ts'
import { ANCHOR, claim, desired, observed, WAYBILL, wanted } from './secrets.ts'

// Table 4 of plan-secret.ts, row by row: what is there against what should be. The Secret is ours, has `a`, and should
// have `a`, unless a row says otherwise. Under Merge it loses our marks, so that it is never the same.

const POLICIES = ['Owner', 'Orphan', 'CreateOrMerge', 'Merge'] as const

interface Row {
  readonly story: string
  readonly there?: Partial<ObservedSecret>
  readonly data?: Readonly<Record<string, string>>
  readonly wish?: Partial<Secret>
  /** Under Owner, Orphan, CreateOrMerge and Merge; one word is for all. */
  readonly answers: string
}

const REFERENCE: OwnerReference = { ...ANCHOR, uid: 'of before' }
const STRANGER: OwnerReference = {
  ...ANCHOR,
  kind: 'Job',
  apiVersion: 'batch/v1',
  controller: false,
}
const LABELS = [[MANAGED_LABEL, 'true']] as const
const NOTES = [[OWNER_ANNOTATION, 'shop']] as const

const ROWS: readonly Row[] = [
  { story: 'the same', answers: 'unchanged unchanged unchanged update-by-apply' },
  { story: 'another value', data: { a: 'old' }, answers: 'update-by-apply' },
  {
    story: 'another value, frozen',
    data: { a: 'old' },
    there: { immutable: true },
    answers: 'refuse-Immutable',
  },
  {
    story: 'one key more is wanted, frozen',
    data: {},
    there: { immutable: true },
    answers: 'refuse-Immutable',
  },
  {
    story: 'another value and another type, frozen: the data is told',
    data: { a: 'old' },
    there: { immutable: true },
    wish: { type: 'kubernetes.io/tls' },
    answers: 'refuse-Immutable',
  },
  {
    story: 'another label, frozen',
    there: { immutable: true },
    wish: { labels: new Map([['l', '1']]) },
    answers: 'update-by-apply',
  },
  { story: 'another type', wish: { type: 'kubernetes.io/tls' }, answers: 'refuse-TypeChanged' },
  {
    story: 'a key that only others hold',
    data: { a: 'new', x: '1' },
    there: { ownedKeys: new Set(['a']), othersKeys: new Set(['x']) },
    answers: 'update-by-replace update-by-replace update-by-apply update-by-apply',
  },
  {
    story: 'a key that others hold as well',
    data: { a: 'new', x: '1' },
    there: { ownedKeys: new Set(['a', 'x']), othersKeys: new Set(['x']) },
    answers: 'update-by-replace update-by-replace update-by-apply update-by-apply',
  },
  {
    story: 'a key that we alone applied',
    data: { a: 'new', x: '1' },
    there: { ownedKeys: new Set(['a', 'x']) },
    answers: 'update-by-apply',
  },
  {
    story: 'a key that we updated once',
    data: { a: 'new', x: '1' },
    there: { ownedKeys: new Set(['a', 'x']), residue: new Set(['data/x']) },
    answers: 'update-by-replace',
  },
  {
    story: 'a label that we updated once',
    there: { labels: new Map([...LABELS, ['l', '1']]), residue: new Set(['labels/l']) },
    answers: 'update-by-replace',
  },
  {
    story: 'a label that somebody put on',
    there: { labels: new Map([...LABELS, ['l', '1']]) },
    answers: 'update-by-apply',
  },
  {
    story: 'an annotation that we updated once',
    there: { annotations: new Map([...NOTES, ['n', '1']]), residue: new Set(['annotations/n']) },
    answers: 'update-by-replace',
  },
  {
    story: 'what we updated once and still want',
    data: { a: 'old' },
    there: { residue: new Set(['data/a']) },
    answers: 'update-by-apply',
  },
  {
    story: 'a reference to an anchor of before',
    there: { owners: [REFERENCE] },
    answers: 'update-by-replace',
  },
  {
    story: 'two references to anchors',
    there: { owners: [ANCHOR, REFERENCE] },
    answers: 'update-by-replace',
  },
  {
    story: 'a reference that is nobody’s of ours',
    there: { owners: [STRANGER] },
    answers: 'unchanged unchanged unchanged update-by-apply',
  },
  {
    story: 'a finalizer that is missing',
    wish: { finalizers: ['x/y'] },
    answers: 'update-by-apply',
  },
  {
    story: 'a finalizer that others put on',
    there: { finalizers: ['x/y'] },
    answers: 'unchanged unchanged unchanged update-by-apply',
  },
]

/** Owner alone has a reference to the anchor; without a reference there, its Secret would differ by that. */
function ownersOf(creationPolicy: string, { there }: Row): readonly OwnerReference[] {
  const isOwner = creationPolicy === 'Owner'
  if (there?.owners === undefined) return isOwner ? [ANCHOR] : []
  return isOwner && there.owners[0] === STRANGER ? [STRANGER, ANCHOR] : there.owners
}

for (const row of ROWS) {
  const { story, there, data = { a: 'new' }, wish, answers } = row
  test(`${story}: ${answers}`, () => {
    const seen = POLICIES.map((creationPolicy) => {
      const anchor: OwnerWish = ANCHOR
      const now = observed('us', data, there)
      const change = planSecret(
        {
          externalSecret: wanted({ creationPolicy }),
          observed: { ...now, owners: ownersOf(creationPolicy, row) },
          claim: claim({ anchor }),
          parity: WAYBILL,
        },
        desired({ a: 'new' }, { immutable: there?.immutable === true, ...wish }),
      )
      if (change.action === 'refuse') return `refuse-${change.errors[0]?.code}`
      return change.action === 'update' ? `update-by-${change.by}` : change.action
    })
    const expected = answers.includes(' ') ? answers.split(' ') : POLICIES.map(() => answers)
    assert.deepEqual(seen, expected)
  })
}
