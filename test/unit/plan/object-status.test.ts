import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Condition } from '../../../src/model/outcome.ts'
import { conditionsWith, statusAfter } from '../../../src/plan/object-status.ts'

const NOW_MS = Date.parse('2030-01-01T12:00:05.900Z')
const NOW = '2030-01-01T12:00:05Z'
const EARLIER = '2029-12-31T00:00:00Z'
/** Of no labels and no annotations, as ESO prints it. */
const NONE = 'f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2'

const synced: Condition = {
  type: 'Ready',
  status: 'True',
  reason: 'SecretSynced',
  message: 'secret synced',
}
const failed: Condition = {
  type: 'Ready',
  status: 'False',
  reason: 'SecretSyncedError',
  message: 'spec.data[0].remoteRef.key: not found',
}

const rows: readonly {
  readonly story: string
  readonly before?: JsonObject
  readonly refresh: Parameters<typeof statusAfter>[1]
  readonly patch: JsonObject
}[] = [
  {
    story: 'the first success',
    refresh: refresh(synced, { secret: 'api' }),
    patch: {
      conditions: [{ ...synced, lastTransitionTime: NOW }],
      refreshTime: '2030-01-01T12:00:04Z',
      syncedResourceVersion: `1-${NONE}`,
      binding: { name: 'api' },
    },
  },
  {
    story: 'a success after a success writes the time alone',
    before: {
      conditions: [{ ...synced, lastTransitionTime: EARLIER }],
      refreshTime: EARLIER,
      binding: { name: 'api' },
    },
    refresh: refresh(synced, { secret: 'api' }),
    patch: { refreshTime: '2030-01-01T12:00:04Z', syncedResourceVersion: `1-${NONE}` },
  },
  {
    story: 'a Secret that is gone is bound no more',
    before: { binding: { name: 'api' } },
    refresh: refresh({ ...synced, reason: 'SecretDeleted' }, { secret: '' }),
    patch: {
      conditions: [{ ...synced, reason: 'SecretDeleted', lastTransitionTime: NOW }],
      refreshTime: '2030-01-01T12:00:04Z',
      syncedResourceVersion: `1-${NONE}`,
      binding: null,
    },
  },
  {
    story: 'a failure leaves all but the condition',
    before: {
      conditions: [{ ...synced, lastTransitionTime: EARLIER }],
      refreshTime: EARLIER,
      binding: { name: 'api' },
    },
    refresh: refresh(failed, { isFailed: true }),
    patch: { conditions: [{ ...failed, lastTransitionTime: NOW }] },
  },
  {
    story: 'the same failure again writes nothing',
    before: { conditions: [{ ...failed, lastTransitionTime: EARLIER }] },
    refresh: refresh(failed, { isFailed: true }),
    patch: {},
  },
]

for (const { story, before, refresh, patch } of rows) {
  test(`status: ${story}`, () => {
    const object = { metadata: { name: 'api', generation: 1 }, status: before }
    assert.deepEqual(statusAfter(decodeExternalSecret(object), refresh), patch)
  })
}

test('conditions: another message keeps the time, another status moves it (R98)', () => {
  const before = [
    { type: 'Deleted', status: 'True' },
    { ...failed, lastTransitionTime: EARLIER },
  ]
  const said = { ...failed, message: 'something else' }
  const kept = conditionsWith(before, said, NOW_MS)
  assert.deepEqual(kept, [before[0], { ...said, lastTransitionTime: EARLIER }])
  const turned = conditionsWith(before, synced, NOW_MS)
  assert.deepEqual(turned, [before[0], { ...synced, lastTransitionTime: NOW }])
})

function refresh(
  condition: Condition,
  { secret, isFailed = false }: { readonly secret?: string; readonly isFailed?: boolean },
): Parameters<typeof statusAfter>[1] {
  return { condition, isFailed, secret, beganMs: NOW_MS - 1000, nowMs: NOW_MS }
}
