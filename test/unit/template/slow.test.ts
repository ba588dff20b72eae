import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { createTemplateEngine } from '../../../src/template/engine.ts'
import { patternEngine } from '../../../src/values/pattern.ts'

// Loops over the slowest calls that a template can make: what a call costs in steps must follow what it takes in time, so that
// the budget ends each loop. Decision 11 has the measurements.

const sources = {
  now: () => 0,
  random: (length: number): Uint8Array => randomBytes(length),
  generateKey: undefined,
  patterns: patternEngine,
}

const LARGE: Readonly<Record<string, string>> = {
  words: 'aB c-'.repeat(40_000),
  numbers: `[${'1,'.repeat(40_000)}1]`,
  open: '['.repeat(900) + ']'.repeat(900),
  blocks: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'.repeat(4_000),
  ends: '\n-----END X-----'.repeat(20_000),
  object: JSON.stringify(
    Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, 'v'])),
  ),
  lines: 'k: [1, 2]\n'.repeat(10_000),
}
const DATA = new Map(
  Object.entries(LARGE).map(([key, value]) => [key, SecretValue.fromText(value)]),
)

/** More often than any budget allows, with something large to call in each variable. */
const loop = (call: string): string =>
  '{{ $d := .object | fromJson }}{{ $l := .numbers | fromJson | first | list | concat (until 9999) }}' +
  '{{ $w := .words }}{{ $n := .numbers }}{{ $o := .open }}{{ $p := .blocks }}{{ $e := .ends }}' +
  `{{ $y := .lines }}{{ range $i := 199999 }}{{ $_ := ${call} }}{{ end }}`

/** Those that once took minutes; with SLOW_TEMPLATES set all of them, as decision 11 measured them. */
const WORST: readonly string[] = [
  'omit $d "x"',
  'toDecimal $l',
  'fromYaml $o',
  'regexMatch (printf "(a{1,50}){1,%d}" $i) "a"',
  'filterPEM $p $p',
  'randAscii 1000000',
]

const OTHERS: readonly string[] = [
  'pick $d "x"',
  'merge (dict) $d',
  'keys $d',
  'values $d',
  'toJson $d',
  'toPrettyJson $d',
  'toYaml $d',
  'join "," $l',
  'sortAlpha $l',
  'uniq $l',
  'reverse $l',
  'has "x" $l',
  'without $l "x"',
  'printf "%v" $l',
  'fromYaml $y',
  'fromYaml ","',
  'fromJson $n',
  'fromJson $o',
  'regexReplaceAll "(a|b)*c" $w "$0"',
  'regexReplaceAll "" $w "-"',
  'regexFindAll ".*?" $w -1',
  'kebabcase $w',
  'snakecase $w',
  'camelcase $w',
  'title $w',
  'shuffle $w',
  'randNumeric 1000',
  'filterPEM "X" (print $p $e)',
  'dateInZone $w now "UTC"',
  'toDate $w $w',
  'durationRound $w',
  'split "" $w',
  'sha512sum $w',
  'b32enc $w',
  'encryptAES $w $w',
  'urlParse $w',
  'wrap 1 $w',
  'htpasswd "u" "p" "bcrypt"',
  'derivePassword 1 "long" $w "u" "s"',
]

// Several times what the slowest takes, for machines that are slower and busier.
const TIME_MS = 6_000
const isAll = process.env.SLOW_TEMPLATES !== undefined

test('loops over the slowest calls end in time, each with a place', () => {
  const engine = createTemplateEngine(sources)
  for (const call of isAll ? [...WORST, ...OTHERS] : WORST) {
    const started = process.cpuUsage()
    const text = Buffer.from(loop(call))
    const rendering = engine.render({ key: 'key', text, data: DATA, missingKey: 'error' })
    const tookMs = process.cpuUsage(started).user / 1000
    assert.equal(rendering.outcome, 'failed', call)
    assert.match(rendering.error.message, /^line 1, column \d+: /, call)
    assert.ok(tookMs < TIME_MS, `${call}: ${tookMs} ms`)
    if (isAll) console.log(`${tookMs.toFixed(0).padStart(6)} ms  ${call}`)
  }
})

test('an indented form of a dict that holds itself ends before its text is made', () => {
  const text = Buffer.from(
    '{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ range until 50 }}{{ $_ := set $d (toString .) $d }}{{ end }}{{ toPrettyJson $d }}',
  )
  const started = process.cpuUsage()
  const engine = createTemplateEngine(sources)
  const rendering = engine.render({ key: 'key', text, data: DATA, missingKey: 'error' })
  assert.equal(rendering.outcome, 'failed')
  assert.match(rendering.error.message, /a value (nested too deep|of more than)/)
  assert.ok(process.cpuUsage(started).user / 1000 < TIME_MS)
})
