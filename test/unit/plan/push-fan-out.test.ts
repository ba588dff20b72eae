import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dig } from '../../../src/model/json.ts'
import { decodeClusterPushSecret } from '../../../src/model/push-secret.ts'
import { fanOut } from '../../../src/plan/push-fan-out.ts'

const CPS = decodeClusterPushSecret({
  metadata: { name: 'all' },
  spec: {
    pushSecretName: 'ps',
    pushSecretMetadata: { labels: { team: 'a' } },
    namespaceSelectors: [
      { matchLabels: { env: 'prod' } },
      { matchExpressions: [{ key: 'extra', operator: 'Exists' }] },
    ],
    pushSecretSpec: { selector: { secret: { name: 's' } } },
  },
})

const ns = (name: string, labels: Readonly<Record<string, string>>) => ({
  name,
  labels: new Map(Object.entries(labels)),
})
const NAMESPACES = [ns('b', { env: 'prod' }), ns('a', { extra: '' }), ns('c', { env: 'test' })]
const owned = (namespace: string, ownerUid: string | undefined, name = 'ps') => ({
  namespace,
  name,
  ownerUid,
})

test('fan-out: one PushSecret for each namespace that any selector selects', () => {
  const { wanted, surplus, taken } = fanOut(CPS, 'u1', { namespaces: NAMESPACES, existing: [] })
  assert.deepEqual(
    wanted.map((object) => dig(object, 'metadata', 'namespace')),
    ['a', 'b'],
  )
  assert.deepEqual(dig(wanted[0], 'metadata', 'labels'), { team: 'a' })
  assert.deepEqual(dig(wanted[0], 'spec'), { selector: { secret: { name: 's' } } })
  assert.deepEqual([surplus, taken], [[], []])
})

test('fan-out: ours go where they are no longer selected, others’ stay and are told', () => {
  const existing = [owned('a', 'u1'), owned('b', 'other'), owned('c', 'u1'), owned('d', undefined)]
  const { wanted, surplus, taken } = fanOut(CPS, 'u1', { namespaces: NAMESPACES, existing })
  assert.deepEqual(
    wanted.map((object) => dig(object, 'metadata', 'namespace')),
    ['a'],
  )
  assert.deepEqual([surplus.map(({ namespace }) => namespace), taken], [['c'], ['b']])
})

test('fan-out: a name that was changed leaves nothing behind', () => {
  const existing = [owned('a', 'u1', 'before'), owned('a', 'u1')]
  const { surplus } = fanOut(CPS, 'u1', { namespaces: NAMESPACES, existing })
  assert.deepEqual(
    surplus.map(({ name }) => name),
    ['before'],
  )
})

test('fan-out: without a selector there is no namespace', () => {
  const none = decodeClusterPushSecret({ metadata: { name: 'x' }, spec: {} })
  assert.deepEqual(fanOut(none, 'u1', { namespaces: NAMESPACES, existing: [] }).wanted, [])
})
