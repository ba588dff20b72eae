import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import {
  type AllowedTarget,
  allowTarget,
  placeOfId,
  pluralOf,
  readAllowedTarget,
  refusalOfTarget,
  targetId,
  targetIdOf,
  targetOfId,
  targetWord,
  writeAllowedTarget,
} from '../../../src/model/target-kind.ts'

function entry(word: string): AllowedTarget {
  const read = readAllowedTarget(word)
  assert.ok('target' in read, word)
  return read.target
}

const wanted = (target: JsonObject) =>
  decodeExternalSecret({ metadata: { name: 'api' }, spec: { target } })

test('kinds are named as kubectl names them, and written back as they were given', () => {
  for (const [word, kind, group, plural] of [
    ['ConfigMap', 'ConfigMap', '', 'configmaps'],
    ['Middleware.traefik.io', 'Middleware', 'traefik.io', 'middlewares'],
    ['Ox.example.com=oxen', 'Ox', 'example.com', 'oxen'],
    ['Ingress.networking.k8s.io', 'Ingress', 'networking.k8s.io', 'ingresses'],
    ['NetworkPolicy.networking.k8s.io', 'NetworkPolicy', 'networking.k8s.io', 'networkpolicies'],
    ['Gateway.networking.istio.io', 'Gateway', 'networking.istio.io', 'gateways'],
  ] as const) {
    const target = entry(word)
    assert.deepEqual([target.kind, target.group, pluralOf(target)], [kind, group, plural])
    assert.equal(writeAllowedTarget(target), word)
  }
})

test('MT-7: what nobody may allow', () => {
  const words = [
    'Secret',
    'ServiceAccount',
    'Pod',
    'Namespace',
    'Service',
    'Endpoints',
    'Role.rbac.authorization.k8s.io',
    'ClusterRoleBinding.rbac.authorization.k8s.io',
    'ValidatingWebhookConfiguration.admissionregistration.k8s.io',
    'MutatingAdmissionPolicy.admissionregistration.k8s.io',
    'CustomResourceDefinition.apiextensions.k8s.io',
    'APIService.apiregistration.k8s.io',
    'CertificateSigningRequest.certificates.k8s.io',
    'TokenReview.authentication.k8s.io',
    'Deployment.apps',
    'CronJob.batch',
    'EndpointSlice.discovery.k8s.io',
    'Lease.coordination.k8s.io',
    'ExternalSecret.external-secrets.io',
    'Password.generators.external-secrets.io',
    'Deployment.apps=deployments',
  ]
  for (const word of words) {
    const read = readAllowedTarget(word)
    assert.match('problem' in read ? read.problem : '', /never written/, word)
  }
  for (const word of ['', 'configmaps', '*', 'ConfigMap.', 'A/B', 'Ox.example.com=../x', 'X.y z']) {
    const read = readAllowedTarget(word)
    assert.match('problem' in read ? read.problem : '', /expected KIND or KIND\.GROUP/, word)
  }
})

test('a Secret on the list is a misunderstanding, and is told as one', () => {
  const read = readAllowedTarget('Secret')
  assert.match('problem' in read ? read.problem : '', /a Secret needs no target\.manifest$/)
})

const LIST = ['ConfigMap', 'Ox.example.com'].map(entry)

