import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, parseDuration } from '../../../src/model/duration.ts'

const rows: readonly { story: string; text: string; ns: bigint | undefined }[] = [
  { story: 'hours and minutes', text: '1h30m', ns: 5_400_000_000_000n },
  { story: 'zero needs no unit', text: '0', ns: 0n },
  { story: 'any other number does', text: '60', ns: undefined },
  { story: 'Go has no days', text: '1d', ns: undefined },
  { story: 'both letters mu', text: '1µs1μs', ns: 2_000n },
  { story: 'a fraction without a whole part', text: '-.5s', ns: -500_000_000n },
  { story: 'a dot alone', text: '.s', ns: undefined },
  { story: 'the lowest int64', text: '-9223372036854775808ns', ns: -(2n ** 63n) },
  { story: 'one above the highest', text: '9223372036854775808ns', ns: undefined },
  {
    story: "twice the lowest int64 wraps to nothing in Go's unsigned sum",
    text: '9223372036854775808ns9223372036854775808ns',
    ns: 0n,
  },
  { story: 'ten thousand digits', text: `${'9'.repeat(10_000)}h`, ns: undefined },
  { story: 'ten thousand leading zeros', text: `${'0'.repeat(10_000)}1h`, ns: 3_600_000_000_000n },
  { story: 'blanks are no part of a duration', text: ' 1h', ns: undefined },
]

for (const { story, text, ns } of rows) {
  test(`duration: ${story}`, () => assert.equal(parseDuration(text), ns))
}

test('duration: what is printed reads back as the same', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (ns) => {
      const text = formatDuration(ns)
      // Seconds beyond 2^53 ns lose digits in Go as well: the fraction is multiplied in float64.
      const back = parseDuration(text)
      return back !== undefined && (back - ns) * (back - ns) <= 1n
    }),
  )
})

test('duration: no text makes it throw', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const ns = parseDuration(text)
      return ns === undefined || typeof ns === 'bigint'
    }),
  )
})
