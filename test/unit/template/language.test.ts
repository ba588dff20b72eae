import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { rendered, run } from './render.ts'

interface GoAnswer {
  readonly template: string
  readonly base64?: string
  readonly error?: string
}

const DATA = {
  s: 'Hello World',
  u: 'héllo wörld 日本語 😀',
  e: '',
  n: '42',
  j: '{"a":1,"b":[1,2]}',
  b: Uint8Array.from([0, 1, 254, 255, 97, 195, 40]),
}

// Templates made at random (by mutation of real ones), answered by Go's text/template and the released Sprig.
test('randomly made templates give what Go gave', () => {
  const lines = readFileSync('test/unit/template/go-answers.jsonl', 'utf8').trim().split('\n')
  assert.ok(lines.length > 500)
  for (const line of lines) {
    const { template, base64, error }: GoAnswer = JSON.parse(line)
    const rendering = run(template, DATA)
    const got =
      rendering.outcome === 'failed'
        ? rendering.error.code
        : Buffer.from(rendering.value.reveal()).toString('base64')
    assert.equal(got, base64 ?? error, template)
  }
})

interface Row {
  readonly story: string
  readonly template: string
  readonly expected: string
}

const rows: readonly Row[] = [
  {
    story: 'a missing key fails, whatever follows',
    template: '{{ .x | default "d" }}',
    expected: 'exec: line 1, column 3: map has no entry for key "x"',
  },
  {
    story: 'index of a missing key is empty',
    template: '{{ index . "x" | default "d" }}',
    expected: 'd',
  },
  {
    story: 'trim markers take white space on both sides',
    template: 'a \n{{- " " -}}\n b',
    expected: 'a b',
  },
  {
    story: 'keys of a range are in the order of their bytes',
    template: '{{ range $k, $v := dict "b" 1 "B" 2 "é" 3 }}{{ $k }}{{ end }}',
    expected: 'Bbé',
  },
  {
    story: 'and evaluates no further than it must',
    template: '{{ and "" (fail "x") }}',
    expected: '',
  },
  {
    story: 'a nil at the end of a pipeline is no value',
    template: '{{ coalesce "" 0 }}',
    expected: '<no value>',
  },
  {
    story: 'a nil as an argument prints as nil',
    template: '{{ print (coalesce "") }}',
    expected: '<nil>',
  },
  {
    story: 'else with goes on with the next value',
    template: '{{ with "" }}1{{ else with "x" }}{{ . }}{{ end }}',
    expected: 'x',
  },
  {
    story: 'break leaves the inner loop only',
    template:
      '{{ range until 2 }}{{ range until 3 }}{{ if eq . 1 }}{{ break }}{{ end }}{{ . }}{{ end }}|{{ end }}',
    expected: '0|0|',
  },
  {
    story: 'a variable of an outer block can be assigned',
    template: '{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}',
    expected: '2',
  },
  {
    story: 'a block is defined where it is used',
    template: '{{ block "b" "z" }}<{{ . }}>{{ end }}{{ template "b" 1 }}',
    expected: '<z><1>',
  },
  {
    story: 'an int64 does not suit an int',
    template: '{{ trunc (int64 1) "ab" }}',
    expected: 'exec: line 1, column 10: wrong type for value; expected int; got int64',
  },
  { story: 'a constant 5.0 suits an int', template: '{{ trunc 1.0 "ab" }}', expected: 'a' },
  {
    story: 'the place of a parse error is its line',
    template: 'a\n{{ nofunc }}',
    expected: 'parse: line 2: function "nofunc" not defined',
  },
  {
    story: 'the place of an execution error is line and column',
    template: 'a\n  {{ fail "x" }}',
    expected: 'exec: line 2, column 5: error calling fail: the template called fail',
  },
  {
    story: 'an empty second definition does not count',
    template: '{{ define "t" }}1{{ end }}{{ define "t" }} {{ end }}{{ template "t" }}',
    expected: '1',
  },
]

for (const { story, template, expected } of rows) {
  test(`language: ${story}`, () => {
    assert.equal(rendered(template), expected)
  })
}

test('without missingkey a missing key has no value', () => {
  const rendering = run('{{ .Value }}', { value: 'x' }, 'default')
  assert.equal(rendering.outcome, 'rendered')
  if (rendering.outcome === 'rendered') {
    assert.equal(Buffer.from(rendering.value.reveal()).toString(), '<no value>')
  }
})

test('bytes that are no UTF-8 go through unchanged', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
  const rendering = run('{{ .bin }}', { bin: bytes })
  assert.equal(rendering.outcome, 'rendered')
  if (rendering.outcome === 'rendered') assert.deepEqual(rendering.value.reveal(), bytes)
})

for (const name of [
  'env',
  'expandenv',
  'getHostByName',
  'include',
  'tpl',
  'lookup',
  'constructor',
  '__proto__',
  'toString_',
]) {
  test(`functions: ${name} does not exist`, () => {
    assert.match(rendered(`{{ ${name} "HOME" }}`), /^parse: line 1: function ".*" not defined$/)
  })
}
