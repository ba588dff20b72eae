import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

// The bundle as it ships: its chunks hold copies of their own of what they share with the main file, and libraries run as
// CommonJS there. scripts/test.mjs builds it first.

function waybill(argv: readonly string[], input = ''): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/waybill.cjs', ...argv], {
    input,
    encoding: 'utf8',
  })
  return { code: status, text: stdout + stderr }
}

const EXTERNAL_SECRET = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: fixtures}
  dataFrom: [{find: {name: {regexp: "^(?!test)"}}}]
`

test('bundle: a pattern is judged by the engine of its own chunk', () => {
  const { code, text } = waybill(['validate', '-'], EXTERNAL_SECRET)
  assert.equal(code, 1)
  assert.match(text, /invalid-pattern/)
})

test('bundle: wrong usage that a chunk finds is wrong usage, not a bug', () => {
  const { code, text } = waybill(['validate', '--nope'])
  assert.equal(code, 2)
  assert.doesNotMatch(text, /internal error/)
})

test('bundle: explain has its pages', () => {
  assert.match(waybill(['explain', 'schema']).text, /^schema \(error\)/)
})

test('bundle: a process whose readers have gone ends', async () => {
  const child = spawn(process.execPath, ['dist/waybill.cjs', 'validate', '-'], {
    timeout: 10_000,
    killSignal: 'SIGKILL',
  })
  child.stdout.destroy()
  child.stderr.destroy()
  child.stdin.end(EXTERNAL_SECRET)
  const [code] = await once(child, 'exit')
  assert.notEqual(code, null, 'it had to be killed')
})
