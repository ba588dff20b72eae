import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, Read } from '../../../src/model/provider.ts'
import { type Asked, give, newAsked, take } from '../../../src/sync/asked.ts'

const READ: Read = {
  op: 'get',
  store: 'SecretStore/shop/st',
  key: 'k',
  version: undefined,
  metadata: false,
  property: undefined,
}
const GONE: Answer = { outcome: 'absent' }
const OTHER: Answer = { outcome: 'absent', gone: 'version 1 was deleted' }

function askedBy(readers: number): Asked {
  const asked = newAsked(READ, 'shop')
  asked.readers = readers
  return asked
}

test('an answer reaches those that came before it and those that come after', async () => {
  const asked = askedBy(3)
  const early = [take(asked), take(asked)]
  give(asked, GONE)
  assert.equal(take(asked), GONE)
  assert.deepEqual(await Promise.all(early), [GONE, GONE])
})

test('an answer that all have taken is not kept, whenever they came', () => {
  const rows = [
    { story: 'all waited', early: 2, late: 0 },
    { story: 'one waited, one came late', early: 1, late: 1 },
    { story: 'all came late', early: 0, late: 2 },
  ]
  for (const { story, early, late } of rows) {
    const asked = askedBy(early + late)
    for (let at = 0; at < early; at++) void take(asked)
    give(asked, GONE)
    assert.equal(asked.answer, late === 0 ? undefined : GONE, story)
    for (let at = 0; at < late; at++) take(asked)
    assert.equal(asked.answer, undefined, story)
    assert.equal(asked.waiting, undefined, story)
    assert.equal(asked.readers, 0, story)
  }
})

test('the first answer of a read is the one that all get', () => {
  const asked = askedBy(2)
  give(asked, GONE)
  give(asked, OTHER)
  assert.equal(take(asked), GONE)
  assert.equal(take(asked), GONE)
})

test('an answer that needs no store is there before anybody asks', () => {
  const asked = newAsked(READ, 'shop', OTHER)
  asked.readers = 1
  assert.equal(take(asked), OTHER)
  assert.equal(asked.answer, undefined)
})
