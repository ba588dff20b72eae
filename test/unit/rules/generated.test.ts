import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { isRuleKnown } from '../../../src/rules/cel.ts'
import { RULES } from '../../../src/rules/list.ts'
import { OTHER_FINDINGS } from '../../../src/rules/other-findings.ts'
import { patternOf } from '../../../src/rules/schema-patterns.ts'
import type { SchemaNode } from '../../../src/rules/schema-table.ts'
import { CEL, NODES } from '../../../src/rules/schemas.generated.ts'

interface SchemasScript {
  readonly schemasModule: () => string
}

interface DocsScript {
  readonly pages: () => Promise<ReadonlyMap<string, string>>
}

function script(file: string): Promise<unknown> {
  return import(pathToFileURL(resolve('scripts', file)).href)
}

test('schemas: the committed table is what the CRDs give, byte for byte', async () => {
  const { schemasModule } = (await script('schemas.mjs')) as SchemasScript
  const committed = readFileSync('src/rules/schemas.generated.ts', 'utf8')
  assert.ok(schemasModule() === committed, 'run node scripts/schemas.mjs')
})

test('schemas: every CEL rule of the CRDs is written as a function', () => {
  assert.ok(CEL.length > 0)
  assert.deepEqual(
    CEL.map(([expression]) => expression).filter((expression) => !isRuleKnown(expression)),
    [],
  )
})

test('schemas: every pattern of the CRDs is one of our constants, letter for letter', () => {
  const nodes: readonly SchemaNode[] = JSON.parse(NODES)
  const patterns = new Set(nodes.flatMap(({ m }) => (m === undefined ? [] : [m])))
  assert.ok(patterns.size > 0)
  for (const source of patterns) assert.equal(patternOf(source)?.regexp.source, source)
})

test('docs: rule pages and option tables are what the code gives', async () => {
  const { pages } = (await script('docs.mjs')) as DocsScript
  const texts = await pages()
  for (const [file, text] of texts) {
    assert.equal(readFileSync(`docs/${file}`, 'utf8'), text, `${file}: run npm run docs`)
  }
  for (const folder of ['rules', 'commands']) {
    for (const file of readdirSync(`docs/${folder}`)) {
      assert.ok(texts.has(`${folder}/${file}`), `docs/${folder}/${file} belongs to nothing`)
    }
  }
})

test('explain: every id that the code may report has a page', () => {
  const known = new Set([...RULES, ...OTHER_FINDINGS].map(({ id }) => id))
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  const ids = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(`src/${file}`, 'utf8').matchAll(/\brule: '([a-z0-9-]+)'/g)])
    .map(([, id = '']) => id)
  const faults = readFileSync('src/manifests/yaml/fault.ts', 'utf8').matchAll(/\| '([a-z-]+)'/g)
  const reported = [...ids, ...[...faults].map(([, id = '']) => id)]
  assert.ok(reported.length > 10)
  assert.deepEqual(
    reported.filter((id) => !known.has(id)),
    [],
  )
})
