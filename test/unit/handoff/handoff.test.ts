import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Handoff, type HandoffOptions, planHandoff } from '../../../src/handoff/handoff.ts'
import { canonicalJson, dig, type JsonObject } from '../../../src/model/json.ts'
import { renderOf } from './graph-of.ts'

const OPTIONS: HandoffOptions = {
  mode: 'job',
  app: 'api',
  storeNamespace: 'waybill-system',
  image: 'example.com/waybill:1',
  env: [],
  isRbacWanted: true,
  prunes: false,
  grants: [],
  targets: [],
}

const TUTORIAL = ['api-key-sync', 'aws-secrets', 'vault-secrets', 'api']
  .map((name) => readFileSync(`examples/tutorial/${name}.yaml`, 'utf8'))
  .join('\n---\n')

function planned(yaml: string, options: Partial<HandoffOptions> = {}, known = ''): Handoff {
  const { graph, foreign } = renderOf(yaml, 'shop', known)
  return planHandoff(graph, foreign, { ...OPTIONS, ...options })
}

function find({ objects }: Handoff, key: string): JsonObject {
  const found = objects.find((object) => keyOf(object) === key)
  assert.ok(found, `${key} is in ${objects.map(keyOf).join(', ')}`)
  return found
}

function keyOf(object: JsonObject): string {
  const { namespace, name } = dig(object, 'metadata') as { namespace: string; name: string }
  return `${object.kind}/${namespace}/${name}`
}

/** `verbs resource names` of each rule. */
function rulesOf(handoff: Handoff, key: string): readonly string[] {
  const rules = find(handoff, key).rules as readonly {
    verbs: string[]
    resources: string[]
    resourceNames?: string[]
  }[]
  return rules.map(({ verbs, resources, resourceNames = [] }) =>
    [verbs.join(','), resources.join(','), resourceNames.join(',')].join(' ').trim(),
  )
}

function waveOf(object: JsonObject): unknown {
  return dig(object, 'metadata', 'annotations', 'argocd.argoproj.io/sync-wave')
}

const words = ({ findings }: Handoff): readonly string[] =>
  findings.map(({ rule, severity }) => `${severity} ${rule}`)

test('the tutorial is handed off as ConfigMaps, rights, a Job and a CronJob', () => {
  assert.deepEqual(planned(TUTORIAL).objects.map(keyOf), [
    'ConfigMap/waybill-system/waybill-clusterstore-aws-secrets',
    'Role/waybill-system/waybill-clusterstore-aws-secrets',
    'RoleBinding/waybill-system/waybill-clusterstore-aws-secrets',
    'ConfigMap/shop/waybill-store-vault-secrets',
    'ConfigMap/shop/waybill-api',
    'ConfigMap/shop/waybill-api-0',
    'ServiceAccount/shop/waybill-api',
    'Role/shop/waybill-api',
    'RoleBinding/shop/waybill-api',
    'Job/shop/waybill-api',
    'CronJob/shop/waybill-api',
  ])
})

test('the run may do what the tutorial needs and nothing else', () => {
  assert.deepEqual(rulesOf(planned(TUTORIAL), 'Role/shop/waybill-api'), [
    'get configmaps waybill-api,waybill-api-0,waybill-store-vault-secrets',
    'get,create,patch configmaps waybill-api-status,waybill-api-status-1',
    'get,create,patch,update secrets api-credentials',
    'create serviceaccounts/token vault-reader',
    'create events',
  ])
})

test('the publisher of a ClusterSecretStore lets its own ExternalSecrets use it, and says so', () => {
  const handoff = planned(TUTORIAL)
  const key = 'waybill-system/waybill-clusterstore-aws-secrets'
  assert.deepEqual(rulesOf(handoff, `Role/${key}`), [
    'get configmaps waybill-clusterstore-aws-secrets',
    'create serviceaccounts/token aws-secrets',
    'get serviceaccounts aws-secrets',
  ])
  assert.deepEqual(find(handoff, `RoleBinding/${key}`).subjects, [
    { kind: 'ServiceAccount', name: 'waybill-api', namespace: 'shop' },
  ])
  assert.deepEqual(words(handoff), ['info store-identity-granted'])
})

test('--grant-store adds other applications to the binding', () => {
  const handoff = planned(TUTORIAL, { grants: [{ namespace: 'billing', app: 'billing_api' }] })
  const binding = find(
    handoff,
    'RoleBinding/waybill-system/waybill-clusterstore-aws-secrets',
  ) as unknown as { subjects: { namespace: string; name: string }[] }
  assert.deepEqual(
    binding.subjects.map(({ namespace, name }) => `${namespace}/${name}`),
    ['billing/waybill-billing-api-65c25336', 'shop/waybill-api'],
  )
})

const STORE_ELSEWHERE = `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: a}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: aws}
  data: [{secretKey: k, remoteRef: {key: r}}]
`

