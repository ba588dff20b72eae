import type { Family } from './family.ts'
import { mutate, type Random } from './random.ts'

const UNITS = ['ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h', 'd', 'S', '', ' s', 'hs']
const NUMBERS = [
  '0',
  '1',
  '00',
  '01',
  '59',
  '60',
  '.5',
  '1.',
  '.',
  '1.5',
  '0.000000001',
  '0.0000000001',
  '9223372036',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551616',
  '2562047',
  '2562047.788015215502499',
  '1e3',
  '0x1',
  '1_0',
  '99999999999999999999',
  '0.33333333333333333333',
  '-1',
  '١',
]
const NS = [
  0n,
  1n,
  999n,
  1000n,
  1_000_000n,
  10n ** 9n,
  60n * 10n ** 9n,
  3600n * 10n ** 9n,
  2n ** 63n,
]

function number(random: Random): string {
  if (random.chance(0.5)) return random.pick(NUMBERS)
  const whole = String(random.below(10 ** (1 + random.below(9))))
  return random.chance(0.4) ? `${whole}.${random.below(10 ** (1 + random.below(12)))}` : whole
}

function text(random: Random): string {
  const elements = random.several(4, () => number(random) + random.pick(UNITS))
  const signed = random.pick(['', '', '', '-', '+', '--', ' ']) + elements
  return random.chance(0.1) ? mutate(random, signed, ['.', '-', '0', 'h', 'µ', '\n', 'é']) : signed
}

function nanoseconds(random: Random): string {
  const magnitude =
    random.pick(NS) * BigInt(1 + random.below(3)) + BigInt(random.below(2_000_000) - 1_000_000)
  return String(BigInt.asIntN(64, random.chance(0.3) ? -magnitude : magnitude))
}

/** time.ParseDuration and Duration.String. */
export const durations: Family = {
  name: 'durations',
  weight: 1,
  ask: (random) =>
    random.chance(0.7)
      ? { call: 'duration', text: text(random) }
      : { call: 'duration-string', ns: nanoseconds(random) },
}
