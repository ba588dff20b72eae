import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTemplateEngine } from '../../../src/template/engine.ts'
import { patternEngine } from '../../../src/values/pattern.ts'
import { rendered, run, engine as shared } from './render.ts'

interface Row {
  readonly story: string
  readonly template: string
  readonly expected: RegExp
}

const rows: readonly Row[] = [
  {
    story: 'an endless loop',
    template: '{{ range 9000000000000000000 }}{{ end }}',
    expected: /^exec: .*more than 200000 steps/,
  },
  {
    story: 'loops within loops',
    template: '{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}',
    expected: /more than 200000 steps/,
  },
  {
    story: 'a text that doubles',
    template: '{{ $x := "ab" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}',
    expected: /more than/,
  },
  {
    story: 'a list that doubles',
    template: '{{ $x := list 1 2 }}{{ range until 60 }}{{ $x = concat $x $x }}{{ end }}',
    expected: /a list of more than/,
  },
  {
    story: 'a tree of shared lists, printed',
    template: '{{ $x := list 1 2 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}{{ $x }}',
    expected: /a text of more than/,
  },
  {
    story: 'the same tree as JSON',
    template:
      '{{ $x := list 1 2 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}',
    expected: /more than/,
  },
  {
    story: 'a dict that holds itself, printed',
    template: '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d }}',
    expected: /nested too deep|a text of more than/,
  },
  {
    story: 'a dict that holds itself, as JSON',
    template: '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ toJson $d }}',
    expected: /nested too deep/,
  },
  {
    story: 'a dict that holds itself, copied',
    template: '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ deepCopy $d }}',
    expected: /nested too deep/,
  },
  {
    story: 'a large repeat',
    template: '{{ repeat 9000000000000000000 "x" }}',
    expected: /a text of more than/,
  },
  {
    story: 'a large until',
    template: '{{ until 9000000000000000000 }}',
    expected: /a list of more than/,
  },
  {
    story: 'a large seq',
    template: '{{ seq 9000000000000000000 }}',
    expected: /a list of more than/,
  },
  {
    story: 'a large indent',
    template: '{{ indent 1000000000 "x" }}',
    expected: /a text of more than/,
  },
  {
    story: 'a template that calls itself',
    template: '{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}',
    expected: /templates call each other/,
  },
  {
    story: 'deep parentheses',
    template: `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`,
    expected: /^parse: line 1: parentheses nested too deep/,
  },
  {
    story: 'deep blocks',
    template: '{{ if true }}'.repeat(5000),
    expected: /^parse: line 1: blocks nested too deep/,
  },
  {
    story: 'much output',
    template: '{{ range until 200 }}{{ repeat 10000 "x" }}{{ end }}',
    expected: /an output of more than/,
  },
]

/** `x` is a list that holds itself sixty times over, by way of shared parts. */
const SHARED = '{{ $x := list 1 2 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}'
const SHARED_DICT =
  '{{ $x := dict "a" 1 }}{{ range until 60 }}{{ $x = dict "a" $x "b" $x }}{{ end }}'

for (const call of [
  'toYaml $x',
  'toJson $x',
  'deepCopy $x',
  'deepEqual $x (deepCopy (list $x))',
  'quote $x',
]) {
  test(`limits: ${call} of a list with shared parts ends with an error`, () => {
    assert.match(rendered(`${SHARED}{{ ${call} }}`), /more than|nested too deep/)
  })
}

test('limits: merging dicts with shared parts ends with an error', () => {
  const other = SHARED_DICT.replaceAll('$x', '$y')
  assert.match(rendered(`${SHARED_DICT}${other}{{ merge $x $y }}`), /more than/)
})

test('limits: a long text many times over is not joined', () => {
  const list =
    '{{ $s := repeat 1000000 "x" }}{{ $l := list }}{{ range until 100 }}{{ $l = append $l $s }}{{ end }}'
  for (const call of ['join "" $l', 'toJson $l', 'toYaml $l']) {
    assert.match(rendered(`${list}{{ ${call} }}`), /more than/, call)
  }
})

for (const { story, template, expected } of rows) {
  test(`limits: ${story} ends with an error`, () => {
    assert.match(rendered(template), expected)
  })
}

test('a third new key in one template is refused', () => {
  const key = '{{ $_ := genPrivateKey "ecdsa" }}'
  assert.equal(rendered(key.repeat(2)), '')
  assert.match(rendered(key.repeat(3)), /more than 200000 steps/)
})