test('a store of another application is not granted: its publisher is to be asked', () => {
  const handoff = planned(STORE_ELSEWHERE)
  assert.deepEqual(words(handoff), ['warning store-needs-grant'])
  assert.ok(!handoff.objects.some((object) => keyOf(object).includes('waybill-system')))
  const hint = handoff.findings[0]?.hint ?? ''
  assert.match(hint, /--grant-store=shop\/api/)
  const binding = JSON.parse(hint.slice(hint.indexOf('{')))
  assert.equal(binding.kind, 'RoleBinding')
  assert.equal(binding.metadata.namespace, 'waybill-system')
  assert.equal(binding.roleRef.name, 'waybill-clusterstore-aws')
  assert.deepEqual(binding.subjects, [
    { kind: 'ServiceAccount', name: 'waybill-api', namespace: 'shop' },
  ])
})

test('a known store with an identity in a third namespace needs a binding there as well', () => {
  const known = `
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: aws}
spec: {provider: {aws: {auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id, namespace: vaulted}}}}}}
`
  const hint = planned(STORE_ELSEWHERE, {}, known).findings[0]?.hint ?? ''
  assert.match(hint, /"namespace":"vaulted"/)
  assert.match(hint, /"namespace":"waybill-system"/)
})

test('a ClusterSecretStore that names no namespace is opened with the identity of the consumer', () => {
  const handoff = planned(`${STORE_ELSEWHERE}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: aws}
spec: {provider: {aws: {auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}}}}}}
`)
  assert.ok(rulesOf(handoff, 'Role/shop/waybill-api').includes('get secrets keys'))
  assert.deepEqual(rulesOf(handoff, 'Role/waybill-system/waybill-clusterstore-aws'), [
    'get configmaps waybill-clusterstore-aws',
  ])
})

test('--rbac=none leaves the rights to an administrator', () => {
  const kinds = planned(TUTORIAL, { isRbacWanted: false }).objects.map(({ kind }) => kind)
  assert.deepEqual([...new Set(kinds)].sort(), ['ConfigMap', 'CronJob', 'Job'])
})

test('--handoff=controller emits ConfigMaps only', () => {
  const kinds = planned(TUTORIAL, { mode: 'controller' }).objects.map(({ kind }) => kind)
  assert.deepEqual([...new Set(kinds)], ['ConfigMap'])
})

test('the order of the input changes no byte', () => {
  const reversed = TUTORIAL.split(/^---$/m).reverse().join('\n---\n')
  assert.equal(canonicalJson(planned(reversed).objects), canonicalJson(planned(TUTORIAL).objects))
})

test('rights and references stand before the Job, the CronJob beside the first consumer', () => {
  const waves = new Map(planned(TUTORIAL).objects.map((object) => [keyOf(object), waveOf(object)]))
  assert.equal(waves.get('ConfigMap/shop/waybill-api'), '-2')
  assert.equal(waves.get('RoleBinding/shop/waybill-api'), '-2')
  assert.equal(waves.get('ConfigMap/waybill-system/waybill-clusterstore-aws-secrets'), '-2')
  assert.equal(waves.get('Job/shop/waybill-api'), '-1')
  assert.equal(waves.get('CronJob/shop/waybill-api'), '0')
})

const RESTRICTED: readonly (readonly [readonly string[], unknown])[] = [
  [['securityContext', 'runAsNonRoot'], true],
  [['securityContext', 'seccompProfile', 'type'], 'RuntimeDefault'],
  [['restartPolicy'], 'Never'],
  [['serviceAccountName'], 'waybill-api'],
  [['enableServiceLinks'], false],
]

test('the pod passes the restricted Pod Security Standard', () => {
  for (const kind of ['Job', 'CronJob']) {
    const object = find(planned(TUTORIAL), `${kind}/shop/waybill-api`)
    const spec = kind === 'Job' ? dig(object, 'spec') : dig(object, 'spec', 'jobTemplate', 'spec')
    const pod = dig(spec, 'template', 'spec')
    for (const [path, value] of RESTRICTED) assert.equal(dig(pod, ...path), value, path.join('.'))
    const container = (dig(pod, 'containers') as readonly JsonObject[])[0] ?? null
    assert.deepEqual(dig(container, 'securityContext'), {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    })
    assert.ok(dig(container, 'resources', 'limits', 'memory'))
    assert.deepEqual(dig(container, 'args'), [
      'sync',
      '--app=api',
      '--namespace=shop',
      '--store-namespace=waybill-system',
    ])
    assert.equal(dig(spec, 'ttlSecondsAfterFinished'), undefined)
  }
})

