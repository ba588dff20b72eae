import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { dig, type JsonObject } from '../../src/model/json.ts'
import { bundledSecret, handedOff } from '../unit/sync/bundled.ts'
import { openBed, type Run, WAYBILL, waybill, writePrivate } from './bed.ts'

// Real things needed: kube-apiserver and etcd with an audit log that counts what was asked. The API server is restarted,
// frozen for a minute and killed while a run is under way, runs are killed, and the pods of an Indexed Job run together.

const bed = openBed('outages')
after(() => bed.down())
let kubeconfig = ''
let audit = ''
const NAMESPACE = 'shop'

before(() => {
  audit = join(bed.state, 'audit.log')
  const policy = writePrivate(
    join(bed.state, 'audit.yaml'),
    `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata, resources: [{group: "", resources: [secrets, configmaps, events]}]}, {level: None}]
`,
  )
  const flags = `--audit-log-path=${audit} --audit-policy-file=${policy}`
  kubeconfig = bed.up('api', { APISERVER_FLAGS: flags }).KUBECONFIG ?? ''
  bed.kubectl(['create', 'namespace', NAMESPACE])
})

interface App {
  readonly app: string
  readonly names: readonly string[]
}

function publish({ app, names }: App, version: string): void {
  const owner = { app, namespace: NAMESPACE }
  // Large enough for several shards, which is what the pods of an Indexed Job share out.
  const padding = {
    template: { mergePolicy: 'Merge', metadata: {}, data: { p: 'x'.repeat(9000) } },
  }
  const externalSecrets = names.map((name) =>
    bundledSecret(owner, name, { keys: { k: name }, target: { name, ...padding } }),
  )
  const values = Object.fromEntries(names.map((name) => [name, `${version}-${name}`]))
  const items = handedOff({ ...owner, values, externalSecrets })
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  bed.kubectl(
    ['apply', '--server-side', '--force-conflicts', '--field-manager=argocd', '-f', '-'],
    list,
  )
}

const appOf = (app: string, count: number): App => ({
  app,
  names: Array.from({ length: count }, (_, at) => `${app}-${at}`),
})

const argvOf = ({ app, names }: App): readonly string[] => [
  ...['sync', `--app=${app}`, `-n=${NAMESPACE}`, '--kubeconfig', kubeconfig, '-o=json'],
  // Whatever is due or not: the clock here is the real one.
  ...names.map((name) => `--force=${name}`),
]

