import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { runFile } from './vector-runner/run.ts'

// The answers of the real engines (test/vectors/README.md), all of them: no set may be lost, and none has a skip list.

/** Cases of each set that the operator's own code answered; none may be lost. */
const CASES: Readonly<Record<string, number>> = {
  admission: 38,
  decode: 343,
  duration: 113,
  externalsecret: 60,
  gjson: 895,
  goformat: 119,
  'k8s-names': 238,
  regexp: 273,
  rewrite: 307,
  'template-core': 788,
  'template-engine': 226,
  'template-functions': 2345,
  'template-functions-random': 27,
  yaml: 634,
}

/** What `npm run fuzz:oracle` found, answered by its oracle: grows with every find. */
const FOUND = 132

test('vectors: the sets are fourteen, of 6406 cases, and what was found', () => {
  const sets = readdirSync('test/vectors')
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.replace('.jsonl', ''))
    .sort()
  assert.deepEqual(sets, [...Object.keys(CASES), 'found'].sort())
  const total = Object.values(CASES).reduce((sum, count) => sum + count, 0)
  assert.equal(total, 6406)
})

for (const [set, count] of Object.entries({ ...CASES, found: FOUND })) {
  test(`vectors: ${set} answers as the real engines do, ${count} times`, async () => {
    const { passed, failures } = await runFile(`test/vectors/${set}.jsonl`)
    assert.deepEqual(failures, [])
    assert.equal(passed, count)
  })
}
