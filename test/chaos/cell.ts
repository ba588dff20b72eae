import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../../src/cli/main.ts'
import { dig, type JsonObject } from '../../src/model/json.ts'
import { type KubeServer, startKube } from '../servers/kube.ts'
import { startProxy } from '../servers/proxy.ts'
import { type Fault, json } from '../servers/server.ts'
import { type FakeIo, fakeIo } from '../unit/cli/fake-io.ts'
import { document, externalSecret, fakeStore } from '../unit/sync/story.ts'
import { breakNames, TARGET_HOST } from './names.ts'
import { REMOTES, type Remote } from './remotes.ts'

// One cell of the chaos matrix: a run with one target broken in one way from one moment on, then runs without a fault.
//   I1 no Secret is ever other than absent, old or new     I2 none loses a key     I3 nothing that is told holds a value
//   I4 the runs after the fault make everything new        I5 what needs nothing of the broken target is new at once

export const TARGETS = ['aws', 'vault', 'gcp', 'kubernetes', 'api-server'] as const
export const FAULTS = [
  'refuse',
  'black-hole',
  'reset',
  'drip',
  'burst-5xx',
  'throttle',
  'garbage',
  'tls',
  'skew',
  'dns',
] as const
export const MOMENTS = ['start', 'mid-run', 'write', 'shutdown'] as const

export interface Cell {
  readonly target: (typeof TARGETS)[number]
  readonly fault: (typeof FAULTS)[number]
  readonly moment: (typeof MOMENTS)[number]
}

/** Every combination. */
export function cells(): readonly Cell[] {
  return TARGETS.flatMap((target) =>
    FAULTS.flatMap((fault) => MOMENTS.map((moment) => ({ target, fault, moment }))),
  )
}

export interface Outcome {
  /** Exit code of the run with the fault. */
  readonly code: number
  /** Secrets that it has written all the same. */
  readonly written: number
  readonly ms: number
}

const NAMESPACE = 'shop'
const BROKEN = ['one', 'two', 'three']
const HEALTHY = ['well-1', 'well-2']
const START_MS = Date.now()
const HOUR_MS = 3_600_000
/** Of a run whose target says nothing, and of one that is told something: then it ends by itself. */
const SILENT: ReadonlySet<string> = new Set(['black-hole', 'drip'])
const timeoutOf = ({ fault }: Cell): string => (SILENT.has(fault) ? '4s' : '10s')

interface World {
  readonly cell: Cell
  readonly random: () => number
  readonly kube: KubeServer
  readonly remote: Remote | undefined
  readonly said: string[]
}

/** Plays a cell; throws AssertionError when an invariant does not hold. */
export async function playCell(cell: Cell, random: () => number): Promise<Outcome> {
  const kube = await startKube({ namespaces: [NAMESPACE, 'waybill-system'] })
  const remote = await REMOTES[cell.target]?.()
  const proxy = await startProxy((remote?.server ?? kube).url)
  const folder = mkdtempSync(join(tmpdir(), 'waybill-chaos-'))
  const began = performance.now()
  try {
    const world: World = { cell, random, kube, remote, said: [] }
    seed(world)
    return await play(world, { proxy, folder, began })
  } finally {
    breakNames(undefined)
    await Promise.all([proxy.close(), kube.close(), remote?.server.close()])
    rmSync(folder, { recursive: true, force: true })
  }
}

function seed({ kube, remote }: World): void {
  const data = Object.entries(remote?.keys ?? {}).map(
    ([key, value]) => [key, Buffer.from(value).toString('base64')] as const,
  )
  kube.seed(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'waybill-chaos', namespace: NAMESPACE },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys', namespace: NAMESPACE },
      data: Object.fromEntries(data),
    },
  )
}

/** Long and odd enough to be found wherever it leaks. */
const canary = (version: string, name: string): string => `canary-${version}-${name}-7Zq1`

