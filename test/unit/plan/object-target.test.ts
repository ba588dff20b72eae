import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret, type ExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { allowTarget, readAllowedTarget } from '../../../src/model/target-kind.ts'
import { buildDesired, type Desired, withoutOwned } from '../../../src/plan/desired.ts'
import { decodeTarget } from '../../../src/plan/observed.ts'
import { secretObject, sized, targetObject } from '../../../src/plan/secret-object.ts'
import { engine } from '../template/render.ts'
import { desired, WAYBILL } from './secrets.ts'

// Objects that are no Secrets (R101–R104): what is put where, what is there already, and whose it is.

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }
const OX = { apiVersion: 'example.com/v1', kind: 'Ox' }
const BYTES = new SecretValue(Uint8Array.of(0xff, 0xfe))
const T = 'spec.target.template'

const MAP = new Map([
  ['plain', '{{ .a }}'],
  ['number', '8080'],
  ['broken', '{{ .a'],
  ['no-yaml', 'a: "{{ .a }}'],
  ['tree', 'host: {{ .a }}\nport: 1\n'],
  ['bytes', 'gIE='],
])

function allowed(target: JsonObject): ExternalSecret {
  const list = ['ConfigMap', 'Ox.example.com'].map((word) => {
    const read = readAllowedTarget(word)
    assert.ok('target' in read)
    return read.target
  })
  const authored = decodeExternalSecret({
    metadata: { name: 'es', namespace: 'ns' },
    spec: { target },
  })
  const { externalSecret, errors } = allowTarget(authored, list)
  assert.deepEqual(errors, [])
  return externalSecret
}

interface Case {
  readonly target: JsonObject
  readonly there?: JsonObject
  readonly data?: ReadonlyMap<string, SecretValue>
}

function build({ target, there, data }: Case): Desired {
  const externalSecret = allowed(target)
  const { object } = externalSecret.target
  return buildDesired({
    externalSecret,
    data: data ?? new Map([['a', SecretValue.fromText('va')]]),
    existing: there && withoutOwned(decodeTarget(there, object, ['waybill'])),
    sources: { configMap: (name) => (name === 'cm' ? MAP : undefined), secret: () => undefined },
    templates: engine,
    parity: WAYBILL,
  })
}

/** Content as JSON, or the errors. */
function told(row: Case): string {
  const built = build(row)
  if (built.outcome === 'failed') {
    return built.errors.map(({ code, field }) => `${code} ${field}`).join(', ')
  }
  const object = allowed(row.target).target.object
  const {
    apiVersion: _,
    kind: __,
    metadata: ___,
    ...content
  } = targetObject(built.secret, object, true)
  return JSON.stringify(content)
}

interface Row extends Case {
  readonly story: string
  readonly says: string
}

const merge = (manifest: JsonObject, template?: JsonObject): JsonObject => ({
  manifest,
  creationPolicy: 'Merge',
  ...(template === undefined ? {} : { template }),
})
const templated = (manifest: JsonObject, template: JsonObject): JsonObject => ({
  manifest,
  template,
})
const from = (key: string, target: string, more: JsonObject = {}): JsonObject => ({
  configMap: { name: 'cm', items: [{ key }] },
  target,
  ...more,
})
const sourced = (...templateFrom: readonly JsonObject[]): JsonObject =>
  templated(OX, { templateFrom })

