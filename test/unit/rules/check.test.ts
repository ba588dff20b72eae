import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildGraph } from '../../../src/graph/graph.ts'
import type { Document } from '../../../src/manifests/document.ts'
import { readText } from '../../../src/manifests/read.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { check } from '../../../src/rules/check.ts'
import { RULES } from '../../../src/rules/list.ts'
import { KINDS } from '../../../src/rules/schemas.generated.ts'
import { graphOf } from './judged.ts'

function documentOf(object: JsonObject, line: number): Document {
  const at = { file: 'random.yaml', line, column: 1 }
  return { object, at, locate: () => at, line: () => undefined }
}

const words = fc.constantFrom(
  ...['spec', 'data', 'dataFrom', 'target', 'template', 'templateFrom', 'remoteRef', 'key'],
  ...['secretStoreRef', 'name', 'namespace', 'provider', 'vault', 'fake', 'metadata', 'labels'],
  ...['conditions', 'namespaceRegexes', 'find', 'rewrite', 'syncWindows', 'windows', 'schedule'],
  ...[
    '__proto__',
    'constructor',
    'sourceRef',
    'generatorRef',
    'storeRef',
    'value',
    'refreshInterval',
  ],
)
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.string(), fc.integer(), fc.bigInt(), fc.boolean(), fc.constant(null), words),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(words, tie('value')), { maxLength: 5 }).map(objectOf),
  ),
}))

function objectOf(entries: readonly (readonly [string, unknown])[]): unknown {
  const object = Object.create(null)
  for (const [name, value] of entries) {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true })
  }
  return object
}

const objects = fc
  .tuple(fc.constantFrom(...Object.keys(KINDS)), anything, anything)
  .map(([name, metadata, spec]) => {
    const [group, version, kind] = name.split('/')
    return objectOf([
      ['apiVersion', `${group}/${version}`],
      ['kind', kind],
      ['metadata', metadata],
      ['spec', spec],
    ]) as JsonObject
  })

test('check: no object makes a rule throw', () => {
  fc.assert(
    fc.property(fc.array(objects, { maxLength: 4 }), (list) => {
      check(buildGraph(list.map(documentOf), 'shop'))
    }),
    { numRuns: 300 },
  )
})

test('check: findings do not depend on the order of the documents', () => {
  const bad = RULES.map((rule) => rule.bad).join('---\n')
  const { documents } = readText('all.yaml', new TextEncoder().encode(bad))
  const expected = check(buildGraph(documents, ''))
  assert.ok(expected.length > RULES.length)
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...documents], { minLength: documents.length }),
      (shuffled) => {
        assert.deepEqual(check(buildGraph(shuffled, '')), expected)
      },
    ),
    { numRuns: 20 },
  )
})

test("check: ESO's own CRDs are nobody's ExternalSecrets", () => {
  for (const file of readdirSync('test/eso-crds').filter((name) => name.endsWith('.yaml'))) {
    const { documents, findings } = readText(file, readFileSync(`test/eso-crds/${file}`))
    assert.deepEqual([documents, findings], [[], []])
  }
})

test('check: where a rule says more than the schema, the schema is silent', () => {
  const graph = graphOf(`apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: s}
  data: [{secretKey: a/b, remoteRef: {key: k}}]
`)
  const about = check(graph).filter(({ field }) => field === 'spec.data[0].secretKey')
  assert.deepEqual(
    about.map(({ rule }) => rule),
    ['invalid-secret-key'],
  )
})
