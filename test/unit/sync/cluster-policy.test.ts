import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KubeApi, KubeError, type KubeErrorCode } from '../../../src/kube/api.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { OPEN_POLICY } from '../../../src/model/store-policy.ts'
import { type PolicyDemands, readClusterPolicy } from '../../../src/sync/cluster-policy.ts'
import { WorkUnusable } from '../../../src/sync/work.ts'

// The administrator's policy in the cluster. Whatever is wrong with it stops the run: a mistake must not open anything.

const REF = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'waybill-system',
  name: 'waybill-policy',
}

function kubeWith(get: () => JsonObject | undefined): Pick<KubeApi, 'get'> {
  return {
    get: async (ref) => {
      assert.deepEqual(ref, REF)
      return get()
    },
  }
}

const refusing = (code: KubeErrorCode) => (): never => {
  throw new KubeError(code, 403, 'no')
}

const read = (get: () => JsonObject | undefined, demands?: PolicyDemands) =>
  readClusterPolicy(kubeWith(get), 'waybill-system', demands)

const HEAD = 'apiVersion: waybill.dev/v1\nkind: StorePolicy\n'

test('cluster policy: it is the one key of the ConfigMap', async () => {
  const data = { 'policy.yaml': HEAD, other: '!' }
  assert.deepEqual(await read(() => ({ data })), OPEN_POLICY)
  const strict = { 'policy.yaml': `${HEAD}requireStoreConditions: true\n` }
  assert.equal((await read(() => ({ data: strict })))?.requiresConditions, true)
})

test('cluster policy: without one, and where it may not be seen, nothing is forbidden', async () => {
  assert.equal(await read(() => undefined), undefined)
  assert.equal(await read(refusing('forbidden')), undefined)
  assert.equal(await read(refusing('forbidden'), { isRequired: false }), undefined)
})

const UNUSABLE: readonly {
  readonly story: string
  readonly get: () => JsonObject | undefined
  readonly isRequired?: boolean
  readonly says: RegExp
  readonly hint: RegExp
}[] = [
  {
    story: 'it is required and absent',
    get: () => undefined,
    isRequired: true,
    says: /^there is no ConfigMap waybill-system\/waybill-policy$/,
    hint: /create it/,
  },
  {
    story: 'it is required and may not be read',
    get: refusing('forbidden'),
    isRequired: true,
    says: /waybill-policy may not be read$/,
    hint: /grant get/,
  },
  {
    story: 'another key',
    get: () => ({ data: { policy: HEAD } }),
    says: /has no key policy\.yaml$/,
    hint: /nothing is read/,
  },
  {
    story: 'no YAML',
    get: () => ({ data: { 'policy.yaml': 'a: "b' } }),
    says: /holds no YAML mapping$/,
    hint: /nothing is read/,
  },
  {
    story: 'a member that is there twice',
    get: () => ({ data: { 'policy.yaml': `${HEAD}namespaces: []\n${HEAD}` } }),
    says: /holds no YAML mapping$/,
    hint: /nothing is read/,
  },
  {
    story: 'another document',
    get: () => ({ data: { 'policy.yaml': 'kind: Policy' } }),
    says: /: expected apiVersion waybill\.dev\/v1 and kind StorePolicy$/,
    hint: /nothing is read/,
  },
]

for (const { story, get, isRequired = false, says, hint } of UNUSABLE) {
  test(`cluster policy: nothing may be read: ${story}`, async () => {
    await assert.rejects(read(get, { isRequired }), (error) => {
      assert.ok(error instanceof WorkUnusable)
      assert.match(error.message, says)
      assert.match(error.hint ?? '', hint)
      return true
    })
  })
}

test('cluster policy: any other failure, and a refusal to whoever has the right, lifts nothing', async () => {
  for (const code of ['unauthorized', 'unavailable', 'timeout'] as const) {
    await assert.rejects(read(refusing(code)), { name: 'KubeError', code })
  }
  const sure = { isRequired: true, mayBeRefused: false }
  await assert.rejects(read(refusing('forbidden'), sure), { name: 'KubeError', code: 'forbidden' })
  await assert.rejects(
    read(() => assert.fail('a bug')),
    /a bug/,
  )
})
