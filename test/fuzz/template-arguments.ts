import { pattern } from './patterns.ts'
import type { Random } from './random.ts'
import { TEMPLATE_FUNCTIONS } from './template-functions.ts'

// Text of arguments by shape (see template-functions.ts): mostly what a function expects, now and then something else.

const TEXTS = [
  '""',
  '"a"',
  '"Hello World"',
  '"foo bar baz"',
  '"a,b,,c"',
  '"héllo wörld"',
  '"日本語 x"',
  '"10"',
  '"1.5"',
  '"-3"',
  '"0x1F"',
  '"true"',
  '"a\\nb\\tc"',
  '"  pad "',
  '"FOO_bar-Baz"',
  '"HTTPServer2Go"',
  '"1.2.3-a+b"',
  '.s',
  '.u',
  '.b',
  '.e',
  '.j',
  '.n',
  '"2020-02-03"',
  '"<a&b>"',
  '`x"y\'z\\`',
  '"\\xff\\xfe"',
  '"\\u2028é😀"',
  '"a/b/../c.txt"',
  '"/x//y/"',
  '"https://u:p@h.ex:80/p?q=1#f"',
  '"(a+)(b)?"',
  '"1h30m"',
  '(index . "s")',
  '"k"',
  '"b"',
  '","',
  '"string"',
  '"int"',
  '"map"',
  '"ǆ ŉ İ ß"',
  '"e\\u0301"',
  '$.u',
  '"%v"',
  '"1_000"',
  '"1e3"',
  '"+5"',
  '"010"',
  '"\\x00"',
  '" \\u00a0\\v"',
]
const NUMBERS = [
  '0',
  '1',
  '2',
  '3',
  '-1',
  '5',
  '10',
  '100',
  '1.5',
  '-2.7',
  '1e3',
  '1e6',
  '0.1',
  '1e21',
  "'a'",
  "'\\n'",
  '(int64 7)',
  '(float64 2.5)',
  '(fromJson "3")',
  '9223372036854775807',
  '-9223372036854775808',
  '0xff',
  '0b11',
  '0o17',
  '1_000',
  '-0.0',
  '1e-7',
  '123456789.125',
  '0x1p4',
  '(int 3)',
  '(div 1 3)',
  '(len .s)',
  '"7"',
  '"2.5"',
  '"x"',
  'true',
  'nil',
  '5e-324',
  '1.7976931348623157e308',
  '(toDecimal "17")',
]
const SIZES = [
  '0',
  '1',
  '2',
  '3',
  '-1',
  '5',
  '10',
  '4',
  '7',
  '20',
  '(len .s)',
  '(int "3")',
  '-3',
  '12',
]
const BOOLS = ['true', 'false', '(eq 1 1)', '(lt 1 2)', '(not .e)']
const LISTS = [
  '(list)',
  '(list 1 2 3)',
  '(list "a" "b" "a")',
  '(list 3 "x" nil true 1.5)',
  '(splitList "," "b,a,c")',
  '(until 4)',
  '(fromJson "[1,\\"a\\",null,[2],{\\"k\\":1}]")',
  '(list (list 1) (dict "a" 1))',
  '(chunk 2 (list 1 2 3))',
  '(keys (dict "z" 1))',
  '(untilStep 0 10 3)',
  '(list "" 0 nil false)',
  '(list 1 1.0 "1")',
  '(toStrings (list 1 nil 2.5))',
  '(sortAlpha (list "b" "é" "a" "B"))',
  '(list nil)',
  '(list .b .u)',
]
const DICTS = [
  '(dict)',
  '(dict "a" 1)',
  '(dict "b" "x" "a" (list 1 2))',
  '(fromJson "{\\"z\\":1,\\"a\\":{\\"b\\":null}}")',
  '(dict "k" nil "l" 0 "m" "")',
  '(dict "10" 1 "9" 2 "a" 3)',
  '(fromYaml "a: 1\\nb: yes\\n")',
  '(merge (dict "a" 1) (dict "b" 2))',
  '(dict "a" (dict "b" (dict "c" 1)))',
  '(urlParse "https://u:p@h.ex:80/p?q=1#f")',
  '(split "," "x,y")',
  '(dict 1 2)',
  '(dict "a" .b "<" "&")',
  '(dict "a" (list (dict "b" 1)))',
]
const TIMES = [
  '(toDate "2006-01-02" "2020-02-29")',
  '(toDate "2006-01-02 15:04:05" "1999-12-31 23:59:58")',
  '(toDate "2006-01-02T15:04:05Z07:00" "2024-07-01T10:20:30+05:30")',
  '(toDate "15:04" "09:07")',
  '(toDate "2006-01-02" "nope")',
  '(toDate "2006-01-02T15:04:05.999999999Z07:00" "2024-03-31T01:30:00.123456789Z")',
  '(toDate "Jan 2 2006" "Dec 5 1883")',
  '77',
]
const LAYOUTS = [
  '"2006-01-02"',
  '"Jan _2 06 03:04PM"',
  '"Monday, 02-Jan-06 15:04:05 MST"',
  '"2006-01-02T15:04:05.000Z07:00"',
  '"02 002 __2 3:4:5 pm -0700 Z07"',
  '"January 2, 2006 .999"',
  '"15:04:05,000000"',
  '"Mon -07:00:00 Z0700"',
  '"06-1-2"',
  '""',
  '"2006-01-02 MST"',
]
const ZONES = [
  '"UTC"',
  '"Europe/Berlin"',
  '"America/New_York"',
  '"Asia/Kolkata"',
  '"Nope"',
  '""',
  '"Local"',
  '"Australia/Lord_Howe"',
]
const VERSIONS = [
  '"1.2.3"',
  '"0.9"',
  '"2.0.0-rc1"',
  '"v1.2"',
  '"1.2.3+b"',
  '"1.2.3-a.1"',
  '"x"',
  '"01.2.3"',
  '"1.10.0"',
]
const CONSTRAINTS = [
  '">1.0"',
  '"~1.2"',
  '"^1"',
  '"1.x || >=3"',
  '"1.2 - 2.0"',
  '">=1.0, <2"',
  '"!=1.2.3"',
  '"*"',
  '"^0.2.3"',
  '"~>1"',
  '">1.2.3-a"',
  '"=1.2"',
  '"nope"',
  '"<=1.2.x"',
  '"^2.0.0-0"',
]
const DOCUMENTS = [
  '.j',
  '"{\\"a\\":[1,2.5,null,\\"x\\"],\\"b\\":{\\"c\\":true}}"',
  '"[1,2"',
  '"a: 1\\nb: [x, 2]\\n"',
  '"null"',
  '"1e400"',
  '"\\"\\\\ud83d\\""',
  '"{\\"a\\":1,\\"a\\":2}"',
  '"12345678901234567890"',
  '" 3 "',
  '"a: .inf"',
  '"- 1\\n- {b: c}\\n"',
  '"x: 0x10\\ny: 1_000\\nz: 1e3"',
  '"{\\"n\\":1000000,\\"f\\":1.50}"',
  '"a: &x 1\\nb: *x"',
  '"a: |\\n  t\\n"',
  '"\\"<\\u2028>\\""',
  '""',
]
// biome-ignore lint/suspicious/noTemplateCurlyInString: Go's syntax for a group
const REPLACEMENTS = ['"X"', '"[$1]"', '"${1}_$0"', '""', '"$n"', '"$$"', '"$1x"', '"é"']
const VERBS = [...'vdsqxXbcoOUeEfFgGtTw%z', 'v', 'v', 's', 'd']

