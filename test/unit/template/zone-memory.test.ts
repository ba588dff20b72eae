import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { loadZone } from '../../../src/template/time-zone.ts'

test('names that templates made up are not kept for ever, and zones are found after them', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heapMiB = (): number => {
    collect()
    return process.memoryUsage().heapUsed / 2 ** 20
  }
  const berlin = loadZone('Europe/Berlin')
  loadZone('Nowhere/At-All')
  const before = heapMiB()
  for (let at = 0; at < 5_000; at++) loadZone(`Nowhere/${at}-${'x'.repeat(2_000)}-${at}`)
  assert.ok(heapMiB() - before < 6, `${heapMiB() - before} MiB more`)
  assert.equal(loadZone('Nowhere/At-All'), undefined)
  assert.equal(loadZone('Europe/Berlin')?.name, berlin?.name)
})