const refusals: readonly (readonly [string, JsonObject, RegExp | undefined])[] = [
  ['a Secret', {}, undefined],
  ['a kind of the list', { manifest: { apiVersion: 'v1', kind: 'ConfigMap' } }, undefined],
  ['any version', { manifest: { apiVersion: 'example.com/v2beta1', kind: 'Ox' } }, undefined],
  [
    'another group',
    { manifest: { apiVersion: 'example.org/v1', kind: 'Ox' } },
    /=Ox\.example\.org$/,
  ],
  ['the core group', { manifest: { apiVersion: 'v1', kind: 'Ox' } }, /keep such an object in Git/],
  [
    'another kind',
    { manifest: { apiVersion: 'example.com/v1', kind: 'Cow' } },
    /=Cow\.example\.com$/,
  ],
  [
    'a Secret by name',
    { manifest: { apiVersion: 'v1', kind: 'Secret' } },
    /leave target\.manifest out/,
  ],
  [
    'a RoleBinding',
    { manifest: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' } },
    /Git/,
  ],
  ['nothing', { manifest: {} }, /GROUP\/VERSION/],
  [
    'a path instead of a version',
    { manifest: { apiVersion: 'example.com/v1/../../x/v1', kind: 'Ox' } },
    /GROUP\/VERSION/,
  ],
  [
    'a name that cannot be remembered',
    { name: 'n'.repeat(240), manifest: { apiVersion: 'v1', kind: 'ConfigMap' } },
    /choose a target\.name/,
  ],
  [
    'the longest name that can be',
    { name: 'n'.repeat(227), manifest: { apiVersion: 'v1', kind: 'ConfigMap' } },
    undefined,
  ],
  [
    'one character more',
    { name: 'n'.repeat(228), manifest: { apiVersion: 'v1', kind: 'ConfigMap' } },
    /choose a target\.name/,
  ],
  [
    'our prefix before an object of another kind',
    { name: 'waybill-shop', manifest: { apiVersion: 'example.com/v1', kind: 'Ox' } },
    undefined,
  ],
  [
    'our bundle',
    { name: 'waybill-shop', manifest: { apiVersion: 'v1', kind: 'ConfigMap' } },
    /target\.name/,
  ],
  [
    'our policy',
    { name: 'waybill-policy', manifest: { apiVersion: 'v1', kind: 'ConfigMap' } },
    /target\.name/,
  ],
  [
    'the root certificate',
    { name: 'kube-root-ca.crt', manifest: { apiVersion: 'v1', kind: 'ConfigMap' } },
    /target\.name/,
  ],
]

for (const [story, target, hint] of refusals) {
  test(`a target is ${hint === undefined ? 'taken' : 'refused'}: ${story}`, () => {
    const refusal = refusalOfTarget(wanted(target), LIST)
    if (hint === undefined) assert.equal(refusal, undefined)
    else assert.match(refusal?.hint ?? '', hint)
    const { externalSecret, errors } = allowTarget(wanted(target), LIST)
    assert.equal(errors.length === 0, hint === undefined)
    const isAllowed = hint === undefined && target.manifest !== undefined
    assert.deepEqual(externalSecret.target.object, isAllowed ? target.manifest : undefined)
  })
}

test('an empty list allows nothing', () => {
  const { errors } = allowTarget(wanted({ manifest: { apiVersion: 'v1', kind: 'ConfigMap' } }), [])
  assert.deepEqual(
    errors.map(({ code, field }) => [code, field]),
    [['Unsupported', 'spec.target.manifest']],
  )
})

test('a target is remembered by its name, and by its kind where it is no Secret', () => {
  assert.equal(targetId(wanted({ name: 'x' })), 'x')
  assert.deepEqual(targetOfId('x.y'), { object: undefined, name: 'x.y' })
  for (const [apiVersion, kind, id] of [
    ['v1', 'ConfigMap', 'ConfigMap.v1_a.b'],
    ['traefik.io/v1alpha1', 'Middleware', 'Middleware.v1alpha1.traefik.io_a.b'],
  ] as const) {
    assert.equal(targetIdOf({ apiVersion, kind }, 'a.b'), id)
    assert.equal(targetId(wanted({ name: 'a.b', manifest: { apiVersion, kind } })), id)
    assert.deepEqual(targetOfId(id), { object: { apiVersion, kind }, name: 'a.b' })
  }
})

test('an object has one place, whatever version it is asked for by', () => {
  assert.equal(placeOfId('x.y'), 'x.y')
  assert.equal(placeOfId('ConfigMap.v1_a'), 'ConfigMap._a')
  assert.equal(placeOfId('Ox.v1.example.com_a'), 'Ox.example.com_a')
  assert.equal(placeOfId('Ox.v2.example.com_a'), placeOfId('Ox.v1.example.com_a'))
})

test('messages call a target by its kind', () => {
  const manifest = { apiVersion: 'example.com/v1', kind: 'Ox' }
  assert.equal(targetWord(wanted({})), 'Secret')
  assert.equal(targetWord(allowTarget(wanted({ manifest }), LIST).externalSecret), 'Ox')
})
