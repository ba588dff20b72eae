import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cells, playCell } from './chaos/cell.ts'
import { randomOf } from './chaos/random.ts'

// A sample of the chaos matrix; all of it is `npm run chaos`.

const SAMPLE = 8
const SEED = Number(process.env.WAYBILL_SEED ?? Date.now() % 1_000_000)

test(`${SAMPLE} random cells of the chaos matrix hold the invariants I1-I5`, async (t) => {
  t.diagnostic(`seed ${SEED}`)
  const random = randomOf(SEED)
  const all = cells()
  assert.equal(all.length, 5 * 10 * 4)
  // A stopped run tries for 8 s to write its status: too long for every push where nobody answers.
  const quick = all.filter(
    ({ target, fault }) => target !== 'api-server' || !['black-hole', 'drip'].includes(fault),
  )
  const chosen = Array.from({ length: SAMPLE }, () => quick[Math.floor(random() * quick.length)])
  for (const [at, cell] of chosen.entries()) {
    if (cell === undefined) continue
    const { target, fault, moment } = cell
    const name = `${target}, ${fault}, ${moment} (seed ${SEED}, number ${at})`
    await t.test(name, async () => {
      await playCell(cell, randomOf(SEED * 1000 + at))
    })
  }
})
