import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret } from '../../../../src/model/external-secret.ts'
import { delayOf, verdictOf } from '../../../../src/sync/controller/verdict.ts'

// When an ExternalSecret is looked at again.

const NOW_MS = Date.UTC(2026, 0, 2, 12, 30)
const NOON = [{ schedule: '0 12 * * *', duration: '1h' }]
type Done = Parameters<typeof verdictOf>[0]

function doneOf(outcome: string, leftMs: number, spec: object = {}): Done {
  const metadata = { name: 'api', namespace: 'shop' }
  const externalSecret = decodeExternalSecret({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata,
    spec: { refreshInterval: '3s', ...spec },
  })
  const nextRefresh = new Date(NOW_MS + leftMs).toISOString()
  return { externalSecret, result: { outcome, nextRefresh }, isGone: false } as unknown as Done
}

const SPREAD = 'shop/shop'
const DELAY_MS = delayOf(SPREAD, 3_000)

const rows: readonly {
  readonly story: string
  readonly done: Done
  readonly againInMs: number
}[] = [
  { story: 'before its time', done: doneOf('updated', 2_000), againInMs: 2_000 + DELAY_MS },
  {
    story: 'the run took longer than the interval',
    done: doneOf('updated', -500),
    againInMs: 1_000 + DELAY_MS,
  },
  {
    story: 'it fell due while others were run',
    done: doneOf('skipped', 0),
    againInMs: 1_000 + DELAY_MS,
  },
  {
    story: 'due, and its window is open',
    done: doneOf('unchanged', -1, { syncWindows: { kind: 'allow', windows: NOON } }),
    againInMs: 1_000 + DELAY_MS,
  },
  {
    story: 'due, and its window is shut',
    done: doneOf('skipped', -1, { syncWindows: { kind: 'deny', windows: NOON } }),
    againInMs: 60_000,
  },
  {
    story: 'a shut window is no matter before its time',
    done: doneOf('skipped', 2_000, { syncWindows: { kind: 'deny', windows: NOON } }),
    againInMs: 2_000 + DELAY_MS,
  },
]

for (const { story, done, againInMs } of rows) {
  test(`looked at again: ${story}`, () => {
    const verdict = verdictOf(done, { nowMs: NOW_MS, spread: SPREAD })
    assert.deepEqual(verdict, { outcome: 'done', againInMs })
  })
}