const renderAll = (engine: Pick<typeof shared, 'render'>, text: string, times: number): string[] =>
  Array.from({ length: times }, () => {
    const rendering = engine.render({
      key: 'k',
      text: Buffer.from(text),
      data: new Map(),
      missingKey: 'error',
    })
    return rendering.outcome === 'failed' ? rendering.error.message : 'rendered'
  })

test('templates of one object share a budget; those of another have their own', () => {
  const loop = '{{ range 150000 }}{{ end }}'
  const messages = renderAll(shared.together(), loop, 5)
  assert.deepEqual(messages.slice(0, 3), ['rendered', 'rendered', 'rendered'])
  assert.match(messages[3] ?? '', /^line 1, column \d+: more than 600000 steps in all templates/)
  assert.match(messages[4] ?? '', /more than 600000 steps/)
  assert.deepEqual(new Set(renderAll(shared, loop, 5)), new Set(['rendered']))
})

test('two slow keys for one object, in whichever of its templates', () => {
  const messages = renderAll(shared.together(), '{{ $_ := genPrivateKey "rsa" }}', 3)
  assert.deepEqual(messages.slice(0, 2), ['rendered', 'rendered'])
  assert.match(messages[2] ?? '', /more than 2 new RSA or DSA keys/)
})

test('without sources the functions that need them fail', () => {
  const engine = createTemplateEngine({
    now: undefined,
    random: undefined,
    generateKey: undefined,
    patterns: patternEngine,
  })
  for (const call of [
    'now',
    'randAlpha 5',
    'uuidv4',
    'genPrivateKey "rsa"',
    'bcrypt "x"',
    'genCA "x" 1',
  ]) {
    const rendering = engine.render({
      key: 'k',
      text: Buffer.from(`{{ ${call} }}`),
      data: new Map(),
      missingKey: 'error',
    })
    assert.equal(rendering.outcome, 'failed', call)
    if (rendering.outcome === 'failed') assert.match(rendering.error.message, /must be repeatable/)
  }
})

const SECRET = 'c4nary-7f3e9a1b-s3cr3t'

// Every function with one to four operands that hold the canary: whatever fails must not repeat it.
test('no error repeats an operand', () => {
  const names = [
    'upper',
    'b64dec',
    'fail',
    'index',
    'slice',
    'fromJson',
    'mustFromJson',
    'toDate',
    'mustToDate',
    'semver',
  ]
  names.push(
    'semverCompare',
    'urlParse',
    'mustRegexFind',
    'regexFind',
    'dig',
    'get',
    'first',
    'append',
    'chunk',
    'div',
  )
  names.push(
    'certSANs',
    'filterPEM',
    'filterCertChain',
    'jwkPublicKeyPem',
    'rsaDecrypt',
    'pkcs12key',
    'pkcs12keyPass',
  )
  names.push(
    'pemToPkcs12',
    'decryptAES',
    'buildCustomCert',
    'genCAWithKey',
    'genSelfSignedCert',
    'eq',
    'lt',
    'len',
    'call',
  )
  names.push(
    'mustDateModify',
    'unixEpoch',
    'urlJoin',
    'toDecimal',
    'round',
    'repeat',
    'ternary',
    'deepCopy',
    'template',
  )
  for (const name of names) {
    for (let count = 0; count < 5; count++) {
      const text = `{{ ${name} ${'.x '.repeat(count)} }}`
      const rendering = run(text, { x: SECRET })
      if (rendering.outcome === 'failed')
        assert.ok(!rendering.error.message.includes(SECRET.slice(0, 8)), text)
    }
  }
})

test('any text is rendered or fails, and never throws', () => {
  const pieces = [
    '{{',
    '}}',
    ' ',
    '(',
    ')',
    '|',
    '.x',
    '$',
    '$x',
    ':=',
    '"a"',
    '`',
    "'",
    '1',
    '-',
    'if',
    'range',
    'end',
    'else',
  ]
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces, 'é', '\n', 'nil', 'print', 'define', '/*', '*/'), {
        maxLength: 25,
      }),
      (parts) => {
        const rendering = run(parts.join(''), { x: 'v' })
        assert.ok(rendering.outcome === 'rendered' || rendering.outcome === 'failed')
      },
    ),
    { numRuns: 500 },
  )
})

test('what was rendered once is rendered again the same', () => {
  const template = '{{ range $k, $v := . }}{{ $k }}={{ $v | quote }};{{ end }}'
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (data) => {
      assert.equal(
        rendered(template, data),
        rendered(template, Object.fromEntries(Object.entries(data).reverse())),
      )
    }),
    { numRuns: 100 },
  )
})
