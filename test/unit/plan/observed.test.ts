import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeObserved } from '../../../src/plan/observed.ts'
import { base64, secretObject, sized } from '../../../src/plan/secret-object.ts'
import { desired, textsOf } from './secrets.ts'

const live = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: 'api',
    namespace: 'shop',
    uid: 'u',
    resourceVersion: '7',
    labels: { ours: '1', theirs: '2' },
    managedFields: [
      {
        manager: 'waybill',
        operation: 'Apply',
        fieldsV1: {
          'f:data': { '.': {}, 'f:a': {} },
          'f:metadata': { 'f:labels': { 'f:ours': {} } },
        },
      },
      { manager: 'waybill', operation: 'Update', fieldsV1: { 'f:data': { 'f:b': {} } } },
      { manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:data': { 'f:c': {}, 'f:a': {} } } },
    ],
  },
  type: 'Opaque',
  data: { a: 'MQ==', b: 'Mg==', c: 'Mw==' },
}

test('managedFields tell what is ours, what an apply cannot drop, and what strangers keep', () => {
  const secret = decodeObserved(live, ['waybill'])
  assert.deepEqual([...secret.ownedKeys].sort(), ['a', 'b'])
  assert.deepEqual([...secret.residue], ['data/b'])
  assert.deepEqual([...secret.othersKeys].sort(), ['a', 'c'])
  assert.deepEqual([...secret.ownedLabels], ['ours'])
  assert.deepEqual(textsOf(secret.data), { a: '1', b: '2', c: '3' })
})

test('a former manager of ours counts as ours, but only a replace can drop what it applied', () => {
  const secret = decodeObserved(live, ['waybill/api', 'waybill'])
  assert.deepEqual([...secret.ownedKeys].sort(), ['a', 'b'])
  assert.deepEqual([...secret.residue].sort(), ['data/a', 'data/b', 'labels/ours'])
})

test('stringData of a file overrides data, as the API server merges it', () => {
  const secret = decodeObserved({ data: { a: 'MQ==' }, stringData: { a: '2' } }, [])
  assert.deepEqual(textsOf(secret.data), { a: '2' })
})

test('names such as __proto__ are ordinary keys in both directions', () => {
  const parsed = JSON.parse('{"data":{"__proto__":"MQ==","constructor":"Mg=="}}')
  const secret = decodeObserved(parsed, [])
  assert.deepEqual([...secret.data.keys()], ['__proto__', 'constructor'])
  const written = JSON.stringify(secretObject({ ...secret, name: 'x' }, base64))
  assert.match(written, /"__proto__":"MQ=="/)
})

test('keys are written in byte order, and hidden values by their size', () => {
  const object = secretObject(desired({ b: 'xyz', a: 'é' }), sized)
  assert.equal(JSON.stringify(object.data), '{"a":"‹2 bytes›","b":"‹3 bytes›"}')
})
