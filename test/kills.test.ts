import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { dig } from '../src/model/json.ts'
import { randomOf } from './chaos/random.ts'
import { type KubeServer, startKube } from './servers/kube.ts'
import { bundledSecret, handedOff } from './unit/sync/bundled.ts'
import { externalSecret, fakeStore, run } from './unit/sync/story.ts'

// G-14: the real process, killed with SIGKILL: half of the times while a random request of it is on its way or done but
// not answered, half of the times at a random moment. Whatever is left is the old or the new Secret, and a run heals it.

const KILLS = Number(process.env.WAYBILL_KILLS ?? 50)
const SEED = Number(process.env.WAYBILL_SEED ?? Date.now() % 1_000_000)
const NAMESPACE = 'shop'
const NAMES = ['a', 'b', 'c', 'd']
const START_MS = Date.UTC(2026, 0, 2)
const HOUR_MS = 3_600_000

interface Lane {
  readonly server: KubeServer
  readonly kubeconfig: string
  readonly folder: string
}

async function openLane(t: TestContext): Promise<Lane> {
  const server = await startKube({ namespaces: [NAMESPACE, 'waybill-system'] })
  const folder = mkdtempSync(join(tmpdir(), 'waybill-kills-'))
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, server.kubeconfig(server.adminToken, NAMESPACE), { mode: 0o600 })
  t.after(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { server, kubeconfig, folder }
}

/** `waybill ARGV…` as a process; when `isTime` answers, it is killed. Whether it was. */
async function killed(
  argv: readonly string[],
  isTime: () => Promise<void>,
  stdin = '',
): Promise<boolean> {
  const child = spawn(process.execPath, ['dist/waybill.cjs', ...argv], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env.PATH },
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin)
  const ended = new Promise<boolean>((resolve) => {
    child.on('exit', (_code, signal) => resolve(signal === 'SIGKILL'))
  })
  await Promise.race([isTime(), ended])
  child.kill('SIGKILL')
  return ended
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

type Data = Readonly<Record<string, string>>

const dataOf = (version: string, name: string): Data => ({
  k: `${version}-${name}-k`,
  l: `${version}-${name}-l`,
})

function publish({ server }: Lane, app: string, version: string): void {
  const owner = { app, namespace: NAMESPACE }
  const values = Object.fromEntries(
    NAMES.flatMap((name) =>
      Object.entries(dataOf(version, name)).map(([key, value]) => [`${name}/${key}`, value]),
    ),
  )
  const externalSecrets = NAMES.map((name) =>
    bundledSecret(owner, `${app}-${name}`, { keys: { k: `${name}/k`, l: `${name}/l` } }),
  )
  for (const object of handedOff({ ...owner, values, externalSecrets })) {
    const name = String(dig(object, 'metadata', 'name'))
    // As an edit: the anchor keeps its uid.
    if (server.object('ConfigMap', NAMESPACE, name) !== undefined && !name.includes('store'))
      continue
    server.remove('ConfigMap', NAMESPACE, name)
    server.seed(object)
  }
}

function secretData({ server }: Lane, name: string): Data | undefined {
  const object = server.object('Secret', NAMESPACE, name)
  if (object === undefined) return undefined
  assert.equal(dig(object, 'metadata', 'labels', 'waybill.dev/managed'), 'true', 'without a mark')
  const data = (object.data ?? {}) as Data
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  )
}

const argvOf = ({ kubeconfig }: Lane, app: string): readonly string[] => [
  'sync',
  `--app=${app}`,
  `-n=${NAMESPACE}`,
  '--kubeconfig',
  kubeconfig,
]

/** How many requests a run has, so that a kill can choose one. */
const REQUESTS = 18

