import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeFanOut, ESO_FORCE_SYNC, type FanOut } from '../../../src/model/fan-out.ts'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { isOwnedBy, planChild, planFanOut } from '../../../src/plan/fan-out.ts'
import { fanOutStatus } from '../../../src/plan/fan-out-status.ts'

const SPEC = { secretStoreRef: { name: 's' } }

function ces(spec: JsonObject, metadata: JsonObject = {}): FanOut {
  return decodeFanOut('ClusterExternalSecret', {
    metadata: { name: 'all', uid: 'u1', ...metadata },
    spec: { externalSecretSpec: SPEC, ...spec },
  })
}

const ns = (name: string, labels: Readonly<Record<string, string>> = {}, isLeaving = false) => ({
  name,
  labels: new Map(Object.entries({ 'kubernetes.io/metadata.name': name, ...labels })),
  isLeaving,
})
const NAMESPACES = [
  ns('b', { env: 'prod' }),
  ns('a', { env: 'prod', extra: '' }),
  ns('c', { env: 'test' }),
  ns('d'),
]

/** `namespace` or `namespace/name`; a `!` in front means that it is somebody else's. */
function child(word: string) {
  const [namespace = '', name = 'all'] = word.replace('!', '').split('/')
  return { namespace, name, isOurs: !word.startsWith('!') }
}

/** `+a` write, `!a` refuse, `-a/name` delete. */
function plan(fanOut: FanOut, children: readonly string[], namespaces = NAMESPACES): string {
  const planned = planFanOut(fanOut, { namespaces, children: children.map(child) })
  if (planned.outcome === 'unusable') return planned.message
  return planned.steps
    .map((step) =>
      step.action === 'delete'
        ? `-${step.namespace}/${step.name}`
        : `${step.action === 'write' ? '+' : '!'}${step.namespace}`,
    )
    .join(' ')
}

const PROD = { matchLabels: { env: 'prod' } }
const expression = (key: string, operator: string, ...values: readonly string[]) => ({
  matchExpressions: [{ key, operator, ...(values.length > 0 ? { values } : {}) }],
})

const SELECTIONS: readonly {
  readonly story: string
  readonly spec: JsonObject
  readonly steps: string
}[] = [
  { story: 'nothing is asked for', spec: {}, steps: '' },
  { story: 'labels', spec: { namespaceSelectors: [PROD] }, steps: '+a +b' },
  { story: 'the deprecated selector', spec: { namespaceSelector: PROD }, steps: '+a +b' },
  { story: 'an empty selector is all', spec: { namespaceSelectors: [{}] }, steps: '+a +b +c +d' },
  {
    story: 'any of several selectors',
    spec: { namespaceSelectors: [expression('extra', 'Exists'), { matchLabels: { env: 'test' } }] },
    steps: '+a +c',
  },
  {
    story: 'all of one selector',
    spec: { namespaceSelectors: [{ ...PROD, ...expression('extra', 'DoesNotExist') }] },
    steps: '+b',
  },
  {
    story: 'In',
    spec: { namespaceSelectors: [expression('env', 'In', 'test', 'prod')] },
    steps: '+a +b +c',
  },
  {
    story: 'NotIn holds without the label',
    spec: { namespaceSelectors: [expression('env', 'NotIn', 'prod')] },
    steps: '+c +d',
  },
  { story: 'listed, there or not', spec: { namespaces: ['d', 'gone'] }, steps: '+d' },
  {
    story: 'listed and selected is once',
    spec: { namespaces: ['a', 'd'], namespaceSelectors: [PROD], namespaceSelector: PROD },
    steps: '+a +b +d',
  },
]

for (const { story, spec, steps } of SELECTIONS) {
  test(`fan-out, who is selected: ${story}`, () => {
    assert.equal(plan(ces(spec), []), steps)
  })
}

const STEPS: readonly {
  readonly story: string
  readonly children: readonly string[]
  readonly steps: string
  readonly spec?: JsonObject
}[] = [
  { story: 'ours are written again', children: ['a', 'b'], steps: '+a +b' },
  { story: 'somebody else’s is refused', children: ['!a', 'b'], steps: '!a +b' },
  { story: 'somebody else’s of another name is nothing', children: ['!a/x'], steps: '+a +b' },
  { story: 'no longer selected', children: ['a', 'c', '!d'], steps: '+a +b -c/all' },
  { story: 'a former name', children: ['a/old', 'b'], steps: '-a/old +a +b' },
  {
    story: 'a former name where the new one is taken',
    children: ['a/old', '!a'],
    steps: '-a/old !a +b',
  },
  {
    story: 'a selector that nobody can read',
    children: ['a', 'c'],
    spec: { namespaceSelectors: [PROD, expression('env', 'Like', 'p')] },
    steps: 'namespace selector 1 is malformed',
  },
  {
    story: 'In without values',
    children: ['a'],
    spec: { namespaceSelectors: [expression('env', 'In')] },
    steps: 'namespace selector 0 is malformed',
  },
  {
    story: 'a selector that is no object',
    children: ['a'],
    spec: { namespaceSelectors: ['env=prod'] },
    steps: 'namespace selector 0 is malformed',
  },
]

