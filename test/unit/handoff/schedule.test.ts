import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cron } from 'croner'
import * as fc from 'fast-check'
import { scheduleOf } from '../../../src/handoff/schedule.ts'
import { decodeExternalSecret, type ExternalSecret } from '../../../src/model/external-secret.ts'

function every(refreshInterval: string, refreshPolicy = 'Periodic'): ExternalSecret {
  return decodeExternalSecret({ spec: { refreshInterval, refreshPolicy } })
}

const rows: readonly (readonly [
  story: string,
  items: readonly ExternalSecret[],
  seconds: number | undefined,
])[] = [
  ['the default hour', [decodeExternalSecret({})], 3600],
  ['the shortest of several', [every('1h'), every('15m'), every('24h')], 900],
  ['an interval that cron cannot repeat is rounded down', [every('7m')], 360],
  ['seconds become a minute, the least that cron has', [every('30s')], 60],
  ['ninety minutes become an hour', [every('90m')], 3600],
  ['a week becomes a day', [every('168h')], 86400],
  ['zero means never', [every('0')], undefined],
  [
    'CreatedOnce and OnChange wait for no clock',
    [every('1h', 'CreatedOnce'), every('1h', 'OnChange')],
    undefined,
  ],
  ['an interval that is none is not counted', [every('soon')], undefined],
]
for (const [story, items, seconds] of rows) {
  test(`schedule: ${story}`, () => {
    assert.equal(scheduleOf(items, 'shop/api')?.periodSeconds, seconds)
  })
}

test('cron comes as often as the period says, whatever the application is called', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.string(), (minutes, seed) => {
      const schedule = scheduleOf([every(`${minutes}m`)], seed)
      assert.ok(schedule !== undefined)
      assert.ok(schedule.periodSeconds <= Math.max(minutes, 1) * 60)
      const runs = new Cron(schedule.cron, { timezone: 'Etc/UTC', paused: true }).nextRuns(
        4,
        new Date(Date.UTC(2026, 0, 1, 22, 30)),
      )
      for (let i = 1; i < runs.length; i++) {
        const gap = (Number(runs[i]) - Number(runs[i - 1])) / 1000
        assert.equal(gap, schedule.periodSeconds, schedule.cron)
      }
    }),
    { numRuns: 150 },
  )
})

test('applications are spread over the hour', () => {
  const minutes = new Set(
    Array.from({ length: 60 }, (_, index) => scheduleOf([every('1h')], `shop/app-${index}`)?.cron),
  )
  assert.ok(minutes.size > 20)
})
