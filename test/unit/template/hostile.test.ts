import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { main } from '../../../src/cli/main.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { createTemplateEngine } from '../../../src/template/engine.ts'
import { allFunctions } from '../../../src/template/functions.ts'
import { patternEngine } from '../../../src/values/pattern.ts'
import { cpuMs } from '../../cpu-time.ts'
import { fakeIo } from '../cli/fake-io.ts'

// Templates of somebody who means harm, or who knows no better: each ends soon, with a place, and takes nobody along. No
// clock and no randomness here: what needs them fails.

const sources = {
  now: undefined,
  random: undefined,
  generateKey: undefined,
  patterns: patternEngine,
}

function render(text: string, data: ReadonlyMap<string, string> = new Map()): string {
  const rendering = createTemplateEngine(sources).render({
    key: 'key',
    text: Buffer.from(text),
    data: new Map([...data].map(([key, value]) => [key, SecretValue.fromText(value)])),
    missingKey: 'error',
  })
  if (rendering.outcome === 'failed') {
    const { code, line, column, message } = rendering.error
    return `${code} ${line}:${column}: ${message}`
  }
  return Buffer.from(rendering.value.reveal()).toString('latin1')
}

// ── Output is a function of input ──

/** Pieces that between them touch scopes, maps, sorting, numbers and text. */
const PIECES = [
  '{{ .a }}',
  '{{ .b | upper | quote }}',
  '{{ range $k, $v := . }}{{ $k }}={{ $v }};{{ end }}',
  '{{ toJson . }}',
  '{{ toYaml . }}',
  '{{ keys . | sortAlpha }}',
  '{{ dict "z" 1 "a" 2 "m" .a | toJson }}',
  '{{ $x := .a }}{{ with .b }}{{ $x }}{{ . }}{{ end }}',
  '{{ printf "%v %q %x" . .a .b }}',
  '{{ if eq .a .b }}same{{ else }}other{{ end }}',
  '{{ list 3 1 2 | sortAlpha | join "," }}',
  '{{ .a | sha256sum }}',
  '{{ (.a | fromJson) }}',
  '{{ .missing }}',
  '{{ fail "no" }}',
  '{{ div 1 0 }}',
  '{{ index . "a" | trunc 3 }}',
  '{{ regexReplaceAll "[a-m]+" .b "$0-" }}',
]

test('the output is a function of template and data, not of their order, nor of what ran before', () => {
  const engine = createTemplateEngine(sources)
  const pieces = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 6 })
  const value = fc.string({ maxLength: 12 })
  fc.assert(
    fc.property(pieces, value, value, (parts, a, b) => {
      const text = parts.join('\n')
      const first = render(
        text,
        new Map([
          ['a', a],
          ['b', b],
        ]),
      )
      const turned = new Map([
        ['b', b],
        ['a', a],
      ])
      assert.equal(render(text, turned), first)
      const data = new Map([...turned].map(([k, v]) => [k, SecretValue.fromText(v)]))
      const request = { key: 'key', text: Buffer.from(text), data, missingKey: 'error' } as const
      const [once, again] = [engine.render(request), engine.render(request)]
      assert.deepEqual(shown(again), shown(once))
    }),
    { numRuns: 25 },
  )
})

function shown(rendering: ReturnType<ReturnType<typeof createTemplateEngine>['render']>): unknown {
  return rendering.outcome === 'failed' ? rendering.error : Buffer.from(rendering.value.reveal())
}

// ── No error tells a piece of an operand ──

/** What secrets look like: each form takes other functions further before they fail. */
const SECRETS: readonly string[] = [
  'c4nary-7f3e9a1b-s3cr3t-0d5c',
  '{"user":"kEy9fL2mQ8xZ","n":83748291047562,"list":["pw-81xkf02m"]',
  '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqG\n-----END PRIVATE KEY-----\n',
  'postgres://waldo7:pA55w0rd-%zz@db.internal:5432x/',
  '84729104758291047.5e',
  '2026-13-45T99:88:77Zq7Hs8d',
  'v1.2.x-9f8e7d6c5b4a+bu1ld',
  'a: [k3y-9d8f7g6h\nb: !!int x8s7d6f5',
  '(?P<n4me-x7y8z9w0>[',
  '\u00e9\u4e16\u754c-\ud83d\ude00-q9w8e7r6t5',
]

test('no error of any function holds eight bytes of an operand', () => {
  const names = Object.keys(allFunctions(sources))
  assert.ok(names.length > 200, String(names.length))
  const engine = createTemplateEngine(sources)
  let failures = 0
  for (const text of calls(names)) {
    for (const secret of SECRETS) {
      const data = new Map([['s', SecretValue.fromText(secret)]])
      const rendering = engine.render({ key: 'key', text, data, missingKey: 'error' })
      if (rendering.outcome === 'rendered') continue
      failures++
      const piece = pieceOf(secret, rendering.error.message)
      assert.equal(piece, undefined, `${text}: ${rendering.error.message}`)
      assert.ok(rendering.error.line >= 1)
    }
  }
  assert.ok(failures > 1000, String(failures))
})