for (const { story, children, steps, spec = { namespaceSelectors: [PROD] } } of STEPS) {
  test(`fan-out, what is there: ${story}`, () => {
    assert.equal(plan(ces(spec), children), steps)
  })
}

test('fan-out: a selector that nobody can read is named by its place', () => {
  const bad = expression('env', 'Like', 'p')
  const fieldOf = (spec: JsonObject): unknown => {
    const planned = planFanOut(ces(spec), { namespaces: NAMESPACES, children: [] })
    return planned.outcome === 'unusable' ? planned.field : planned
  }
  assert.equal(fieldOf({ namespaceSelector: bad }), 'spec.namespaceSelector')
  const both = { namespaceSelector: PROD, namespaceSelectors: [PROD, bad] }
  assert.equal(fieldOf(both), 'spec.namespaceSelectors[1]')
})

test('fan-out: a namespace that is being deleted is left alone', () => {
  const namespaces = [ns('a', { env: 'prod' }, true), ns('b', { env: 'prod' })]
  assert.equal(plan(ces({ namespaceSelectors: [PROD] }), ['a', 'a/old'], namespaces), '+b')
  assert.equal(plan(ces({ namespaces: ['a', 'b'] }), [], namespaces), '+b')
})

test('fan-out: what is being deleted takes its own along, whatever its selectors', () => {
  const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z' }
  const fanOut = ces({ namespaceSelectors: ['broken'] }, leaving)
  assert.equal(plan(fanOut, ['a', '!b', 'c/old']), '-a/all -c/old')
})

test('fan-out: the name is its own, or the one that it says', () => {
  assert.equal(ces({}).childName, 'all')
  assert.equal(ces({ externalSecretName: 'db' }).childName, 'db')
})

const METADATA = { labels: { team: 'a' }, annotations: { note: 'x' } }
const OWNER = {
  apiVersion: 'external-secrets.io/v1',
  kind: 'ClusterExternalSecret',
  name: 'all',
  uid: 'u1',
  controller: true,
  blockOwnerDeletion: true,
}

test('child: it is made with the metadata and the owner that upstream gives it', () => {
  const change = planChild(ces({ externalSecretMetadata: METADATA }), 'a', undefined)
  assert.deepEqual(change, {
    action: 'create',
    object: {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name: 'all', namespace: 'a', ...METADATA, ownerReferences: [OWNER] },
      spec: SPEC,
    },
  })
})

/** The child as the API server keeps it, with changes of somebody. */
function kept(metadata: JsonObject = {}, more: JsonObject = {}): JsonObject {
  const server = { uid: 'c1', resourceVersion: '7', generation: 1, managedFields: [{}] }
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: {
      ...{ name: 'all', namespace: 'a', ...METADATA, ownerReferences: [OWNER] },
      ...server,
      ...metadata,
    },
    spec: SPEC,
    ...more,
  }
}

const CHILDREN: readonly {
  readonly story: string
  readonly observed: JsonObject
  readonly action: string
}[] = [
  { story: 'as it was left', observed: kept(), action: 'unchanged' },
  {
    story: 'with a status and a finalizer',
    observed: kept({ finalizers: ['f'] }, { status: {} }),
    action: 'unchanged',
  },
  { story: 'another spec', observed: kept({}, { spec: {} }), action: 'update' },
  { story: 'no spec', observed: kept({}, { spec: undefined }), action: 'update' },
  { story: 'a label more', observed: kept({ labels: { team: 'a', b: '' } }), action: 'update' },
  { story: 'no annotations', observed: kept({ annotations: undefined }), action: 'update' },
  {
    story: 'made by one of this name before',
    observed: kept({ ownerReferences: [{ ...OWNER, uid: 'u0' }] }),
    action: 'update',
  },
  {
    story: 'made when the API was v1beta1',
    observed: kept({ ownerReferences: [{ ...OWNER, apiVersion: 'external-secrets.io/v1beta1' }] }),
    action: 'update',
  },
  { story: 'nobody’s', observed: kept({ ownerReferences: undefined }), action: 'refuse' },
  {
    story: 'another’s',
    observed: kept({ ownerReferences: [{ ...OWNER, name: 'other' }] }),
    action: 'refuse',
  },
  {
    story: 'a ClusterPushSecret’s',
    observed: kept({ ownerReferences: [{ ...OWNER, kind: 'ClusterPushSecret' }] }),
    action: 'refuse',
  },
  {
    story: 'another group’s',
    observed: kept({ ownerReferences: [{ ...OWNER, apiVersion: 'x.io/v1' }] }),
    action: 'refuse',
  },
  {
    story: 'owned, but not controlled',
    observed: kept({ ownerReferences: [{ ...OWNER, controller: false }] }),
    action: 'refuse',
  },
]

