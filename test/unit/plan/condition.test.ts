import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Condition, OutcomeError } from '../../../src/model/outcome.ts'
import type { Step } from '../../../src/plan/change.ts'
import {
  condition,
  conditionOf,
  failedCondition,
  OUTCOME_WORDS,
} from '../../../src/plan/condition.ts'
import { desired, ESO, observed, WAYBILL, wanted } from './secrets.ts'

// ESO's words about a target: people, alerts and Argo CD's health check look for them.

const error = (field: string, message: string): OutcomeError => ({ code: 'X', field, message })

const CAUSES: readonly {
  readonly story: string
  readonly errors: readonly OutcomeError[]
  readonly message: string
}[] = [
  {
    story: 'one',
    errors: [error('spec.data[0]', 'not found')],
    message: 'spec.data[0]: not found',
  },
  { story: 'one of no field', errors: [error('', 'not text')], message: 'not text' },
  { story: 'two', errors: [error('a', 'x'), error('', 'y')], message: 'a: x; y' },
  {
    story: 'ten are told',
    errors: Array.from({ length: 10 }, (_, at) => error('', `e${at}`)),
    message: 'e0; e1; e2; e3; e4; e5; e6; e7; e8; e9',
  },
  {
    story: 'the rest is counted',
    errors: Array.from({ length: 12 }, (_, at) => error('', `e${at}`)),
    message: 'e0; e1; e2; e3; e4; e5; e6; e7; e8; e9; and 2 more',
  },
]

for (const { story, errors, message } of CAUSES) {
  test(`condition after a failure: ${story}`, () => {
    assert.deepEqual(failedCondition('read', errors, WAYBILL), {
      type: 'Ready',
      status: 'False',
      reason: 'SecretSyncedError',
      message,
    })
  })
}

const STEPS: Readonly<Record<Step, string>> = {
  read: 'could not get secret data from provider',
  update: 'could not update secret',
  delete: 'could not delete secret',
  immutable: 'could not update secret, target is immutable',
  ownership: 'failed to take ownership of target secret',
  'owned-by-another': 'target is owned by another ExternalSecret',
}

for (const [step, message] of Object.entries(STEPS)) {
  test(`condition as ESO tells it, without the cause: ${step}`, () => {
    const told = failedCondition(step as Step, [error('f', 'm')], ESO)
    assert.deepEqual([told.status, told.message], ['False', message])
  })
}

const SECRET = desired({ k: 'v' })
const THERE = observed('us', { k: 'v' })

const MADE: readonly (readonly [
  Parameters<typeof condition>[0],
  Condition['reason'],
  string,
  string,
])[] = [
  [
    { action: 'create', desired: SECRET, owner: 'none' },
    'SecretSynced',
    'secret synced',
    'created',
  ],
  [
    { action: 'delete', observed: THERE },
    'SecretDeleted',
    'secret deleted due to DeletionPolicy=Delete',
    'deleted',
  ],
  [
    { action: 'retain', observed: THERE, because: 'policy' },
    'SecretSynced',
    'secret retained due to DeletionPolicy=Retain',
    'retained',
  ],
  [
    { action: 'retain', observed: THERE, because: 'seen-once' },
    'SecretSynced',
    'secret retained: it is gone at the provider, and is deleted when a later run sees that again',
    'retained',
  ],
  [
    { action: 'retain', observed: THERE, because: 'keys-seen-once' },
    'SecretSynced',
    'secret retained: keys are gone at the provider, and are removed when a later run sees that again',
    'retained',
  ],
]

for (const [change, reason, message, word] of MADE) {
  const because = 'because' in change ? ` because of ${change.because}` : ''
  test(`condition after a change: ${change.action}${because}`, () => {
    assert.deepEqual(condition(change), { type: 'Ready', status: 'True', reason, message })
    assert.equal(OUTCOME_WORDS[change.action], word)
  })
}

test('of an object that is no Secret the same is told in the words of resources', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap' }
  const { target } = wanted()
  const ofObject = { target: { ...target, object } }
  const secret = condition({ action: 'delete', observed: THERE })
  const told = conditionOf(ofObject, secret)
  assert.deepEqual(told, {
    type: 'Ready',
    status: 'True',
    reason: 'ResourceDeleted',
    message: 'resource deleted due to DeletionPolicy=Delete',
  })
  assert.deepEqual(conditionOf(ofObject, told), told, 'told twice')
  assert.deepEqual(conditionOf({ target }, secret), secret, 'a Secret')
  const failed = failedCondition('read', [error('', 'the secret is gone')], WAYBILL)
  const cause = conditionOf(ofObject, failed)
  assert.deepEqual([cause.reason, cause.message], ['ResourceSyncedError', 'the secret is gone'])
})