function manifestsOf({ cell, remote }: World, version: string, address: string): string {
  const scheme = remote?.server.url.startsWith('https') === true ? 'https' : 'http'
  const values = Object.fromEntries(
    [...HEALTHY, ...(remote === undefined ? BROKEN : [])].map((name) => [
      name,
      canary(version, name),
    ]),
  )
  const store =
    remote === undefined
      ? ''
      : document({
          apiVersion: 'external-secrets.io/v1',
          kind: 'SecretStore',
          metadata: { name: 'broken', namespace: NAMESPACE },
          spec: { provider: remote.settings(`${scheme}://${address}`) },
        })
  const brokenStore = remote === undefined ? 'st' : 'broken'
  const property = ['vault', 'kubernetes'].includes(cell.target) ? { property: 'value' } : {}
  const one = (name: string, from: string, more: JsonObject): string =>
    externalSecret({
      name,
      keys: {},
      store: from,
      spec: { data: [{ secretKey: 'k', remoteRef: { key: name, ...more } }] },
    })
  return [
    fakeStore(values),
    store,
    ...BROKEN.map((name) => one(name, brokenStore, property)),
    ...HEALTHY.map((name) => one(name, 'st', {})),
  ].join('')
}

interface Stage {
  readonly proxy: Awaited<ReturnType<typeof startProxy>>
  readonly folder: string
  readonly began: number
}

async function play(world: World, { proxy, folder, began }: Stage): Promise<Outcome> {
  const { cell, kube, remote, random } = world
  const isApi = remote === undefined
  const kubeconfig = join(folder, 'kubeconfig')
  const apiPort = isApi ? proxy.port : Number(new URL(kube.url).port)
  const reach = (host: string): void => {
    const text = kube.kubeconfig(kube.adminToken, NAMESPACE)
    writeFileSync(kubeconfig, text.replace(kube.url, `https://${host}:${apiPort}`), { mode: 0o600 })
  }
  reach('127.0.0.1')
  const run = { world, kubeconfig, port: proxy.port }
  const isFresh = random() < 0.3
  rotate(world, 'old')
  if (!isFresh) assert.equal(await go('old', START_MS, run), 0, world.said.join('\n'))
  rotate(world, 'new')
  if (cell.fault === 'dns' && isApi) reach(TARGET_HOST)
  const skewMs = random() < 0.5 ? -HOUR_MS : HOUR_MS
  const nowMs = cell.fault === 'skew' ? START_MS + skewMs : START_MS
  const code = await go('new', nowMs, {
    ...run,
    breaks: (fake) => breakThings(world, proxy, fake),
  })
  reach('127.0.0.1')
  await proxy.set('pass')
  breakNames(undefined)
  for (const server of [kube, remote?.server]) server?.clearFaults()
  const written = judge(world, isFresh)
  // I5
  if (cell.moment !== 'shutdown' && !isApi) assertNew(world, HEALTHY, 'I5')
  const isHealed = (await go('new', START_MS, run)) === 0 || (await go('new', START_MS, run)) === 0
  assert.ok(isHealed, `I4: ${world.said.slice(-2).join('\n')}`)
  assertNew(world, [...BROKEN, ...HEALTHY], 'I4')
  assertSilent(world)
  return { code, written, ms: performance.now() - began }
}

interface Run {
  readonly world: World
  readonly kubeconfig: string
  readonly port: number
  /** Of the run that the fault hits. */
  readonly breaks?: (fake: FakeIo) => Promise<void>
}

/** One run; its exit code. */
async function go(
  version: string,
  nowMs: number,
  { world, kubeconfig, port, breaks }: Run,
): Promise<number> {
  const { cell, remote, said } = world
  const host = cell.fault === 'dns' && breaks !== undefined ? TARGET_HOST : '127.0.0.1'
  const stdin = manifestsOf(world, version, `${host}:${port}`)
  const argv = ['sync', '-f=-', '--app=chaos', '--kubeconfig', kubeconfig, '-o=json']
  const force = [...BROKEN, ...HEALTHY].map((name) => `--force=${name}`)
  const env = remote?.env(`http://${host}:${port}`) ?? {}
  const fake = fakeIo({ stdin, env, nowMs })
  const timeout = breaks === undefined ? [] : [`--timeout=${timeoutOf(cell)}`]
  const running = main([...argv, ...force, ...timeout], fake)
  await breaks?.(fake)
  const code = await running
  said.push(fake.out(), fake.err())
  return code
}

