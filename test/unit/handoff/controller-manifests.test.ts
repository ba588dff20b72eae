import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadAll } from 'js-yaml'
import { leaseNameOf } from '../../../src/cli/controller-options.ts'
import { optionsOf } from '../../../src/cli/options.ts'
import { dig, isArray, type JsonObject, type JsonValue } from '../../../src/model/json.ts'

// What plugin/controller installs: a pod that the restricted Pod Security Standard takes, and rights with reasons.

const FOLDER = 'plugin/controller'
const objects: readonly JsonObject[] = readdirSync(FOLDER)
  .filter((name) => name !== 'kustomization.yaml')
  .flatMap((name) => loadAll(readFileSync(join(FOLDER, name), 'utf8')) as JsonObject[])

function named(kind: string, name = 'waybill-controller'): JsonObject {
  const found = objects.find((one) => one.kind === kind && dig(one, 'metadata', 'name') === name)
  assert.ok(found, `${kind}/${name}`)
  return found
}

const pod = dig(named('Deployment'), 'spec', 'template', 'spec')
const container = (dig(pod, 'containers') as readonly JsonObject[])[0]

test('the pod is one that the restricted Pod Security Standard takes', () => {
  assert.equal(dig(pod, 'securityContext', 'runAsNonRoot'), true)
  assert.equal(dig(pod, 'securityContext', 'seccompProfile', 'type'), 'RuntimeDefault')
  const context = dig(container, 'securityContext')
  assert.equal(dig(context, 'allowPrivilegeEscalation'), false)
  assert.equal(dig(context, 'readOnlyRootFilesystem'), true)
  assert.deepEqual(dig(context, 'capabilities', 'drop'), ['ALL'])
})

test('its arguments are options of the controller, its probes are paths that it serves', () => {
  const names = optionsOf('controller').map(({ name }) => `--${name}`)
  const [command, ...args] = dig(container, 'args') as readonly string[]
  assert.equal(command, 'controller')
  for (const arg of args) assert.ok(names.includes(arg.split('=')[0] ?? ''), arg)
  assert.equal(dig(container, 'livenessProbe', 'httpGet', 'path'), '/livez')
  assert.equal(dig(container, 'readinessProbe', 'httpGet', 'path'), '/readyz')
})

const SHARDS_MAX = 16

test('several replicas elect a leader, and may change the Leases of 16 shards and no other', () => {
  assert.ok(Number(dig(named('Deployment'), 'spec', 'replicas')) > 1)
  assert.ok((dig(container, 'args') as readonly JsonValue[]).includes('--leader-elect'))
  const rules = named('Role', 'waybill-controller-lease').rules as readonly JsonObject[]
  const changes = rules.filter(({ verbs }) => isArray(verbs) && verbs.includes('update'))
  const leases = Array.from({ length: SHARDS_MAX }, (_, shard) => leaseNameOf(shard))
  assert.deepEqual(
    changes.map(({ resourceNames }) => resourceNames),
    [leases],
  )
  assert.match(readFileSync('docs/controller.md', 'utf8'), new RegExp(`up to ${SHARDS_MAX} shards`))
})

test('no rule holds a wildcard verb, and none can bind or escalate', () => {
  const roles = [named('ClusterRole'), named('ClusterRole', 'waybill-controller-objects')]
  for (const rule of roles.flatMap(({ rules }) => rules as readonly JsonObject[])) {
    const verbs = rule.verbs as readonly string[]
    assert.ok(!verbs.some((verb) => ['*', 'bind', 'escalate', 'impersonate'].includes(verb)))
    assert.ok(!(rule.resources as readonly string[]).some((resource) => resource.includes('role')))
  }
})

/** That of the test bed, in the tiers with real programs. */
const KUSTOMIZE = join(process.env.WAYBILL_BED_BIN ?? '', 'kustomize')

test('kustomize builds it, where kustomize is installed', (t) => {
  let out: string
  try {
    out = execFileSync(KUSTOMIZE, ['build', FOLDER], { encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isMissing) throw error
    t.skip('kustomize is not installed')
    return
  }
  const built = loadAll(out) as readonly JsonObject[]
  assert.equal(built.length, objects.length)
  const namespaces = built.map((one) => dig(one, 'metadata', 'namespace'))
  assert.ok(
    namespaces.every((namespace) => namespace === undefined || namespace === 'waybill-system'),
  )
})
