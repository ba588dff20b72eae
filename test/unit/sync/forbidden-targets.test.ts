import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { externalSecret, fakeStore, startFiles } from './story.ts'

// MT-7: what no ExternalSecret may make, whichever way it asks: Secrets that the API server would fill with the token of a
// ServiceAccount, objects of the cluster itself, and kinds that grant something.

interface Row {
  readonly story: string
  readonly target: JsonObject
  readonly namespace?: string
}

const TOKEN = 'kubernetes.io/service-account-token'
const ACCOUNT = 'kubernetes.io/service-account.name'

const manifest = (apiVersion: string, kind: string): Row => ({
  story: `a ${kind}`,
  target: { manifest: { apiVersion, kind } },
})

const rows: readonly Row[] = [
  { story: 'a token type', target: { template: { type: TOKEN } } },
  {
    story: 'a token type with its account',
    target: { template: { type: TOKEN, metadata: { annotations: { [ACCOUNT]: 'default' } } } },
  },
  {
    story: 'the account alone, for a Secret that gets its type later',
    target: { template: { metadata: { annotations: { [ACCOUNT]: 'default' } } } },
  },
  {
    story: 'the account by a template of annotations',
    target: {
      template: {
        templateFrom: [{ literal: `${ACCOUNT}: default`, target: 'Annotations' }],
      },
    },
  },
  {
    story: 'the account by a key that is computed',
    target: {
      template: {
        templateFrom: [
          { literal: `{{ "kubernetes.io/service-account" }}.name: x`, target: 'Annotations' },
        ],
      },
    },
  },
  {
    story: 'a bootstrap token',
    target: { template: { type: 'bootstrap.kubernetes.io/token' } },
  },
  {
    story: 'a finalizer, which would keep the namespace from ending',
    target: { template: { metadata: { finalizers: ['example.com/forever'] } } },
  },
  manifest('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'),
  manifest('rbac.authorization.k8s.io/v1', 'RoleBinding'),
  manifest('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'),
  manifest('apiextensions.k8s.io/v1', 'CustomResourceDefinition'),
  ...['kube-system', 'kube-public', 'kube-node-lease'].map((namespace) => ({
    story: `a Secret of ${namespace}`,
    target: {},
    namespace,
  })),
]

for (const { story, target, namespace = 'shop' } of rows) {
  test(`MT-7: refused, and nothing is written: ${story}`, async (t) => {
    const files = await startFiles(t)
    const wanted = externalSecret({ name: 'es', keys: { k: 'a' }, target })
    const manifests = fakeStore({ a: 'one' }) + wanted
    const ran = await files.sync(manifests.replaceAll('"shop"', JSON.stringify(namespace)))
    assert.equal(ran.code, 5, ran.out)
    assert.equal(ran.results[0]?.outcome, 'failed')
    assert.match(ran.results[0]?.errors[0]?.code ?? '', /^(NotAllowed|Refused|Unsupported|Invalid)/)
    assert.deepEqual(files.kube.objects('Secret'), [])
  })
}

test('MT-7: a Secret beside them is written all the same', async (t) => {
  const files = await startFiles(t)
  const bad = externalSecret({
    name: 'bad',
    keys: { k: 'a' },
    target: { template: { type: TOKEN } },
  })
  const good = externalSecret({ name: 'good', keys: { k: 'a' } })
  const ran = await files.sync(fakeStore({ a: 'one' }) + bad + good)
  assert.equal(ran.code, 5, ran.out)
  assert.deepEqual(files.data('good'), { k: 'one' })
})
