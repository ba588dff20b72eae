import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cronProblem } from '../../../src/model/cron.ts'
import { parseCron } from '../../../src/plan/cron.ts'

const valid = [
  '0 0 * * *',
  '*/15 8-18 * * 1-5',
  '0 0 1,15 jan-MAR mon,FRI',
  '5/10 * ? * ?',
  '0  0\t* * *',
  '1,,2 * * * *',
  '*-5 * * * *',
  '+5 */100 00005 * ?',
  ', * * * *',
  ' 0 6 * * * ',
  '@every -1h',
  'TZ=UTC @daily',
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
  ['@daily ', /unknown descriptor/],
  ['@every 1h ', /Go duration/],
  ['mon * * * *', /minute/],
  ['-1 * * * *', /minute/],
]
for (const [schedule, reason] of invalid) {
  test(`cron: ${JSON.stringify(schedule)} is refused`, () => {
    assert.match(cronProblem(schedule) ?? '', reason)
  })
}

// The plan's parser is stricter where robfig reads nonsense such as `1,,2` or `*-5`; on what people write both agree.
test('cron: what counts as valid here is what the schedule can be made of', () => {
  const piece = fc.constantFrom(
    ...['*', '?', '0', '5', '7', '59', '60', '*/5', '*/0', '1-5', '5-1', 'mon', 'JAN', '1,2'],
    ...['5/10', '1-2-3', '*/2/2', '-1', '', 'L', '@daily', '@every', '1h', '@reboot'],
  )
  const schedule = fc.oneof(
    fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(' ')),
    fc.array(piece, { minLength: 5, maxLength: 5 }).map((pieces) => pieces.join(' ')),
  )
  fc.assert(
    fc.property(schedule, (text) => {
      assert.equal(cronProblem(text) === undefined, parseCron(text) !== undefined, text)
    }),
    { numRuns: 2000 },
  )
})