const ROWS: readonly Row[] = [
  {
    story: 'without a template a ConfigMap has data',
    target: { manifest: CONFIG_MAP },
    says: '{"data":{"a":"va"}}',
  },
  {
    story: 'any other kind has it in its spec',
    target: { manifest: OX },
    says: '{"spec":{"data":{"a":"va"}}}',
  },
  {
    story: 'under Merge the rest of the spec stays',
    target: merge(OX),
    there: { ...OX, spec: { host: 'h', data: { b: 'vb' } } },
    says: '{"spec":{"data":{"a":"va","b":"vb"},"host":"h"}}',
  },
  {
    story: 'under Merge keys of others stay in a ConfigMap',
    target: merge(CONFIG_MAP),
    there: { ...CONFIG_MAP, data: { b: 'vb' }, immutable: true },
    says: '{"data":{"a":"va","b":"vb"}}',
  },
  {
    story: 'bytes that are no text fit into no such object',
    target: { manifest: CONFIG_MAP },
    data: new Map([['a', BYTES]]),
    says: 'NotText ',
  },
  {
    story: 'a key that the API server would refuse',
    target: { manifest: CONFIG_MAP },
    data: new Map([['a b', SecretValue.fromText('v')]]),
    says: 'InvalidKey ',
  },
  {
    story: 'the data of a ConfigMap that is none stays in the way',
    target: merge(CONFIG_MAP, { metadata: { labels: { l: 'x' } } }),
    there: { ...CONFIG_MAP, data: 'text' },
    says: `InvalidValue ${T}`,
  },
  {
    story: 'a template puts text into data, as its target says',
    target: templated(OX, { data: { k: '{{ .a }}' } }),
    says: '{"data":{"k":"va"}}',
  },
  {
    story: 'a member of spec as text',
    target: sourced(from('number', 'Spec')),
    says: '{"spec":{"number":"8080"}}',
  },
  {
    story: 'a ConfigMap has no spec',
    target: templated(CONFIG_MAP, { templateFrom: [from('plain', 'Spec')] }),
    says: `InvalidTarget ${T}.templateFrom[0].target`,
  },
  {
    story: 'spec as a whole',
    target: sourced({ literal: 'host: {{ .a }}', target: 'SPEC' }),
    says: '{"spec":{"host":"va"}}',
  },
  {
    story: 'a path is read as YAML',
    target: sourced(from('number', 'spec.port')),
    says: '{"spec":{"port":8080}}',
  },
  {
    story: 'what is no YAML stays the text that it is',
    target: sourced(from('no-yaml', 'spec.text')),
    says: '{"spec":{"text":"a: \\"va"}}',
  },
  {
    story: 'an item of a list that is there, and one behind it',
    target: merge(OX, {
      templateFrom: [from('number', 'spec.ports[0].port'), from('number', 'spec.ports[1].port')],
    }),
    there: { ...OX, spec: { ports: [{ name: 'http', port: 1 }] } },
    says: '{"spec":{"ports":[{"name":"http","port":8080},{"port":8080}]}}',
  },
  {
    story: 'a map is merged with the one that is at the path',
    target: sourced(
      { literal: 'a: 1', target: 'spec.map' },
      { literal: 'b: 2', target: 'spec.map' },
    ),
    says: '{"spec":{"map":{"a":1,"b":2}}}',
  },
  {
    story: 'bytes at a path are no text',
    target: sourced(from('bytes', 'spec.text', { valuesDecodingStrategy: 'Base64' })),
    says: `NotText ${T}.templateFrom[0].configMap.items[0]`,
  },
  {
    story: 'bytes in data are no text',
    target: sourced(from('bytes', 'Data', { valuesDecodingStrategy: 'Base64' })),
    says: `NotText ${T}.templateFrom[0].configMap.items[0]`,
  },
  {
    story: 'what does not render is told once, wherever it was to go',
    target: sourced(from('broken', 'Labels'), from('broken', 'Data'), from('broken', 'spec.text'), {
      literal: '{{ .a',
      target: 'spec.map',
    }),
    says: [
      `TemplateInvalid ${T}.templateFrom[0].configMap.items[0]`,
      `TemplateInvalid ${T}.templateFrom[1].configMap.items[0]`,
      `TemplateInvalid ${T}.templateFrom[2].configMap.items[0]`,
      `TemplateInvalid ${T}.templateFrom[3].literal`,
    ].join(', '),
  },
  {
    story: 'a map that is none',
    target: sourced({ literal: 'a: "{{ .a }}', target: 'spec.map' }),
    says: `NotYaml ${T}.templateFrom[0].literal`,
  },
  {
    story: 'a map is not decoded',
    target: sourced({ literal: 'a: b', target: 'spec.map', valuesDecodingStrategy: 'Base64' }),
    says: `Unsupported ${T}.templateFrom[0].literal`,
  },
  {
    story: 'a path that is none',
    target: sourced({ literal: 'a: b', target: 'spec..map' }),
    says: `InvalidTarget ${T}.templateFrom[0].target`,
  },
  {
    story: 'a value of another form in the way of data',
    target: merge(OX, { data: { k: 'v' } }),
    there: { ...OX, data: 'text' },
    says: `InvalidTarget ${T}.data.k`,
  },
  {
    story: 'a value of another form in the way of a path',
    target: merge(OX, { templateFrom: [from('number', 'spec.port.number')] }),
    there: { ...OX, spec: { port: 'http' } },
    says: `InvalidTarget ${T}.templateFrom[0].target`,
  },
]

for (const { story, says, ...row } of ROWS) {
  test(`object target: ${story}`, () => {
    assert.equal(told(row), says)
  })
}

const PATHS: readonly (readonly [string, JsonObject])[] = [
  ['[0]', OX],
  ['spec.list[99999]', OX],
  ['spec.list[x]', OX],
  ['metadata.name', OX],
  ['status.ready', OX],
  ['kind', OX],
  ['spec.a', CONFIG_MAP],
]

for (const [target, manifest] of PATHS) {
  test(`object target: ${target} of ${manifest.kind} is no place to write at`, () => {
    const template = { templateFrom: [from('number', target)] }
    const says = `InvalidTarget ${T}.templateFrom[0].target`
    assert.equal(told({ target: templated(manifest, template) }), says)
  })
}

test('object target: labels of a template, and none of what the hand-off is known by', () => {
  const labels = (more: JsonObject) =>
    templated(OX, { metadata: { labels: more }, data: { k: 'v' } })
  const built = build({ target: labels({ team: '{{ .a }}' }) })
  assert.ok(built.outcome === 'built')
  assert.deepEqual([...built.secret.labels], [['team', 'va']])
  assert.equal(told({ target: labels({ 'waybill.dev/bundle': 'x' }) }), `NotAllowed ${T}.metadata`)
})

