import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runFile } from '../../vector-runner/run.ts'

// The answers of the real engines, for everything that this folder computes.
for (const set of ['gjson', 'regexp', 'rewrite', 'decode', 'goformat']) {
  test(`vectors: ${set} answers as the real engines do`, async () => {
    const { passed, failures } = await runFile(`test/vectors/${set}.jsonl`)
    assert.deepEqual(failures, [])
    assert.ok(passed > 100)
  })
}
