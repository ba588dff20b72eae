import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Child, findProgram, runChild } from '../../../src/render/child.ts'
import { childEnvironment } from '../../../src/render/child-environment.ts'
import { RenderError } from '../../../src/render/render-error.ts'

const scratch = mkdtempSync(join(tmpdir(), 'waybill-child-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

function child(script: string, extra: Partial<Child> = {}): Child {
  return {
    program: process.execPath,
    args: ['-e', script],
    cwd: scratch,
    env: {},
    signal: new AbortController().signal,
    hidden: [],
    ...extra,
  }
}

async function failure(running: Promise<unknown>): Promise<RenderError> {
  try {
    await running
  } catch (error) {
    assert.ok(error instanceof RenderError, String(error))
    return error
  }
  return assert.fail('it ended well')
}

test('what a child prints comes back whole', async () => {
  const out = await runChild(child('process.stdout.write("x".repeat(3000000))'))
  assert.equal(out.length, 3_000_000)
})

test('a child that fails is told by its last words', async () => {
  const error = await failure(
    runChild(child('console.error("first\\nError: no such base"); process.exitCode = 7')),
  )
  assert.equal(error.message, 'node -e failed: exit status 7: Error: no such base')
  assert.equal(error.output, 'first\nError: no such base')
})

test('output of a child that fails is dropped, however good it looks', async () => {
  await failure(runChild(child('console.log("kind: Secret"); process.exitCode = 1')))
})

test('a child that is killed from outside is a failure', async () => {
  const error = await failure(runChild(child('process.kill(process.pid, "SIGKILL")')))
  assert.match(error.message, /killed by SIGKILL/)
})

test('too much output ends the child', async () => {
  const error = await failure(
    runChild(child('const b = Buffer.alloc(1 << 20); for (;;) require("fs").writeSync(1, b)')),
  )
  assert.match(error.message, /more than 64 MiB/)
})

test('an abort ends the child, even one that ignores SIGTERM, and its reason comes out', {
  timeout: 10_000,
}, async () => {
  const stop = new AbortController()
  const note = join(scratch, 'deaf')
  const script = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)
    require('fs').writeFileSync(${JSON.stringify(note)}, String(process.pid))`
  const running = runChild(child(script, { signal: stop.signal }))
  const pid = await pidIn(note)
  stop.abort('SIGTERM')
  const abortedMs = performance.now()
  await assert.rejects(running, (reason) => reason === 'SIGTERM')
  // SIGTERM alone leaves it running: only the SIGKILL after the grace of 500 ms ends it.
  assert.ok(performance.now() - abortedMs >= 450, 'it ended before the grace was over')
  assert.throws(() => process.kill(pid, 0), /ESRCH/)
})

/** The pid that a child has written once its handlers are in place. */
async function pidIn(file: string): Promise<number> {
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (text !== '') return Number(text)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('an abort does not wait for what the child has started and left behind', async () => {
  const stop = new AbortController()
  const grandchild = `setTimeout(() => {}, 4000)`
  const script = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' }); console.log('up')`
  setTimeout(() => stop.abort('SIGTERM'), 300)
  const startMs = performance.now()
  await assert.rejects(
    runChild(child(script, { signal: stop.signal })),
    (reason) => reason === 'SIGTERM',
  )
  assert.ok(performance.now() - startMs < 2500)
})

test('a child sees nothing of our environment but the list', async () => {
  const env = childEnvironment({
    PATH: '/bin',
    HOME: '/home',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_WEB_IDENTITY_TOKEN_FILE: 'x',
    VAULT_TOKEN: 'x',
    GOOGLE_APPLICATION_CREDENTIALS: 'x',
    GIT_ASKPASS: 'x',
    KUBECONFIG: 'x',
    NODE_OPTIONS: 'x',
    ARGOCD_ENV_ANYTHING: 'x',
  })
  const out = await runChild(child('console.log(JSON.stringify(process.env))', { env }))
  assert.deepEqual(JSON.parse(new TextDecoder().decode(out)), {
    GIT_TERMINAL_PROMPT: '0',
    HOME: '/home',
    LC_ALL: 'C.UTF-8',
    PATH: '/bin',
    TZ: 'UTC',
  })
})

test('a program is found by its absolute path', async () => {
  const folder = join(scratch, 'bin')
  mkdirSync(folder)
  writeFileSync(join(folder, 'tool'), '')
  await assert.rejects(findProgram('tool', folder, 'install it'), /tool is not installed/)
  chmodSync(join(folder, 'tool'), 0o755)
  assert.equal(await findProgram('tool', `/nowhere:${folder}`, ''), join(folder, 'tool'))
})

test('a relative entry of PATH is not followed into the manifests', async () => {
  const error = await failure(findProgram('child.test.js', 'test:.:', 'install it'))
  assert.equal(error.hint, 'install it')
})

test('a program that cannot be started is told by its path', async () => {
  const gone = join(scratch, 'gone')
  const error = await failure(runChild(child('', { program: gone })))
  assert.match(error.message, /cannot start .*gone/)
})
