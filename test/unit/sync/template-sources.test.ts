import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject, JsonValue } from '../../../src/model/json.ts'
import { readTemplateSources } from '../../../src/sync/template-sources.ts'

const OBJECTS: Readonly<Record<string, JsonObject>> = {
  'ConfigMap ns/tpl': { data: { 'a.yaml': 'x: {{ .x }}', n: 5 }, binaryData: { b: 'AAA=' } },
  'ConfigMap ns/empty': {},
  'Secret ns/tpl': { data: { 'a.yaml': Buffer.from('é').toString('base64') } },
}

/** Reads what `templateFrom` names, and says what was looked up. */
async function read(templateFrom: JsonValue) {
  const asked: string[] = []
  const externalSecret = decodeExternalSecret({
    metadata: { name: 'app', namespace: 'ns' },
    spec: { target: { template: { templateFrom } } },
  })
  const sources = await readTemplateSources(externalSecret, async (kind, namespace, name) => {
    const key = `${kind} ${namespace}/${name}`
    asked.push(key)
    return OBJECTS[key]
  })
  return { sources, asked }
}

test('templateFrom: texts of a ConfigMap, in the namespace of the ExternalSecret', async () => {
  const { sources, asked } = await read([{ configMap: { name: 'tpl', items: [] } }])
  assert.deepEqual(asked, ['ConfigMap ns/tpl'])
  assert.deepEqual(sources.configMap('tpl'), new Map([['a.yaml', 'x: {{ .x }}']]))
})

test('templateFrom: values of a Secret are decoded and stay secret', async () => {
  const { sources } = await read([{ secret: { name: 'tpl' } }])
  const value = sources.secret('tpl')?.get('a.yaml')
  assert.equal(String(value), '‹2 bytes›')
  assert.equal(new TextDecoder().decode(value?.reveal()), 'é')
})

test('templateFrom: a ConfigMap and a Secret of one name are two', async () => {
  const { sources } = await read([{ configMap: { name: 'tpl' } }])
  assert.equal(sources.secret('tpl'), undefined)
})

test('templateFrom: what is named twice is read once', async () => {
  const { asked } = await read([{ configMap: { name: 'tpl' } }, { configMap: { name: 'tpl' } }])
  assert.deepEqual(asked, ['ConfigMap ns/tpl'])
})

test('templateFrom: what does not exist is absent, and that is no error here', async () => {
  const { sources, asked } = await read([
    { configMap: { name: 'gone' } },
    { secret: { name: 'gone' } },
  ])
  assert.deepEqual(asked, ['ConfigMap ns/gone', 'Secret ns/gone'])
  assert.equal(sources.configMap('gone'), undefined)
  assert.equal(sources.secret('gone'), undefined)
})

test('templateFrom: a ConfigMap without data is empty, not absent', async () => {
  const { sources } = await read([{ configMap: { name: 'empty' } }])
  assert.deepEqual(sources.configMap('empty'), new Map())
})

const nothing: readonly (readonly [story: string, templateFrom: JsonValue])[] = [
  ['a literal', [{ literal: 'a: b' }]],
  ['an empty name', [{ configMap: { name: '' } }]],
  ['a name that is no text', [{ secret: { name: 5 } }]],
  ['no list', { configMap: { name: 'tpl' } }],
]

for (const [story, templateFrom] of nothing) {
  test(`templateFrom: ${story} looks nothing up`, async () => {
    assert.deepEqual((await read(templateFrom)).asked, [])
  })
}