for (const { story, observed, action } of CHILDREN) {
  test(`child, what is there: ${story}`, () => {
    const fanOut = ces({ externalSecretMetadata: METADATA })
    assert.equal(planChild(fanOut, 'a', observed).action, action)
    assert.equal(isOwnedBy(fanOut, observed), action !== 'refuse')
  })
}

test('child: an update keeps finalizers, other owners and the status, and is bound to what it replaces', () => {
  const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'x' }
  const observed = kept(
    { finalizers: ['f'], ownerReferences: [other, OWNER], labels: { stray: '' } },
    { status: { refreshTime: 't' } },
  )
  const change = planChild(ces({ externalSecretMetadata: METADATA }), 'a', observed)
  assert.ok(change.action === 'update')
  const { metadata, status } = change.object
  assert.deepEqual(metadata, {
    ...{ name: 'all', namespace: 'a', uid: 'c1', resourceVersion: '7', generation: 1 },
    ...{ finalizers: ['f'], ...METADATA, ownerReferences: [other, OWNER] },
  })
  assert.deepEqual(status, { refreshTime: 't' })
})

test('child: force-sync of a ClusterExternalSecret is mirrored, and nobody else’s word for it counts', () => {
  const spec = { externalSecretMetadata: { annotations: { [ESO_FORCE_SYNC]: 'stale', n: '1' } } }
  const annotationsOf = (fanOut: FanOut) => Object.fromEntries(fanOut.annotations)
  assert.deepEqual(annotationsOf(ces(spec)), { n: '1' })
  const forced = ces(spec, { annotations: { [ESO_FORCE_SYNC]: 'now' } })
  assert.deepEqual(annotationsOf(forced), { n: '1', [ESO_FORCE_SYNC]: 'now' })
})

function cps(status: JsonObject = {}): FanOut {
  return decodeFanOut('ClusterPushSecret', {
    metadata: { name: 'all', uid: 'u1', annotations: { [ESO_FORCE_SYNC]: 'now' } },
    spec: {
      pushSecretName: 'ps',
      pushSecretMetadata: METADATA,
      namespaceSelectors: [PROD],
      pushSecretSpec: { selector: { secret: { name: 's' } } },
    },
    status,
  })
}

test('ClusterPushSecret: its children are PushSecrets, by the same plan', () => {
  assert.equal(plan(cps(), ['a/ps', '!b/ps', 'c/ps']), '+a !b -c/ps')
  const change = planChild(cps(), 'a', undefined)
  assert.ok(change.action === 'create')
  assert.equal(dig(change.object, 'apiVersion'), 'external-secrets.io/v1alpha1')
  assert.equal(dig(change.object, 'kind'), 'PushSecret')
  assert.deepEqual(dig(change.object, 'metadata', 'annotations'), METADATA.annotations)
  assert.deepEqual(change.object.spec, { selector: { secret: { name: 's' } } })
})

const NOW = '2026-01-02T00:00:00Z'

test('status: names in order, and Ready without a reason', () => {
  const status = fanOutStatus(ces({}), { provisioned: ['b', 'a'], failed: [] }, NOW)
  assert.deepEqual(status, {
    externalSecretName: 'all',
    provisionedNamespaces: ['a', 'b'],
    failedNamespaces: [],
    conditions: [{ type: 'Ready', status: 'True' }],
  })
})

test('status: one namespace that fails makes it not ready', () => {
  const failed = [
    { namespace: 'z', reason: 'forbidden' },
    { namespace: 'm', reason: 'taken' },
    { namespace: 'c', reason: 'taken' },
  ]
  const status = fanOutStatus(ces({}), { provisioned: [], failed }, NOW)
  assert.deepEqual(status.failedNamespaces, failed.toReversed())
  const again = fanOutStatus(ces({}), { provisioned: [], failed: failed.toReversed() }, NOW)
  assert.deepEqual(again.failedNamespaces, failed.toReversed())
  assert.deepEqual(status.conditions, [
    { type: 'Ready', status: 'False', message: 'one or more namespaces failed' },
  ])
})

test('status of a ClusterPushSecret: the condition tells since when it is so', () => {
  const before = '2026-01-01T00:00:00Z'
  const was = { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: before }] }
  const since = (status: JsonObject, failed: readonly { namespace: string; reason: string }[]) =>
    dig(fanOutStatus(cps(status), { provisioned: [], failed }, NOW), 'conditions')
  assert.deepEqual(since({}, []), [
    { type: 'Ready', status: 'True', reason: 'Synced', lastTransitionTime: NOW },
  ])
  assert.deepEqual(dig((since(was, []) as readonly JsonObject[])[0], 'lastTransitionTime'), before)
  assert.deepEqual(since(was, [{ namespace: 'a', reason: 'x' }]), [
    {
      ...{ type: 'Ready', status: 'False', message: 'one or more namespaces failed' },
      ...{ reason: 'Errored', lastTransitionTime: NOW },
    },
  ])
})