export function anything(random: Random, depth: number): string {
  return random.pick([
    () => random.pick(TEXTS),
    () => random.pick(NUMBERS.filter((number) => !number.startsWith('9223'))), // range would count so far
    () => random.pick(BOOLS),
    () => random.pick(LISTS),
    () => random.pick(DICTS),
    () => random.pick(TIMES),
    () =>
      random.pick(['nil', '.', '$', '$v', '$i', '(semver "1.2.3")', '.missing', '(index . "no")']),
    () => call(random, depth - 1),
    () => call(random, depth - 1),
  ])()
}

const DRAWN: Readonly<Record<string, readonly string[]>> = {
  S: TEXTS,
  Z: SIZES,
  N: NUMBERS,
  B: BOOLS,
  L: LISTS,
  D: DICTS,
  T: TIMES,
  Y: LAYOUTS,
  W: ZONES,
  V: VERSIONS,
  C: CONSTRAINTS,
  J: DOCUMENTS,
  R: REPLACEMENTS,
}

/** Sizes and times stay what they are: a size could ask for gigabytes, and what is no time means now. */
const FIXED = 'ZT'

function argument(random: Random, shape: string, depth: number): string {
  if (!FIXED.includes(shape) && random.chance(0.08)) return anything(random, depth)
  if (shape === 'A') return anything(random, depth)
  if (shape === 'P') return quoted(random, pattern(random, 1))
  if (shape === 'S' && depth > 0 && random.chance(0.25)) return call(random, depth - 1)
  return random.pick(DRAWN[shape] ?? TEXTS)
}

function quoted(random: Random, text: string): string {
  const isRaw = random.chance(0.5) && !text.includes('`') && !text.includes('\r')
  return isRaw ? `\`${text}\`` : JSON.stringify(text)
}

/** A function call in parentheses, or a value when it is deep enough. */
export function call(random: Random, depth: number): string {
  if (depth < 0) return random.pick(TEXTS)
  return `(${bareCall(random, depth)})`
}

export function bareCall(random: Random, depth: number): string {
  if (random.chance(0.08)) {
    const operands = random.several(3, () => ` ${anything(random, depth)}`)
    return `printf ${format(random)}${operands}`
  }
  const { name, shapes, isVariadic } = random.pick(TEMPLATE_FUNCTIONS)
  const last = shapes.at(-1) ?? 'A'
  let drawn = shapes + (isVariadic ? last.repeat(random.below(3)) : '')
  // Too many arguments or too few; a size stays where it stands.
  if (random.chance(0.02)) drawn = random.chance(0.5) ? `${drawn}S` : drawn.slice(0, -1)
  return [name, ...[...drawn].map((shape) => argument(random, shape, depth))].join(' ')
}

function format(random: Random): string {
  const verb = (): string =>
    [
      random.pick(['%', '%', '%', 'x%', 'é %']),
      random.pick(['', '', '+', '-', '#', '0', ' ', '+#', '-0', '# ', '0+']),
      random.pick(['', '', '5', '12', '3', '*', '07']),
      random.pick(['', '', '.2', '.0', '.', '.5', '.*', '.12']),
      random.pick(['', '', '', '', '', '[1]', '[2]', '[9]']),
      random.pick(VERBS),
    ].join('')
  return `\`${verb()}${random.several(2, verb)}|\``
}