test('an Application is not refreshed at every step of a run', () => {
  const cronJob = find(planned(TUTORIAL), 'CronJob/shop/waybill-api')
  const template = dig(cronJob, 'spec', 'jobTemplate')
  const quiet = { 'argocd.argoproj.io/ignore-resource-updates': 'true' }
  assert.deepEqual(dig(template, 'metadata', 'annotations'), quiet)
  assert.deepEqual(dig(template, 'spec', 'template', 'metadata', 'annotations'), quiet)
})

test('nothing periodic, no CronJob', () => {
  const once = TUTORIAL.replace('refreshInterval: 15m', 'refreshPolicy: CreatedOnce')
  assert.ok(!planned(once).objects.some(({ kind }) => kind === 'CronJob'))
})

test('each namespace has its own bundle and run', () => {
  const handoff = planned(`${STORE_ELSEWHERE}
---
${STORE_ELSEWHERE.replace('{name: a}', '{name: a, namespace: billing}')}`)
  const jobs = handoff.objects.filter(({ kind }) => kind === 'Job').map(keyOf)
  assert.deepEqual(jobs, ['Job/billing/waybill-api', 'Job/shop/waybill-api'])
})

const targets: readonly {
  readonly story: string
  readonly target: string
  readonly rules: readonly string[]
}[] = [
  { story: 'Owner', target: 'name: t', rules: ['get,create,patch,update secrets t'] },
  {
    story: 'Owner that may delete',
    target: 'name: t, deletionPolicy: Delete',
    rules: ['get,create,patch,update,delete secrets t'],
  },
  {
    story: 'Merge never creates',
    target: 'name: t, creationPolicy: Merge',
    rules: ['get,patch,update secrets t'],
  },
  {
    story: 'CreateOrMerge replaces what an earlier policy wrote',
    target: 'name: t, creationPolicy: CreateOrMerge',
    rules: ['get,create,patch,update secrets t'],
  },
  {
    story: 'Orphan never deletes: the plan refuses it',
    target: 'name: t, creationPolicy: Orphan, deletionPolicy: Delete',
    rules: ['get,create,patch,update secrets t'],
  },
  { story: 'None writes nothing', target: 'name: t, creationPolicy: None', rules: [] },
  {
    story: 'a manifest target is not a Secret',
    target: 'name: t, manifest: {apiVersion: v1, kind: ConfigMap}',
    rules: [],
  },
  {
    story: 'templateFrom reads beside it',
    target: 'name: t, template: {templateFrom: [{secret: {name: s}}, {configMap: {name: c}}]}',
    rules: ['get,create,patch,update secrets t', 'get secrets s'],
  },
]
for (const { story, target, rules } of targets) {
  test(`the rights on Secrets follow the target: ${story}`, () => {
    const handoff = planned(STORE_ELSEWHERE.replace('spec:', `spec:\n  target: {${target}}`))
    const secrets = rulesOf(handoff, 'Role/shop/waybill-api').filter((rule) =>
      rule.includes(' secrets '),
    )
    assert.deepEqual(secrets, rules)
  })
}

test('no rule of any hand-off lists, watches, or creates Secrets without a name', () => {
  const handoff = planned(`${TUTORIAL}\n---\n${STORE_ELSEWHERE}`)
  for (const object of handoff.objects.filter(({ kind }) => kind === 'Role')) {
    for (const rule of object.rules as readonly JsonObject[]) {
      const verbs = rule.verbs as readonly string[]
      assert.ok(!verbs.some((verb) => ['list', 'watch', '*', 'impersonate'].includes(verb)))
      if (canonicalJson(rule.resources ?? null) !== '["events"]') {
        assert.ok((rule.resourceNames as readonly string[]).length > 0)
      }
    }
  }
})

test('what has no hand-off passes through with a warning', () => {
  const handoff = planned(`
apiVersion: external-secrets.io/v1alpha1
kind: PushSecret
metadata: {name: push}
spec: {}
`)
  assert.deepEqual(handoff.objects, [])
  assert.deepEqual(words(handoff), ['warning not-handed-off'])
})

test('a job without a namespace to run in is an error', () => {
  const { graph, foreign } = renderOf(STORE_ELSEWHERE, '')
  const handoff = planHandoff(graph, foreign, OPTIONS)
  assert.deepEqual(words(handoff), ['error handoff-namespace'])
})

test('a generator travels with the ExternalSecrets of its namespace', () => {
  const handoff = planned(`${STORE_ELSEWHERE}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: ECRAuthorizationToken
metadata: {name: ecr}
spec: {region: eu-central-1, auth: {jwt: {serviceAccountRef: {name: puller}}}}
`)
  const rules = rulesOf(handoff, 'Role/shop/waybill-api')
  assert.ok(rules.includes('create serviceaccounts/token puller'))
  assert.match(
    String(dig(find(handoff, 'ConfigMap/shop/waybill-api-0'), 'data', 'bundle.json')),
    /ECRAuthorizationToken/,
  )
})