/** Slow on purpose, for passwords: their errors are tested once, elsewhere. */
const COSTLY: ReadonlySet<string> = new Set(['derivePassword'])

function calls(names: readonly string[]): readonly Uint8Array[] {
  return names
    .filter((name) => !COSTLY.has(name))
    .flatMap((name) => [
      `{{ ${name} .s }}`,
      `{{ ${name} .s .s }}`,
      `{{ ${name} 1 .s }}`,
      `{{ ${name} (list .s) }}`,
    ])
    .map((text) => Buffer.from(text))
}

function pieceOf(secret: string, message: string): string | undefined {
  const bytes = Buffer.from(secret).toString('latin1')
  const text = Buffer.from(message).toString('latin1')
  for (let at = 0; at + 8 <= bytes.length; at++) {
    const piece = bytes.slice(at, at + 8)
    if (text.includes(piece)) return piece
  }
  return undefined
}

// ── Two hundred bad templates and patterns ──

/** Fails with a place, whatever the size. */
interface Bomb {
  readonly story: string
  readonly of: (size: number) => string
  /** Runs into the limit of steps or bytes, which takes a while: two sizes are enough. */
  readonly isCostly?: true
}

const GROW = (call: string): string =>
  `{{ $x := list 1 2 }}{{ range until 40 }}{{ $x = ${call} }}{{ end }}{{ $x }}`
const BOMBS: readonly Bomb[] = [
  { isCostly: true, story: 'an endless range', of: (n) => `{{ range ${n}00000000 }}{{ end }}` },
  {
    isCostly: true,
    story: 'ranges in ranges',
    of: (n) => `{{ range until ${1000 + n} }}{{ range until 1000 }}{{ end }}{{ end }}`,
  },
  { story: 'a long repeat', of: (n) => `{{ repeat ${n}0000000 "x" }}` },
  { story: 'a long until', of: (n) => `{{ until ${n}00000000 }}` },
  { story: 'a long untilStep', of: (n) => `{{ untilStep 0 ${n}00000000 1 }}` },
  { story: 'a long seq', of: (n) => `{{ seq ${n}00000000 }}` },
  { story: 'a deep indent', of: (n) => `{{ indent ${n}00000000 "x" }}` },
  {
    story: 'a text that doubles',
    of: (n) => `{{ $x := "${'a'.repeat(n)}" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}`,
  },
  {
    isCostly: true,
    story: 'a text that doubles by replace',
    of: (n) =>
      `{{ $x := "${'a'.repeat(n)}" }}{{ range until 60 }}{{ $x = replace "a" "aaaa" $x }}{{ end }}`,
  },
  {
    isCostly: true,
    story: 'lists that double',
    of: (n) => GROW(`concat $x $x${' $x'.repeat(n % 5)}`),
  },
  {
    isCostly: true,
    story: 'lists of lists, printed',
    of: (n) => GROW(`list $x $x${' $x'.repeat(n % 5)}`),
  },
  {
    story: 'a template that calls itself',
    of: (n) => `{{ define "t${n}" }}{{ template "t${n}" . }}{{ end }}{{ template "t${n}" . }}`,
  },
  {
    story: 'templates that call each other',
    of: (n) =>
      `{{ define "a" }}{{ template "b" }}{{ end }}{{ define "b" }}${'x'.repeat(n)}{{ template "a" }}{{ end }}{{ template "a" }}`,
  },
  { story: 'deep parentheses', of: (n) => `{{ ${'('.repeat(1001 * n)}1${')'.repeat(1001 * n)} }}` },
  { story: 'deep blocks', of: (n) => '{{ with . }}'.repeat(1001 * n) },
  {
    story: 'a pattern within patterns',
    of: (n) => `{{ mustRegexMatch "${'('.repeat(400 + n)}" "a" }}`,
  },
  {
    story: 'a counted pattern of counted patterns',
    of: (n) => `{{ mustRegexMatch "((a{1,${90 + n}}){1,100}){1,100}" "a" }}`,
  },
  { story: 'a pattern with a look-behind', of: (n) => `{{ mustRegexMatch "(?<=a{${n}})b" "ab" }}` },
  { story: 'a broken action', of: (n) => `${'\n'.repeat(n)}{{ if` },
  { story: 'a function that is none', of: (n) => `${'\n'.repeat(n)}{{ getHostByName "x" }}` },
  { story: 'a key that is none', of: (n) => `${'\n'.repeat(n)}{{ .k${n} }}` },
  { story: 'JSON that is none', of: (n) => `{{ mustFromJson "${'['.repeat(n * 500)}" }}` },
  { story: 'an index that is none', of: (n) => `{{ index (list 1) ${n} }}` },
  { story: 'a variable that is none', of: (n) => `{{ $v${n} }}` },
  { story: 'a text as a number', of: (n) => `{{ add 1 2 | until ${n} }}` },
]
const SIZES = [1, 2, 3, 4, 5, 6, 7, 9, 12, 20]