function versionsOf({ app, names }: App): readonly (string | undefined)[] {
  const { items } = JSON.parse(bed.kubectl(['-n', NAMESPACE, 'get', 'secrets', '-o', 'json']))
  const found = new Map<string, JsonObject>(
    items.map((item: JsonObject) => [String(dig(item, 'metadata', 'name')), item]),
  )
  return names.map((name) => {
    const secret = found.get(name)
    if (secret === undefined) return undefined
    assert.equal(dig(secret, 'metadata', 'annotations', 'waybill.dev/owner'), app)
    const data = secret.data as Readonly<Record<string, string>>
    assert.equal(Buffer.from(data.p ?? '', 'base64').length, 9000, 'half a Secret')
    const [version, ...rest] = Buffer.from(data.k ?? '', 'base64')
      .toString()
      .split('-')
    assert.equal(rest.join('-'), name)
    return version
  })
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A run, and what is done to the world while it goes on. */
async function during(app: App, act: () => Promise<void>): Promise<Run> {
  const [ran] = await Promise.all([waybill(argvOf(app)), act()])
  return ran
}

function apiServerPid(): number {
  return Number(readFileSync(join(bed.state, 'api/apiserver.pid'), 'utf8').trim().split(/\s+/)[0])
}

test('G-13: the API server stands still for 60 s in the middle of a run: the run ends well, nothing is written twice', async () => {
  const app = appOf('frozen', 60)
  publish(app, 'old')
  assert.equal((await waybill(argvOf(app))).code, 0)
  publish(app, 'new')
  const pid = apiServerPid()
  const ran = await during(app, async () => {
    await pause(250)
    process.kill(pid, 'SIGSTOP')
    await pause(60_000)
    process.kill(pid, 'SIGCONT')
  })
  const now = versionsOf(app)
  assert.ok(now.every((version) => version === 'old' || version === 'new'))
  if (ran.code !== 0) {
    assert.ok([4, 5].includes(ran.code), `${ran.code} ${ran.err}`)
    assert.equal((await waybill(argvOf(app))).code, 0)
  }
  assert.ok(versionsOf(app).every((version) => version === 'new'))
})

test('G-13: the API server is restarted in the middle of a run: old or new Secrets, and the next run heals', async () => {
  const app = appOf('restart', 60)
  publish(app, 'old')
  assert.equal((await waybill(argvOf(app))).code, 0)
  publish(app, 'new')
  const ran = await during(app, async () => {
    await pause(300)
    process.kill(apiServerPid(), 'SIGKILL')
  })
  assert.ok([0, 4, 5].includes(ran.code), `${ran.code} ${ran.err}`)
  kubeconfig = restarted()
  assert.ok(versionsOf(app).every((version) => version === 'old' || version === 'new'))
  const healed = await waybill(argvOf(app))
  assert.equal(healed.code, 0, healed.err)
  assert.ok(versionsOf(app).every((version) => version === 'new'))
})

/** With its data, but on another port; the audit log is the same. */
function restarted(): string {
  bed.halt('api')
  const flags = `--audit-log-path=${audit} --audit-policy-file=${join(bed.state, 'audit.yaml')}`
  return bed.up('api', { APISERVER_FLAGS: flags }).KUBECONFIG ?? ''
}

const KILLS = 12

test(`G-14: ${KILLS} runs are killed at random points against a real API server`, async () => {
  const app = appOf('killed', 25)
  publish(app, 'v0')
  assert.equal((await waybill(argvOf(app))).code, 0)
  let killed = 0
  for (let at = 1; at <= KILLS; at++) {
    publish(app, `v${at}`)
    const before = versionsOf(app)
    const child = spawn(process.execPath, [WAYBILL, ...argvOf(app)], { stdio: 'ignore' })
    const ended = new Promise<string | null>((resolve) => {
      child.on('exit', (_code, signal) => resolve(signal))
    })
    await Promise.race([pause(150 + Math.random() * 600), ended])
    child.kill('SIGKILL')
    if ((await ended) === 'SIGKILL') killed++
    for (const [index, version] of versionsOf(app).entries()) {
      assert.ok(version === before[index] || version === `v${at}`, `kill ${at}: ${version}`)
    }
  }
  assert.ok(killed >= 6, `only ${killed} were still running`)
  assert.equal((await waybill(argvOf(app))).code, 0)
  assert.ok(versionsOf(app).every((version) => version === `v${KILLS}`))
})

interface Asked {
  readonly verb: string
  readonly objectRef: { readonly resource: string; readonly name?: string }
  readonly responseStatus: { readonly code: number }
  readonly userAgent: string
}

/** What waybill has asked since, as the API server has written it down. */
function askedSince(offset: number): readonly Asked[] {
  return readFileSync(audit, 'utf8')
    .slice(offset)
    .split('\n')
    .filter((line) => line.includes('"userAgent":"waybill'))
    .map((line) => JSON.parse(line))
}

const auditSize = (): number => readFileSync(audit, 'utf8').length

test('the pods of an Indexed Job, all at once, do exactly the work of one, counted in the audit log', async () => {
  const alone = appOf('alone', 60)
  publish(alone, 'old')
  const from = auditSize()
  assert.equal((await waybill(argvOf(alone))).code, 0)
  const one = askedSince(from)
  const many = appOf('many', 60)
  publish(many, 'old')
  const then = auditSize()
  const pods = await Promise.all(
    [0, 1, 2, 3].map((index) =>
      waybill([...argvOf(many), '--completions=4'], {
        env: { JOB_COMPLETION_INDEX: String(index) },
      }),
    ),
  )
  for (const pod of pods) assert.equal(pod.code, 0, pod.err)
  const all = askedSince(then)
  const results = pods.flatMap(({ out }) => JSON.parse(out).results)
  assert.equal(results.length, 60)
  assert.ok(results.every(({ outcome }) => outcome === 'created'))
  assert.ok(
    pods.filter(({ out }) => JSON.parse(out).results.length > 0).length >= 2,
    'one did it all',
  )
  const count = (asked: readonly Asked[], verb: string, resource: string): number =>
    asked.filter((entry) => entry.verb === verb && entry.objectRef.resource === resource).length
  for (const verb of ['get', 'patch', 'update', 'delete']) {
    assert.equal(count(all, verb, 'secrets'), count(one, verb, 'secrets'), `${verb} secrets`)
  }
  const writes = all.filter(
    ({ verb, objectRef }) => verb === 'patch' && objectRef.resource === 'secrets',
  )
  assert.equal(new Set(writes.map(({ objectRef }) => objectRef.name)).size, 60)
  assert.ok(versionsOf(many).every((version) => version === 'old'))
  assert.deepEqual(
    all.filter(({ responseStatus }) => responseStatus.code === 409),
    [],
    'they stood in each other’s way',
  )
})
