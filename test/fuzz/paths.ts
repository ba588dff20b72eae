import type { Family } from './family.ts'
import { mutate, type Random } from './random.ts'

const KEYS = [
  'a',
  'b',
  'a.b',
  'é',
  '',
  'c d',
  'x*',
  '\\"q',
  '\\\\',
  'n',
  'k1',
  'k2',
  '#',
  '@this',
  'a|b',
  '0',
  '1',
  '\\u00e9',
  'first',
  '😀',
]
const SCALARS =
  String.raw`1 1.50 -0 1e3 1e400 12345678901234567890 true false null "x" "a\u0020b" "{\"in\":1}" "<&>" "\u2028" "\ud83d\ude00"
"\ud800" nan inf +Inf - "é" "1" "true" "t" 0 "" "z\tq" [] {} Infinity 0x1p4 1_0 "*" 1E5 -1.0 0.1 1e-7 9007199254740993 "\/" "\x" ""
"\u0000" 00 .5 1.`.split(/\s+/)
const SPACES = ['', '', '', '', '', '', ' ', '\n', '  ', '\t']
const BITS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  ' ',
  'x',
  'é',
  '|',
  '.',
  '#',
  '(',
  ')',
  '@',
  '*',
  '?',
  '!',
  '~',
]

const MODIFIERS =
  String.raw`@this @reverse @ugly @pretty @flatten @join @keys @values @valid @tostr @fromstr @group @dig:a @nope @dig:b.a @dig:#.a
@tostr|@fromstr @pretty:{"sortKeys":true} @pretty:{"indent":"\t","prefix":"_","width":20} @flatten:{"deep":true} @join:{"preserve":true}
@pretty:{"width":0} @pretty:{"width":9} @pretty:{"width":14,"sortKeys":true} @pretty:{"width":-1} @flatten:{"deep":"true"}
@pretty:{"width":"5","sortKeys":"1"} @this:1 @ugly:{ @keys:[ @reverse:"x"`.split(/\s+/)
const NAMES = String.raw`a b k1 n first x* é a\.b * ? k? c\ d \# # 0 1 2 00 -1 \@this a\|b k\* \😀`
  .split(' ')
  .concat('', 'c d')
const OPERATORS = ['=', '==', '!=', '<', '<=', '>', '>=', '%', '!%', '!', '~']
const OPERANDS = [
  '1',
  '"x"',
  'x',
  'true',
  'false',
  'null',
  '~true',
  '~false',
  '~null',
  '~*',
  '~zz',
  '"*"',
  'x*',
  '"\\u0041"',
  '1e3',
  '',
  ' "a b" ',
  '{"a":1}',
]
const SUBJECTS = ['a', 'b', '', 'a.b', '#(a)', 'b.0', '@this', 'n', '#', 'b.#']
const LITERALS = [
  '"x"',
  '1',
  'true',
  'null',
  '{"a":1}',
  '[1,2]',
  'nan',
  'Inf',
  'zz',
  '-',
  '"a\\"b"',
]

function value(random: Random, depth: number): string {
  const space = (): string => random.pick(SPACES)
  if (depth <= 0 || random.chance(0.45)) return random.pick(SCALARS)
  if (random.chance(0.5)) {
    const element = (): string => space() + value(random, depth - 1) + space()
    return `[${random.several(4, element, ',')}]`
  }
  const member = (): string =>
    `${space()}"${random.pick(KEYS)}"${space()}:${space()}${value(random, depth - 1)}${space()}`
  return `{${random.several(3, member, ',')}}`
}

function rows(random: Random): string {
  const row = (): string => `{"a":${random.pick(SCALARS)},"b":${value(random, 1)}}`
  return `[${random.several(4, row, ',')}]`
}

function document(random: Random): string {
  const choice = random.below(3)
  const text =
    choice === 0
      ? value(random, 3)
      : choice === 1
        ? rows(random)
        : `{"k1":${rows(random)},"a":${value(random, 2)},"n":${value(random, 1)}}`
  const joined = random.chance(0.1) ? text + random.pick(['\n', '', ' ']) + value(random, 1) : text
  return random.chance(0.15) ? mutate(random, joined, BITS) : joined
}

function query(random: Random): string {
  const comparison = random.chance(0.8) ? random.pick(OPERATORS) + random.pick(OPERANDS) : ''
  return `#(${random.pick(SUBJECTS)}${comparison})${random.pick(['', '#'])}`
}

function component(random: Random): string {
  const draws: readonly (() => string)[] = [
    () => random.pick(NAMES),
    () => random.pick(NAMES),
    () => random.pick(['a', 'b', 'k1', 'n', String(random.below(4))]),
    () => '#',
    () => query(random),
    () => random.pick(MODIFIERS),
    () => random.pick(MODIFIERS),
    () => `{${path(random, 1)}${random.pick(['', ',"nm":a', ',nm2:b', ',"a":#'])}}`,
    () => `[${path(random, 1)},${path(random, 1)}]`,
    () => `!${random.pick(LITERALS)}`,
  ]
  return random.pick(draws)()
}

function path(random: Random, depth: number): string {
  let text = component(random)
  for (let left = random.below(depth + 2); left > 0; left--) {
    text += random.pick(['.', '.', '.', '|']) + component(random)
  }
  return text
}

/** gjson paths over documents, both now and then broken. */
export const paths: Family = {
  name: 'paths',
  weight: 4,
  ask: (random) => {
    const whole = random.pick(['', '', '', '', '', '', '..']) + path(random, 2)
    return {
      call: 'gjson',
      json: document(random),
      path: random.chance(0.15) ? mutate(random, whole, BITS) : whole,
    }
  },
}