async function killOnce(lane: Lane, at: number): Promise<boolean> {
  const random = randomOf(SEED * 1000 + at)
  const app = `app${at}`
  const { server } = lane
  const again = (nowMs: number): ReturnType<typeof run> =>
    run([...argvOf(lane, app), '-o=json'], { nowMs })
  const isFresh = random() < 0.3
  publish(lane, app, 'old')
  if (!isFresh) assert.equal((await again(START_MS)).code, 0)
  publish(lane, app, 'new')
  server.calls.clear()
  const isCounted = random() < 0.5
  const after = Math.floor(random() * REQUESTS)
  // Before: the request never arrives. After: it was done, and nobody hears of it.
  if (isCounted) server.fault({ after, does: random() < 0.5 ? { hang: true } : { delayMs: 9999 } })
  const delayMs = 60 + random() * 400
  const moment = async (): Promise<void> => {
    if (!isCounted) return pause(delayMs)
    // The next request is the one that hangs.
    while (server.calls.all.length < after) await pause(2)
    await pause(10)
  }
  const isKilled = await killed(argvOf(lane, app), moment)
  server.clearFaults()
  for (const name of NAMES) {
    const data = secretData(lane, `${app}-${name}`)
    const allowed = [isFresh ? undefined : dataOf('old', name), dataOf('new', name)]
    assert.ok(
      allowed.some((one) => JSON.stringify(one) === JSON.stringify(data)),
      `seed ${SEED}, kill ${at}: ${name} is ${JSON.stringify(data)}`,
    )
  }
  const healed = await again(Date.now() + 2 * HOUR_MS)
  assert.equal(healed.code, 0, `seed ${SEED}, kill ${at}: ${healed.out}${healed.err}`)
  for (const name of NAMES) {
    assert.deepEqual(secretData(lane, `${app}-${name}`), dataOf('new', name), `kill ${at}`)
  }
  if (at % 5 === 0) {
    const settled = await again(Date.now() + 4 * HOUR_MS)
    assert.deepEqual(
      settled.results.map(({ outcome }) => outcome),
      NAMES.map(() => 'unchanged'),
    )
  }
  return isKilled
}

test(`G-14: ${KILLS} times SIGKILL at a random point of a run: the old or the new Secrets, healed by the next run`, async (t) => {
  let next = 0
  let kills = 0
  const work = async (): Promise<void> => {
    const lane = await openLane(t)
    while (next < KILLS) if (await killOnce(lane, next++)) kills++
  }
  await Promise.all([work(), work()])
  t.diagnostic(`seed ${SEED}: ${kills} of ${KILLS} were still running`)
  assert.ok(kills > KILLS / 3, `only ${kills} were still running when they were to be killed`)
})

test('G-15: SIGTERM while requests are under way: over within 10 s, the code says so, and the status is written', async (t) => {
  const lane = await openLane(t)
  publish(lane, 'term', 'old')
  lane.server.fault({ call: 'patch secrets', after: 2, times: 99, does: { hang: true } })
  const child = spawn(process.execPath, ['dist/waybill.cjs', ...argvOf(lane, 'term')], {
    stdio: 'ignore',
    env: { PATH: process.env.PATH },
  })
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
  while (lane.server.calls.count('patch secrets') < NAMES.length) await pause(2)
  const began = performance.now()
  child.kill('SIGTERM')
  assert.equal(await ended, 143)
  assert.ok(performance.now() - began < 10_000)
  const made = NAMES.filter((name) => secretData(lane, `term-${name}`) !== undefined)
  assert.equal(made.length, 2, 'what had been answered is there')
  const status = lane.server.object('ConfigMap', NAMESPACE, 'waybill-term-status')
  const outcomes = Object.entries((status?.data ?? {}) as Data)
    .filter(([name]) => name.startsWith('term-'))
    .map(([, entry]) => JSON.parse(entry).outcome)
  assert.deepEqual(outcomes.sort(), ['created', 'created', 'failed', 'failed'])
})

const FILES = 60

test('G-14: SIGKILL of a run into a folder: whole files only, and what it left over is cleared away', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-kills-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const names = Array.from({ length: FILES }, (_, at) => `es${at}`)
  const manifests = (value: string): string =>
    fakeStore({ a: value.repeat(20_000) }) +
    names.map((name) => externalSecret({ name, keys: { k: 'a' } })).join('')
  const argv = ['sync', '-f=-', '--local', folder]
  const sizes = ['old', 'new'].map((value) => Buffer.from(value.repeat(20_000)).toString('base64'))
  const random = randomOf(SEED)
  for (let at = 0; at < 4; at++) {
    const wanted = at % 2 === 0 ? 'old' : 'new'
    const begun = async (): Promise<void> => {
      const before = stateOf(folder)
      while (stateOf(folder) === before) await pause(1)
      await pause(random() * 15)
    }
    await killed(argv, begun, manifests(wanted))
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
      const text = readFileSync(join(folder, file), 'utf8')
      assert.ok(
        sizes.some((data) => text.includes(`k: ${data}\n`)),
        `${file} is no whole file`,
      )
    }
  }
  // A run that was killed while a file was open: what is in there is a secret.
  writeFileSync(join(folder, '.00000000-0000-4000-8000-000000000000.tmp'), 'half', { mode: 0o600 })
  writeFileSync(join(folder, '.mine.tmp'), 'not ours')
  const ran = await run(argv, { stdin: manifests('new') })
  assert.equal(ran.code, 0, ran.err)
  assert.deepEqual(
    readdirSync(folder).sort(),
    ['.mine.tmp', ...names.map((name) => `shop_${name}.yaml`)].sort(),
  )
})

/** Changes with the first file that is begun. */
function stateOf(folder: string): string {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.tmp'))
    .join()
}
