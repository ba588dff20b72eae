import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rendered } from './render.ts'

// What Go 1.26 calls these moments, in zones whose clocks had several names for one offset.

const rows: readonly (readonly [zone: string, at: string, name: string])[] = [
  ['Europe/Moscow', '1985-07-01', 'MSD'],
  ['Europe/Moscow', '2012-01-01', 'MSK'],
  ['America/Whitehorse', '1999-07-01', 'PDT'],
  ['America/Whitehorse', '2024-07-01', 'MST'],
  ['America/Ciudad_Juarez', '1997-01-01', 'CST'],
  ['America/Ciudad_Juarez', '2015-07-01', 'MDT'],
  ['America/Ciudad_Juarez', '2022-11-15', 'CST'],
  ['Asia/Gaza', '1980-01-01', 'IST'],
  ['Asia/Gaza', '2024-01-01', 'EET'],
  ['Asia/Bahrain', '1970-06-01', '+04'],
  ['Africa/Khartoum', '1975-07-01', 'CAST'],
  ['Africa/Khartoum', '2010-07-01', 'EAT'],
]

for (const [zone, at, name] of rows) {
  test(`zones: ${zone} on ${at} said ${name}`, () => {
    const seconds = Date.parse(`${at}T12:00:00Z`) / 1000
    assert.equal(rendered(`{{ dateInZone "MST" (int64 ${seconds}) "${zone}" }}`), name)
  })
}