interface Bad {
  readonly name: string
  readonly text: string
}

const BAD: readonly Bad[] = BOMBS.flatMap(({ story, of, isCostly }) =>
  (isCostly ? SIZES.slice(0, 2) : SIZES).map((size) => ({
    name: `${story}, ${size}`,
    text: of(size),
  })),
)

test('two hundred bad templates end within 1.5 s each, every one with a place', () => {
  assert.ok(BAD.length >= 200, String(BAD.length))

  for (const { name, text } of BAD) {
    let said = ''
    const tookMs = cpuMs(() => {
      said = render(text)
    })
    assert.match(
      said,
      /^(parse \d+:undefined: line \d+: |exec \d+:\d+: line \d+, column \d+: )/,
      name,
    )
    assert.ok(tookMs < 1500, `${name}: ${tookMs} ms`)
  }
})

/** Patterns that take a backtracking engine hours. */
const PATTERNS: readonly string[] = [
  '(a+)+$',
  '(a|aa)+$',
  '(a*)*b',
  '([a-zA-Z]+)*$',
  '(.*a){12}',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '(x+x+)+y',
  '(?:a?){30}a{30}',
]

test('patterns that explode elsewhere end here, as templates and by themselves', () => {
  for (const pattern of PATTERNS) {
    const tookMs = cpuMs(() => {
      const text = `{{ regexMatch ${JSON.stringify(pattern)} (repeat 3000 "a") }}`
      assert.match(render(text), /^(true|false|exec )/, pattern)
      const compiled = patternEngine.compile(pattern)
      assert.ok(compiled.failure === undefined, pattern)
      compiled.value.matches(Buffer.from(`${'a'.repeat(2000)}!`))
    })
    assert.ok(tookMs < 1500, `${pattern}: ${tookMs} ms`)
  }
})

// ── Others are not taken along ──

test('bad ExternalSecrets fail by themselves; those between them are made', async () => {
  const bad = BAD.filter((_, at) => at % 9 === 0)
  const stores = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: st, namespace: shop}
spec: {provider: {fake: {data: [{key: k, value: c4nary-value}]}}}
`
  const good = 'v={{ .v }}'
  const texts = bad.flatMap(({ text }) => [text, good])
  const documents = texts.map((text, at) => JSON.stringify(externalSecret(`es-${at}`, text)))
  const io = fakeIo({ stdin: [stores, ...documents].join('\n---\n') })
  assert.equal(await main(['simulate', '-', '-o', 'json'], io), 5)
  const { results } = JSON.parse(io.out())
  assert.equal(results.length, texts.length)
  for (const [at, { outcome, errors, secret }] of results.entries()) {
    if (texts[at] === good) {
      assert.equal(outcome, 'created')
      assert.equal(secret.data.key, '‹14 bytes›')
    } else {
      assert.equal(outcome, 'failed', bad[at / 2]?.name)
      assert.equal(errors[0].field, 'spec.target.template.data.key', bad[at / 2]?.name)
      assert.match(errors[0].message, /^line \d+/)
    }
  }
  assert.ok(!io.out().includes('c4nary-v') && !io.err().includes('c4nary-v'))
})

test('a bad pattern of find or rewrite fails its own ExternalSecret only', async () => {
  const store = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: st, namespace: shop}
spec: {provider: {fake: {data: [{key: k, value: '{"a":"b"}'}]}}}
`
  const froms = [
    { find: { name: { regexp: '(' } } },
    { find: { name: { regexp: '(?<=a)b' } } },
    { extract: { key: 'k' }, rewrite: [{ regexp: { source: '[', target: 'x' } }] },
    { extract: { key: 'k' }, rewrite: [{ transform: { template: '{{ .value | nothing }}' } }] },
    { extract: { key: 'k' }, rewrite: [{ regexp: { source: '(a+)+$', target: 'x' } }] },
  ]
  const documents = froms.map((from, at) =>
    JSON.stringify(withSpec(`es-${at}`, { dataFrom: [from] })),
  )
  const io = fakeIo({ stdin: [store, ...documents].join('\n---\n') })
  assert.equal(await main(['simulate', '-', '-o', 'json'], io), 5)
  const { results } = JSON.parse(io.out())
  assert.deepEqual(
    results.map(({ outcome }: { readonly outcome: string }) => outcome),
    ['failed', 'failed', 'failed', 'failed', 'created'],
  )
  const fields = results.map(
    ({ errors }: { readonly errors: readonly { readonly field: string }[] }) => errors[0]?.field,
  )
  for (const field of fields.slice(0, 4)) assert.match(field, /^spec\.dataFrom\[0\]/)
})

function externalSecret(name: string, text: string): object {
  return withSpec(name, {
    target: { template: { data: { key: text } } },
    data: [{ secretKey: 'v', remoteRef: { key: 'k' } }],
  })
}

function withSpec(name: string, spec: object): object {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, namespace: 'shop' },
    spec: { secretStoreRef: { name: 'st' }, ...spec },
  }
}