test('object target: nobody asked the list, so nothing is built', () => {
  const target = { manifest: CONFIG_MAP }
  const externalSecret = decodeExternalSecret({ metadata: { name: 'es' }, spec: { target } })
  const sources = { configMap: () => undefined, secret: () => undefined }
  const rest = { existing: undefined, sources, templates: undefined, parity: WAYBILL }
  const built = buildDesired({ externalSecret, data: new Map(), ...rest })
  assert.ok(built.outcome === 'failed')
})

test('object target: a ConfigMap can be frozen as a Secret can, other kinds cannot', () => {
  const frozen = desired({ data: '{}' }, { immutable: true })
  assert.equal(targetObject(frozen, CONFIG_MAP, true).immutable, true)
  assert.equal(targetObject(frozen, OX, true).immutable, undefined)
  assert.equal(targetObject(desired({}), CONFIG_MAP, true).immutable, undefined)
  assert.equal(targetObject(frozen, undefined, true).immutable, true)
  assert.equal(secretObject(desired({}), sized).immutable, undefined)
})

const entry = (
  manager: string | undefined,
  operation: string,
  fieldsV1: JsonObject,
): JsonObject => ({
  ...(manager === undefined ? {} : { manager }),
  operation,
  fieldsV1,
})

const OWNED: JsonObject = {
  ...OX,
  metadata: {
    name: 'es',
    namespace: 'ns',
    finalizers: ['f', 1],
    ownerReferences: [{}, 'nobody', { kind: 'Job', name: 'j', controller: true }],
    labels: { l: '1' },
    managedFields: [
      entry('waybill', 'Apply', {
        '.': {},
        'f:spec': { '.': {}, 'f:mine': {} },
        'f:metadata': { 'f:labels': { 'f:l': {} } },
      }),
      entry('waybill', 'Update', { 'f:spec': { 'f:left': {} } }),
      entry('former', 'Apply', { 'f:spec': { 'f:old': { 'f:deep': {} } } }),
      entry('kubectl', 'Update', { 'f:spec': { 'f:theirs': { 'k:{"a":1}': {} } }, 'f:status': {} }),
      entry(undefined, 'Update', { 'f:spec': { 'f:nobodys': {} }, 'f:none': 'x' }),
    ],
  },
  spec: { mine: 1, left: 2, old: { deep: 3 }, theirs: [{ a: 1 }], nobodys: 4, defaulted: 5 },
  status: { ready: true },
}

test('object target: managedFields tell what is ours, what stays behind, and what is a default', () => {
  const object = decodeTarget(OWNED, OX, ['waybill', 'former'])
  assert.deepEqual([...object.data.keys()].sort(), [
    'spec.left',
    'spec.mine',
    'spec.nobodys',
    'spec.old.deep',
    'spec.theirs',
  ])
  assert.deepEqual([...object.ownedKeys].sort(), ['spec.left', 'spec.mine', 'spec.old.deep'])
  assert.deepEqual([...object.othersKeys].sort(), ['spec.nobodys', 'spec.theirs'])
  assert.deepEqual([...object.residue].sort(), ['data/spec.left', 'data/spec.old.deep'])
  assert.deepEqual([...object.ownedLabels], ['l'])
  assert.deepEqual([object.finalizers, object.type], [['f'], ''])
  assert.deepEqual(
    object.owners.map(({ apiVersion, kind, name, uid, controller }) =>
      [apiVersion, kind, name, uid, controller].join(),
    ),
    [',,,,false', ',Job,j,,true'],
  )
})

test('object target: data of an object is content, and no Secret’s', () => {
  const managedFields = [
    entry('former', 'Apply', { 'f:data': { 'f:k': {} } }),
    entry('waybill', 'Update', { 'f:metadata': { 'f:labels': { 'f:l': {} } } }),
  ]
  const object = { ...CONFIG_MAP, metadata: { managedFields, labels: { l: '' } }, data: { k: 'v' } }
  const decoded = decodeTarget(object, CONFIG_MAP, ['waybill', 'former'])
  assert.deepEqual([...decoded.residue].sort(), ['data/data.k', 'labels/l'])
})

test('object target: without managedFields all is content, and nothing is ours', () => {
  for (const metadata of [{}, { managedFields: [] }, { managedFields: 'x' }]) {
    const object = decodeTarget({ ...OX, metadata, spec: { a: 1, 'b.c': [] }, top: [] }, OX, [
      'waybill',
    ])
    assert.deepEqual([...object.data.keys()], ['spec.a', 'spec.b\\.c'])
    assert.equal(object.ownedKeys.size, 0)
  }
})

test('object target: values are shown by their length alone unless they are asked for', () => {
  const built = build({
    target: { manifest: OX },
    data: new Map([['a\\.b', SecretValue.fromText('va')]]),
  })
  assert.ok(built.outcome === 'built')
  assert.deepEqual(
    JSON.stringify(targetObject(built.secret, OX, false).spec),
    '{"data":{"a\\\\.b":"‹2 bytes›"}}',
  )
  assert.deepEqual(
    JSON.stringify(targetObject(built.secret, OX, true).spec),
    '{"data":{"a\\\\.b":"va"}}',
  )
})
