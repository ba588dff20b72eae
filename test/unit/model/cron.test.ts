import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cronProblem } from '../../../src/model/cron.ts'

const valid = [
  '0 0 * * *',
  '*/15 8-18 * * 1-5',
  '0 0 1,15 jan-MAR mon,FRI',
  '5/10 * ? * ?',
  '0  0\t* * *',
  '1,,2 * * * *',
  '*-5 * * * *',
  '@daily',
  '@every 1h30m',
  'CRON_TZ=Europe/Berlin 0 6 * * *',
]
for (const schedule of valid) {
  test(`cron: ${JSON.stringify(schedule)} is valid`, () => {
    assert.equal(cronProblem(schedule), undefined)
  })
}

const invalid: readonly (readonly [string, RegExp])[] = [
  ['', /expected 5 fields, got 0/],
  ['* * * *', /got 4/],
  ['0 0 * * * *', /got 6/],
  ['60 * * * *', /minute "60" is not within 0-59/],
  ['* 24 * * *', /hour/],
  ['* * 0 * *', /day of month/],
  ['* * * 13 *', /month/],
  ['* * * * 7', /day of week/],
  ['5-1 * * * *', /minute/],
  ['1-2-3 * * * *', /minute/],
  ['*/0 * * * *', /minute/],
  ['*/2/2 * * * *', /minute/],
  ['* * L * *', /day of month/],
  ['@reboot', /unknown descriptor/],
  ['@Daily', /unknown descriptor/],
  ['@every 1d', /Go duration/],
  [' @daily', /got 1/],
]
for (const [schedule, reason] of invalid) {
  test(`cron: ${JSON.stringify(schedule)} is refused`, () => {
    assert.match(cronProblem(schedule) ?? '', reason)
  })
}
