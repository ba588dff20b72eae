import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { statusName } from '../../src/handoff/names.ts'
import { openBed } from './bed.ts'

// MT-11 on the real kube-apiserver: with plugin/admission, whoever may write ConfigMaps in a namespace may not hand anything
// off there, and a sync job can still write down what it did.

const POLICY = 'plugin/admission/handoff.yaml'
const ARGO_CD = 'system:serviceaccount:argocd:argocd-application-controller'
const TENANT = 'system:serviceaccount:shop:tenant'
const DENIED = /bundles and stores of waybill are written by Argo CD alone/

const bed = openBed('admission')
after(() => bed.down())

interface Wish {
  readonly name?: string
  readonly generateName?: string
  readonly labels?: Readonly<Record<string, string>>
}

function configMap({ name, generateName, labels = {} }: Wish): string {
  const metadata = { name, generateName, namespace: 'shop', labels }
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { at: 'x' } })
}

const as = (user: string, verb: readonly string[], input: string) =>
  bed.tryKubectl([...verb, '-f', '-', `--as=${user}`], input)

const HELD: readonly (Wish & { readonly story: string })[] = [
  { story: 'the anchor of an app', name: 'waybill-shop' },
  { story: 'a shard', name: 'waybill-shop-0' },
  { story: 'a store', name: 'waybill-store-vault' },
  {
    story: 'a store whose name ends like a status',
    name: 'waybill-store-my-status',
    labels: { 'waybill.dev/handoff': 'store' },
  },
  { story: 'a cluster store', name: 'waybill-clusterstore-x' },
  {
    story: 'a bundle that is named like a status',
    name: 'waybill-other-status',
    labels: { 'waybill.dev/handoff': 'anchor' },
  },
  { story: 'a name to be generated', generateName: 'waybill-' },
  { story: 'the label alone', name: 'mine', labels: { 'waybill.dev/handoff': 'bundle' } },
]
const FREE: readonly (Wish & { readonly story: string })[] = [
  { story: 'a ConfigMap of their own', name: 'settings' },
  { story: 'the status of a run', name: 'waybill-shop-status' },
  { story: 'the status of a part', name: 'waybill-shop-status-3' },
  { story: 'what was pushed', name: 'waybill-shop-pushed' },
  { story: 'the status of an app `store-…`', name: statusName('store-front') },
  { story: 'the status of an app `clusterstore-…`', name: statusName('clusterstore-x', 2) },
]

test('MT-11: only Argo CD writes what a run or the controller would act on', async (t) => {
  bed.up('api')
  for (const namespace of ['shop', 'argocd']) bed.kubectl(['create', 'namespace', namespace])
  const verbs = ['--verb=get,list,create,update,patch,delete', '--resource=configmaps']
  bed.kubectl(['create', 'role', 'writer', ...verbs, '-n', 'shop'])
  const users = [`--user=${TENANT}`, `--user=${ARGO_CD}`]
  bed.kubectl(['create', 'rolebinding', 'writers', '--role=writer', ...users, '-n', 'shop'])
  const before = await as(TENANT, ['create'], configMap({ name: 'waybill-before' }))
  assert.equal(before.code, 0, before.err)
  bed.kubectl(['apply', '-f', POLICY])
  await active()
  for (const { story, ...wish } of HELD) {
    await t.test(`a tenant may not create ${story}`, async () => {
      const refused = await as(TENANT, ['create'], configMap(wish))
      assert.equal(refused.code, 1, refused.out)
      assert.match(refused.err, DENIED)
      const allowed = await as(ARGO_CD, ['create'], configMap(wish))
      assert.equal(allowed.code, 0, allowed.err)
    })
  }
  for (const { story, ...wish } of FREE) {
    await t.test(`a tenant may create ${story}`, async () => {
      const made = await as(TENANT, ['create'], configMap(wish))
      assert.equal(made.code, 0, made.err)
    })
  }
  await t.test(
    'server-side apply is held as well, and so is an edit of what is there',
    async () => {
      const apply = ['apply', '--server-side', '--force-conflicts']
      const made = await as(TENANT, apply, configMap({ name: 'waybill-other' }))
      assert.match(made.err, DENIED)
      const edited = await as(
        TENANT,
        apply,
        configMap({ name: 'waybill-shop', labels: { a: 'b' } }),
      )
      assert.match(edited.err, DENIED)
      const synced = await as(
        ARGO_CD,
        apply,
        configMap({ name: 'waybill-shop', labels: { a: 'b' } }),
      )
      assert.equal(synced.code, 0, synced.err)
    },
  )
  await t.test('a label can neither be put on nor be taken away', async () => {
    const label = (name: string, word: string) =>
      bed.tryKubectl(['label', 'configmap', name, word, '-n', 'shop', `--as=${TENANT}`])
    assert.match((await label('settings', 'waybill.dev/handoff=store')).err, DENIED)
    assert.match((await label('mine', 'waybill.dev/handoff-')).err, DENIED)
    assert.match((await label('waybill-shop-status', 'waybill.dev/handoff=anchor')).err, DENIED)
  })
  await t.test('an administrator is let through', async () => {
    const made = await bed.tryKubectl(['create', '-f', '-'], configMap({ name: 'waybill-by-hand' }))
    assert.equal(made.code, 0, made.err)
  })
})

/** The API server takes a moment to load a policy. */
async function active(): Promise<void> {
  const probe = configMap({ name: 'waybill-probe' })
  for (let tries = 0; tries < 150; tries++) {
    const { err } = await as(TENANT, ['create', '--dry-run=server'], probe)
    if (DENIED.test(err)) return
    await sleep(200)
  }
  assert.fail('the policy never became active')
}
