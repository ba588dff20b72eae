import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDropping } from '../../../../src/sync/controller/dropping.ts'
import { WHOLE } from '../../../../src/sync/controller/source.ts'

const KEY = 'shop/waybill-shop'
const AGAIN = [{ outcome: 'done', againInMs: 605_000 }]
const LAST = [{ outcome: 'done', againInMs: undefined }]

test('the first look has a second one after the grace, which is the last', () => {
  const dropping = createDropping()
  dropping.add(KEY)
  assert.deepEqual(dropping.began(KEY, ['a', WHOLE]).concluded(true), AGAIN)
  assert.deepEqual(dropping.began(KEY, [WHOLE]).concluded(true), LAST)
})

test('what is dropped while a run is under way has two looks of its own', () => {
  const dropping = createDropping()
  dropping.add(KEY)
  const looking = dropping.began(KEY, [WHOLE])
  dropping.add(KEY)
  assert.deepEqual(looking.concluded(true), AGAIN)
  looking.ended()
  assert.deepEqual(dropping.began(KEY, [WHOLE]).concluded(true), AGAIN)
})

test('a run that came to nothing leaves the first look owed', () => {
  const dropping = createDropping()
  dropping.add(KEY)
  dropping.began(KEY, [WHOLE]).ended()
  assert.deepEqual(dropping.began(KEY, [WHOLE]).concluded(true), AGAIN)
})

for (const { story, names, isPruned, expected } of [
  { story: 'a run of single ones concludes nothing', names: ['a'], isPruned: true, expected: [] },
  { story: 'without pruning one look will do', names: [WHOLE], isPruned: false, expected: LAST },
]) {
  test(story, () => {
    const dropping = createDropping()
    dropping.add(KEY)
    assert.deepEqual(dropping.began(KEY, names).concluded(isPruned), expected)
  })
}

test('a bundle that is gone is owed nothing', () => {
  const dropping = createDropping()
  dropping.add(KEY)
  dropping.forget(KEY)
  assert.deepEqual(dropping.began(KEY, [WHOLE]).concluded(true), LAST)
})
