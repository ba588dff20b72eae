import { bytesArgument, type Family } from './family.ts'
import { mutate, type Random } from './random.ts'
import { anything, bareCall } from './template-arguments.ts'

const DATA = {
  s: 'Hello World',
  u: 'héllo wörld 日本語 😀',
  e: '',
  n: '42',
  j: '{"a":1,"b":[1,2.5,{"c":null}]}',
  b: bytesArgument(Uint8Array.of(0, 1, 254, 255, 97, 195, 40)),
}

const BITS = [
  '{{',
  '}}',
  '{{-',
  '-}}',
  '"',
  '`',
  "'",
  '(',
  ')',
  '|',
  '.',
  '$',
  ' ',
  '\n',
  '/*',
  '*/',
  ':=',
  '=',
  ',',
  'end',
  'else',
  '1',
  'é',
  '\\',
  '{{/* c */}}',
  '%',
  '\t',
  '{{end}}',
  '{{break}}',
]
const SINKS = [
  'quote',
  'toJson',
  'print',
  'len',
  'default "d"',
  'printf "%v"',
  'printf "%T"',
  'toYaml',
  'kindOf',
  'list',
  'empty',
  'upper',
  'html',
  'printf "%q"',
  'printf "%#v"',
  'toString',
  'b64enc',
  'join ","',
  'not',
  'printf "%d"',
  'printf "%x"',
]
const TEXT = ['text ', '\n', '  ', 'é', '\t\n ', '{', '} ', '"', '<b>', 'a: ']
const MEMBERS = [
  'Year',
  'Month',
  'Weekday',
  'YearDay',
  'Unix',
  'Hour',
  'String',
  'Nope',
  'UTC',
  'IsZero',
  'Nanosecond',
  'Format "2006"',
  'a',
  'b',
  '_0',
  'Major',
  'scheme',
  'host',
  'a.b',
  'Second',
]
const TIME = [
  '(toDate "2006-01-02" "2020-02-29")',
  '(semver "1.2.3-a+b")',
  '(urlParse "https://h/p?q")',
  '(dict "a" (dict "b" 1))',
  '(split "," "x,y")',
  '$',
  '.',
  '.s',
]

/** A pipeline: a value or a call, perhaps piped on. */
function pipeline(random: Random, depth: number): string {
  const first = random.chance(0.6) ? bareCall(random, depth) : anything(random, depth)
  const rest = random.chance(0.35) ? ` | ${random.pick(SINKS)}` : ''
  return first + rest
}

function braces(random: Random, text: string): string {
  return (
    random.pick(['{{ ', '{{ ', '{{', '{{- ']) + text + random.pick([' }}', ' }}', '}}', ' -}}'])
  )
}

/** Blocks declare $i and $v, so that arguments may name them; elsewhere they do not parse, which is an answer, too. */
function block(random: Random, depth: number): string {
  const value = pipeline(random, 1)
  const body = random.several(2, () => node(random, depth - 1))
  const end = braces(random, 'end')
  const otherwise = random.pick(['', braces(random, 'else') + node(random, depth - 1)])
  return random.pick([
    () => braces(random, `if ${value}`) + body + otherwise + end,
    () => `${braces(random, `if ${value}`)}1{{ else if ${pipeline(random, 0)} }}${body}${end}`,
    () => `${braces(random, `with ${value}`)}[{{ . }}]${body}${otherwise}${end}`,
    () =>
      `{{ with $v := ${value} }}{{ $v }}${body}{{ else with ${pipeline(random, 0)} }}{{ . }}${end}`,
    () => `{{ range $i, $v := ${value} }}{{ $i }}={{ $v }},${body}${otherwise}${end}`,
    () =>
      `{{ range ${value} }}{{ . }};${random.pick(['', '{{ break }}', '{{ continue }}x'])}${body}${end}`,
    () =>
      `{{ range $v := ${value} }}{{ if $v }}{{ continue }}{{ end }}{{ $v }}${body}${otherwise}${end}`,
    () => `{{ $v := ${value} }}{{ $v }}${body}{{ $v = ${pipeline(random, 0)} }}{{ $v }}`,
    () => `{{ define "t" }}<{{ . }}>${body}{{ end }}{{ template "t" ${anything(random, 1)} }}`,
    () => `{{ block "t" ${anything(random, 1)} }}${body}{{ . }}{{ end }}`,
  ])()
}

function node(random: Random, depth: number): string {
  if (depth > 0 && random.chance(0.35)) return block(random, depth)
  return random.pick([
    () => braces(random, pipeline(random, 2)),
    () => braces(random, pipeline(random, 2)),
    () => braces(random, pipeline(random, 1)),
    () => `{{ ${random.pick(TIME)}.${random.pick(MEMBERS)} }}`,
    () => random.pick(TEXT),
  ])()
}

/** Templates of External Secrets Operator: the language, and every function of the table. */
export const templates: Family = {
  name: 'templates',
  weight: 7,
  ask: (random) => {
    const text = node(random, 2) + (random.chance(0.3) ? node(random, 1) : '')
    return {
      call: 'template',
      template: random.chance(0.08) ? mutate(random, text, BITS) : text,
      data: DATA,
    }
  },
}
