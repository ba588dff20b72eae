import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { loadAll } from 'js-yaml'
import type { JsonObject } from '../../src/model/json.ts'
import {
  assertNamed,
  assertOthersGoOn,
  RIGHTS,
  removalsOf,
  rolesOf,
  without,
} from '../unit/sync/removed-rights.ts'
import { type Ran, run } from '../unit/sync/story.ts'
import { openBed } from './bed.ts'

// Real things needed: kube-apiserver with its RBAC. G-26: a run holds the token of the generated ServiceAccount; each of its
// rights is taken away, one at a time. What the API server of the unit tests refuses, the real one does.

const bed = openBed('rights')
const folder = mkdtempSync(join(tmpdir(), 'waybill-rights-'))
after(() => {
  bed.down()
  rmSync(folder, { recursive: true, force: true })
})
let kubeconfig = ''
let rendered = ''
let nowMs = Date.UTC(2026, 0, 2)

before(async () => {
  bed.up('api')
  for (const name of ['shop', 'waybill-system']) bed.kubectl(['create', 'namespace', name])
  writeFileSync(join(folder, 'all.yaml'), RIGHTS)
  rendered = (await run(['generate', folder, '--app', 'shop', '-n', 'shop'])).out
  const kinds = ['ConfigMap', 'ServiceAccount', 'Role', 'RoleBinding']
  const handoff = (loadAll(rendered) as readonly JsonObject[]).filter(({ kind }) =>
    kinds.includes(String(kind)),
  )
  applied([
    ...handoff,
    core('ConfigMap', 'sources', { t: 'x: y' }),
    core('Secret', 'merge', { z: 'eg==' }),
  ])
  const line = bed.run('api', 'token', 'shop', 'waybill-shop').trim()
  kubeconfig = line.slice('KUBECONFIG='.length)
})

function core(kind: string, name: string, data: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'shop' }, data }
}

function applied(items: readonly JsonObject[]): void {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...items] })
  const how = ['--server-side', '--force-conflicts', '--field-manager=argocd']
  bed.kubectl(['apply', ...how, '-f', '-'], list)
}

function sync(): Promise<Ran> {
  nowMs += 3 * 3_600_000
  const argv = ['sync', '--app=shop', '-n=shop', '--kubeconfig', kubeconfig, '-o=json']
  return run(argv, { nowMs })
}

test('G-26: with all of its rights and no other the run succeeds', async () => {
  const ran = await sync()
  assert.equal(ran.code, 0, ran.out)
})

test('G-26: each right taken away on a real API server: what is missing is named, the others go on', async (t) => {
  const targets = ['plain', 'templated', 'deleting'].map((name) => `secret/${name}`)
  let refusals = 0
  for (const removal of removalsOf(rendered)) {
    const story = `${removal.verb} ${removal.resources.join()} ${removal.names.join()}`
    bed.kubectl(['-n', 'shop', 'delete', ...targets])
    applied([core('Secret', 'orphan', { z: 'eg==' })])
    const role = rolesOf(rendered)[removal.role] as JsonObject
    bed.kubectl(['replace', '-f', '-'], JSON.stringify(without(role, removal)))
    const ran = await sync()
    bed.kubectl(['replace', '-f', '-'], JSON.stringify(role))
    const isTold = ran.code !== 0 || ran.report.notes.length > 0
    if (isTold) refusals++
    await t.test(`without ${story}: ${isTold ? 'told' : 'not needed this time'}`, () => {
      if (!isTold) return
      assertNamed(removal, ran)
      assertOthersGoOn(removal, ran)
    })
    const healed = await sync()
    assert.equal(healed.code, 0, `${story}: ${healed.out}`)
  }
  assert.ok(refusals >= 9, `${refusals} refusals`)
})