/** The provider has this version from now on, and the log of calls begins. */
function rotate({ kube, remote }: World, version: string): void {
  for (const name of BROKEN) remote?.set(name, canary(version, name))
  kube.calls.clear()
  remote?.server.calls.clear()
}

function assertNew({ kube }: World, names: readonly string[], story: string): void {
  for (const name of names)
    assert.equal(value(kube, name), canary('new', name), `${story}: ${name}`)
}

/** I1 and I2; how many are new. */
function judge({ kube }: World, isFresh: boolean): number {
  let count = 0
  for (const name of [...BROKEN, ...HEALTHY]) {
    const now = value(kube, name)
    const allowed = [isFresh ? undefined : canary('old', name), canary('new', name)]
    assert.ok(allowed.includes(now), `I1: ${name} is ${now}`)
    if (now === canary('new', name)) count++
  }
  return count
}

function value(kube: KubeServer, name: string): string | undefined {
  const secret = kube.object('Secret', NAMESPACE, name)
  if (secret === undefined) return undefined
  const data = dig(secret, 'data', 'k')
  return typeof data === 'string' ? Buffer.from(data, 'base64').toString() : ''
}

/** I3: outputs, events and status. */
function assertSilent({ said, kube, remote }: World): void {
  const objects = [...kube.objects('Event', NAMESPACE), ...kube.objects('ConfigMap', NAMESPACE)]
  const text = [...said, JSON.stringify(objects)].join('\n')
  const secrets = ['canary-', ...(remote?.handedOut() ?? []), ...Object.values(remote?.keys ?? {})]
  for (const secret of secrets.filter((one) => one.length > 4)) {
    assert.ok(!text.includes(secret), 'I3: a value is told')
    const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1)
    assert.ok(!text.includes(base64), 'I3: a value is told in base64')
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits for the moment and breaks the target; at shutdown the run is stopped as well. */
async function breakThings(
  { cell, kube, remote, random }: World,
  proxy: Stage['proxy'],
  fake: FakeIo,
): Promise<void> {
  const server = remote?.server ?? kube
  const isTime = (): boolean => {
    if (cell.moment === 'start') return true
    if (cell.moment === 'mid-run') return server.calls.all.length >= wanted
    return kube.calls.count('patch secrets') > 0
  }
  const wanted = 1 + Math.floor(random() * 3)
  const deadline = performance.now() + 2000
  while (!isTime() && performance.now() < deadline) await pause(1)
  const times = cell.fault === 'burst-5xx' ? 1 + Math.floor(random() * 8) : 999
  const does = scripted(cell.fault, remote)
  if (does !== undefined) server.fault({ times, does })
  if (cell.fault === 'refuse' || cell.fault === 'black-hole') await proxy.set(cell.fault)
  if (cell.fault === 'tls') await proxy.set('tls-alert')
  if (cell.fault === 'dns') {
    breakNames(random() < 0.5 ? 'ENOTFOUND' : 'EAI_AGAIN')
    // Whoever is connected needs no name.
    proxy.cut()
  }
  if (cell.moment === 'shutdown') fake.stop('SIGTERM')
}

/** What the server itself says or does; undefined for what the wire does. */
function scripted(fault: Cell['fault'], remote: Remote | undefined): Fault['does'] | undefined {
  switch (fault) {
    case 'reset':
      return { reset: 'in-body' }
    case 'drip':
      return { slowMs: 1000 }
    case 'burst-5xx':
      return { reply: remote?.broken ?? json(500, { kind: 'Status' }) }
    case 'throttle':
      return { reply: remote?.throttled ?? json(429, { kind: 'Status' }, { 'retry-after': '1' }) }
    case 'garbage':
      return { reply: { status: 200, body: '<html>\u0000 captive {"portal"' } }
    default:
      return undefined
  }
}
