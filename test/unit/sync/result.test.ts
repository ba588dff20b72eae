import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KubeError } from '../../../src/kube/api.ts'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import { parityOf } from '../../../src/model/parity.ts'
import { type Change, refuse } from '../../../src/plan/change.ts'
import {
  type KeyChanges,
  refusalOfError,
  resultOfChange,
  skipped,
} from '../../../src/sync/result.ts'
import { desired, observed } from '../plan/secrets.ts'

const externalSecret = decodeExternalSecret({
  metadata: { name: 'app', namespace: 'shop' },
  spec: { target: { name: 'api' } },
})

const means = { parity: parityOf('waybill'), nextRefresh: undefined }
const NONE: KeyChanges = { added: [], changed: [], removed: [] }

interface Row {
  readonly story: string
  readonly change: Change
  readonly outcome: string
  readonly keys: KeyChanges
}

const rows: readonly Row[] = [
  {
    story: 'a new Secret has all its keys added',
    change: { action: 'create', desired: desired({ a: '1', b: '2' }), owner: 'any' },
    outcome: 'created',
    keys: { ...NONE, added: ['a', 'b'] },
  },
  {
    story: 'an update tells keys that came, changed and went',
    change: {
      action: 'update',
      desired: desired({ same: '1', new: '2', other: '3' }),
      observed: observed('us', { same: '1', other: 'old', gone: '4' }),
      by: 'apply',
      owner: 'any',
    },
    outcome: 'updated',
    keys: { added: ['new'], changed: ['other'], removed: ['gone'] },
  },
  {
    story: 'an update of labels alone touches no key',
    change: {
      action: 'update',
      desired: desired({ a: '1' }),
      observed: observed('us', { a: '1' }),
      by: 'apply',
      owner: 'any',
    },
    outcome: 'updated',
    keys: NONE,
  },
  {
    story: 'what is unchanged touches no key',
    change: { action: 'unchanged', observed: observed('us', { a: '1' }) },
    outcome: 'unchanged',
    keys: NONE,
  },
  {
    story: 'a deletion removes all',
    change: { action: 'delete', observed: observed('us', { a: '1' }) },
    outcome: 'deleted',
    keys: { ...NONE, removed: ['a'] },
  },
  {
    story: 'a deletion of what is gone removes nothing',
    change: { action: 'delete', observed: undefined },
    outcome: 'deleted',
    keys: NONE,
  },
  {
    story: 'a refusal touches nothing',
    change: refuse('update', 'Forbidden', { field: '', message: 'may not' }),
    outcome: 'failed',
    keys: NONE,
  },
]

for (const { story, change, outcome, keys } of rows) {
  test(`result: ${story}`, () => {
    const result = resultOfChange(externalSecret, change, means)
    assert.equal(result.externalSecret, 'shop/app')
    assert.equal(result.target, 'shop/api')
    assert.equal(result.outcome, outcome)
    assert.deepEqual(result.keys, keys)
  })
}

test('result: a refusal carries its causes and is not ready', () => {
  const change = refuse('update', 'Forbidden', { field: 'spec.a', message: 'may not' })
  const { condition, errors } = resultOfChange(externalSecret, change, means)
  assert.deepEqual([condition.status, condition.reason], ['False', 'SecretSyncedError'])
  assert.deepEqual(errors, [{ code: 'Forbidden', field: 'spec.a', message: 'may not' }])
})

test('result: what is left alone is ready unless there are errors', () => {
  const error = { code: 'Conflict', field: '', message: 'x' }
  assert.equal(skipped(externalSecret, 'not due', {}).condition.status, 'True')
  assert.equal(skipped(externalSecret, 'not due', { errors: [error] }).condition.status, 'False')
})

const thrown: readonly (readonly [error: unknown, code: string, message: string])[] = [
  [new KubeError('forbidden', 403, 'may not patch'), 'Forbidden', 'may not patch'],
  [new KubeError('conflict', 409, 'x'), 'Conflict', 'x'],
  [new KubeError('unavailable', 0, 'x'), 'Unavailable', 'x'],
  [new KubeError('malformed', 200, 'x'), 'Unavailable', 'x'],
  [
    new KubeError('unauthorized', 401, 'x'),
    'Unauthorized',
    'x; the token has expired or is of another cluster: log in again',
  ],
  [new TypeError('canary'), 'Internal', 'internal error TypeError, please report it'],
  ['canary', 'Internal', 'internal error unknown, please report it'],
  [undefined, 'Internal', 'internal error unknown, please report it'],
]

for (const [error, code, message] of thrown) {
  test(`result: ${error instanceof KubeError ? error.code : typeof error} that was thrown is ${code}`, () => {
    assert.deepEqual(refusalOfError(error).errors, [{ code, field: '', message }])
  })
}
