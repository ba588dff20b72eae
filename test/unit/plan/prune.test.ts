import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObservedSecret } from '../../../src/model/secret.ts'
import { deletionsMax, type Orphan, PRUNE_GRACE_MS, planPruning } from '../../../src/plan/prune.ts'
import { ANCHOR, claim, observed } from './secrets.ts'

// The table of prune.ts, row by row.

const NOW_MS = 1_000_000_000
const MINE = { owners: [ANCHOR] }

interface Row {
  readonly story: string
  readonly observed: ObservedSecret | undefined
  /** Minutes since it was dropped. */
  readonly minutes?: number
  readonly anchor?: Orphan['claim']['anchor']
  readonly answer: string
}

const ROWS: readonly Row[] = [
  { story: 'gone', observed: undefined, answer: 'forget' },
  { story: 'not ours', observed: observed('nobody', {}, MINE), answer: 'forget' },
  { story: 'of another app', observed: observed('other', {}, MINE), answer: 'forget' },
  { story: 'ours, but no longer owned', observed: observed('us', {}), answer: 'forget' },
  {
    story: 'owned by an anchor of before',
    observed: observed('us', {}, { owners: [{ ...ANCHOR, uid: 'before' }] }),
    answer: 'forget',
  },
  {
    story: 'no anchor is known',
    observed: observed('us', {}, MINE),
    anchor: 'any',
    answer: 'forget',
  },
  {
    story: 'dropped nine minutes ago',
    observed: observed('us', {}, MINE),
    minutes: 9,
    answer: 'keep grace',
  },
  {
    story: 'dropped ten minutes ago',
    observed: observed('us', {}, MINE),
    minutes: 10,
    answer: 'delete',
  },
]

function orphan({
  observed: secret,
  minutes = 60,
  anchor = ANCHOR,
}: Omit<Row, 'answer' | 'story'>): Orphan {
  const sinceMs = NOW_MS - minutes * 60_000
  return { name: 'api', sinceMs, observed: secret, claim: claim({ anchor }) }
}

function answers(
  orphans: readonly Orphan[],
  inventory: number,
  isConfirmed = false,
): readonly string[] {
  return planPruning(orphans, { nowMs: NOW_MS, inventory, isConfirmed }).map((one) =>
    one.action === 'keep' ? `keep ${one.because}` : one.action,
  )
}

for (const row of ROWS) {
  test(`pruning: ${row.story}: ${row.answer}`, () => {
    assert.deepEqual(answers([orphan(row)], 100), [row.answer])
  })
}

test('pruning: the grace is ten minutes', () => {
  assert.equal(PRUNE_GRACE_MS, 600_000)
})

const OURS = { observed: observed('us', {}, MINE) }

for (const [deletions, inventory, isConfirmed, answer] of [
  [2, 8, false, 'delete'],
  [3, 8, false, 'keep too-many'],
  [3, 8, true, 'delete'],
  [1, 1, false, 'delete'],
  [2, 4, false, 'keep too-many'],
] as const) {
  test(`pruning: ${deletions} of ${inventory}${isConfirmed ? ', confirmed' : ''}: ${answer}`, () => {
    const orphans = Array.from({ length: deletions }, () => orphan(OURS))
    assert.deepEqual(
      answers(orphans, inventory, isConfirmed),
      orphans.map(() => answer),
    )
  })
}

test('pruning: too many deletions hold back neither what is forgotten nor what waits', () => {
  const orphans = [OURS, OURS, OURS, { observed: undefined }, { ...OURS, minutes: 1 }].map(orphan)
  assert.deepEqual(answers(orphans, 4), [
    'keep too-many',
    'keep too-many',
    'keep too-many',
    'forget',
    'keep grace',
  ])
})

test('a quarter may go at once, but one always', () => {
  const limits = [0, 1, 4, 7, 8, 100].map(deletionsMax)
  assert.deepEqual(limits, [1, 1, 1, 1, 2, 25])
})
