import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { waybill } from './bed.ts'
import type { World } from './fault-world.ts'
import { assertNoFlap, type History, pause, type Replica, within } from './replicas.ts'

// Machines whose wall clock is an hour off, one ahead and one behind; their monotonic clocks are right, as after somebody
// has set the time. Leases go by the monotonic clock, refreshes survive times that lie in the future, and what is written
// down is what the clock of the writer says.

const HOUR_MS = 3_600_000
const NAMESPACE = 'clock'
const COUNT = 5
const ROLE = { role: NAMESPACE, account: 'app', audience: 'vault' }

/** Vault lets the ServiceAccount `app` in, by tokens that the API server reviews: their times are its own. */
export function prepareClocks({ bed, apiPort }: World): void {
  const account = (...words: readonly string[]): string => bed.kubectl(['-n', NAMESPACE, ...words])
  for (const name of [ROLE.account, 'reviewer']) account('create', 'serviceaccount', name)
  const subject = `--serviceaccount=${NAMESPACE}:reviewer`
  account(
    'create',
    'clusterrolebinding',
    'reviewer',
    '--clusterrole=system:auth-delegator',
    subject,
  )
  const ca = join(bed.state, 'api/pki/auto/apiserver.crt')
  const reviewer = account('create', 'token', 'reviewer').trim()
  bed.run('vault', 'kubernetes', `https://127.0.0.1:${apiPort}`, ca, reviewer)
  const bound = [
    `bound_service_account_names=${ROLE.account}`,
    `bound_service_account_namespaces=${NAMESPACE}`,
  ]
  const rest = [`audience=${ROLE.audience}`, 'token_policies=reads', 'ttl=10m']
  bed.run('vault', 'run', 'write', `auth/kubernetes/role/${ROLE.role}`, ...bound, ...rest)
  const policy = 'policy=path "secret/data/*" { capabilities = ["read"] }'
  bed.run('vault', 'run', 'write', 'sys/policies/acl/reads', policy)
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', libraryOf(bed.state), 'test/bed/clock.c'])
}

const libraryOf = (state: string): string => join(state, 'clock.so')

function clockOff({ bed }: World, offMs: number): Readonly<Record<string, string>> {
  return { LD_PRELOAD: libraryOf(bed.state), CLOCK_OFFSET: String(offMs / 1000) }
}

export async function wrongClocks(world: World, history: History, argv: readonly string[]) {
  const start = (name: string, offMs: number): Promise<Replica> =>
    world.replicas.start(name, { namespace: NAMESPACE, argv, env: clockOff(world, offMs) })
  const account = `{name: ${ROLE.account}, audiences: [${ROLE.audience}]}`
  const auth = `{kubernetes: {mountPath: kubernetes, role: ${ROLE.role}, serviceAccountRef: ${account}}}`
  await world.setVault(NAMESPACE, 'one')
  await world.publish(NAMESPACE, { count: COUNT, key: NAMESPACE, interval: '3s', auth })
  const ahead = await start('clock-1', HOUR_MS)
  await within(40, () => ahead.log().includes(' leading'), ahead.log)
  const behind = await start('clock-2', -HOUR_MS)
  const told = (): string => ahead.log() + behind.log()
  const becomes = (value: string): Promise<number> =>
    within(60, () => history.count(value) === COUNT, told)
  await becomes('one')
  await world.setVault(NAMESPACE, 'two')
  await becomes('two')
  await assertTimes(world, HOUR_MS)

  ahead.child.kill('SIGKILL')
  const took = await within(60, () => behind.log().includes(' leading'), told)
  assert.ok(took > 5, `${took} s: before the lease had run out`)
  await world.setVault(NAMESPACE, 'three')
  await becomes('three')
  await within(30, () => isTimed(world, -HOUR_MS), told)
  await assertNoStorm(world, behind)
  behind.child.kill('SIGKILL')

  await world.setVault(NAMESPACE, 'four')
  for (const [offMs, outcome] of [
    [HOUR_MS, 'updated'],
    [-HOUR_MS, 'unchanged'],
  ] as const) {
    const config = join(world.bed.state, 'api/admin.kubeconfig')
    const job = ['sync', `--app=${NAMESPACE}`, `-n=${NAMESPACE}`, '--kubeconfig', config, '-o=json']
    const { code, out, err } = await waybill(job, { env: clockOff(world, offMs) })
    assert.equal(code, 0, out + err)
    const outcomes: readonly { readonly outcome: string }[] = JSON.parse(out).results
    assert.deepEqual([...new Set(outcomes.map((one) => one.outcome))], [outcome])
    await becomes('four')
  }
  assertNoFlap(history, ['one', 'two', 'three', 'four'])
}

/** Of a leader with an interval of 3 s: it goes on, and no faster than that. */
async function assertNoStorm(world: World, { credential }: Replica): Promise<void> {
  const fromMs = Date.now()
  await pause(12_000)
  const asked = world.replicas.audited(credential).filter(({ atMs }) => atMs > fromMs)
  const count = (verb: string, resource: string): number =>
    asked.filter((one) => one.verb === verb && one.resource === resource).length
  const refreshes = count('patch', 'configmaps')
  assert.ok(refreshes >= 1 && refreshes <= 8, `${refreshes} refreshes in 12 s`)
  const tokens = count('create', 'serviceaccounts/token')
  assert.ok(tokens <= 8, `${tokens} tokens in 12 s`)
  assert.equal(count('patch', 'secrets'), 0, 'nothing has changed')
}

async function isTimed(world: World, offMs: number): Promise<boolean> {
  return (await timesOf(world)).every((ms) => Math.abs(ms - Date.now() - offMs) < 300_000)
}

async function assertTimes(world: World, offMs: number): Promise<void> {
  assert.ok(await isTimed(world, offMs), String(await timesOf(world)))
}

/** When each was synced, and when the lease was renewed, as it is written. */
async function timesOf({ kubectl }: World): Promise<readonly number[]> {
  const path = ['-o', 'jsonpath={.data}']
  const data = await kubectl(
    '-n',
    NAMESPACE,
    'get',
    'configmap',
    `waybill-${NAMESPACE}-status`,
    ...path,
  )
  const entries = Object.entries<string>(JSON.parse(data)).filter(([name]) =>
    name.startsWith(`${NAMESPACE}-`),
  )
  assert.equal(entries.length, COUNT, data)
  const lease = ['get', 'lease', 'waybill-controller', '-o', 'jsonpath={.spec.renewTime}']
  const renewed = await kubectl('-n', NAMESPACE, ...lease)
  return [...entries.map(([, entry]) => JSON.parse(entry).lastSync), renewed].map(Date.parse)
}
