// Turns ESO's CRDs (test/eso-crds) into src/rules/schemas.generated.ts: one entry for each distinct schema, whatever
// number of kinds and versions use it. SecretStore, ClusterSecretStore and their v1beta1 share most of theirs, so 1.9 MB
// of YAML come down to a few per cent.
//   node scripts/schemas.mjs
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load } from 'js-yaml'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const target = resolve(root, 'src/rules/schemas.generated.ts')

/** The API server checks metadata itself; a CRD only says `type: object`. */
const string = { type: 'string' }
const strings = { type: 'object', additionalProperties: string }
const METADATA = {
  type: 'object',
  properties: {
    annotations: strings,
    creationTimestamp: string,
    deletionGracePeriodSeconds: { type: 'integer' },
    deletionTimestamp: string,
    finalizers: { type: 'array', items: string },
    generateName: string,
    generation: { type: 'integer' },
    labels: strings,
    managedFields: { type: 'array', items: open() },
    name: string,
    namespace: string,
    ownerReferences: { type: 'array', items: open() },
    resourceVersion: string,
    selfLink: string,
    uid: string,
  },
}

function open() {
  return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
}

const TYPES = { object: 'o', array: 'a', string: 's', integer: 'i', number: 'n', boolean: 'b' }
const BOUNDS = [
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'minimum',
  'maximum',
]
/** What a CRD may say that decides nothing here. */
const IGNORED = new Set([
  'description',
  'example',
  'title',
  'anyOf',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
])
const KNOWN = new Set([
  ...IGNORED,
  ...BOUNDS,
  'type',
  'properties',
  'required',
  'items',
  'additionalProperties',
  'enum',
  'pattern',
  'format',
  'default',
  'nullable',
  'x-kubernetes-int-or-string',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
])

class Table {
  nodes = []
  rules = []
  #indexByText = new Map()

  add(schema) {
    const unknown = Object.keys(schema).filter((key) => !KNOWN.has(key))
    if (unknown.length > 0) throw new Error(`schema keyword not understood: ${unknown.join(', ')}`)
    return this.#intern(JSON.stringify(this.#node(schema)))
  }

  #node(schema) {
    const { properties, required = [], items, additionalProperties } = schema
    const isOpen =
      schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true
    const bounds = BOUNDS.filter((name) => schema[name] !== undefined)
    const validations = schema['x-kubernetes-validations'] ?? []
    // JSON leaves out what is undefined.
    return {
      t: typeOf(schema),
      p: properties && this.#members(properties),
      r: required.length > 0 ? [...required].sort() : undefined,
      i: items && this.add(items),
      a: typeof additionalProperties === 'object' ? this.add(additionalProperties) : undefined,
      o: isOpen ? 1 : undefined,
      e: schema.enum,
      m: schema.pattern,
      f: schema.format,
      z: schema.nullable === true ? 1 : undefined,
      d: schema.default,
      b:
        bounds.length > 0
          ? Object.fromEntries(bounds.map((name) => [name, schema[name]]))
          : undefined,
      v: validations.length > 0 ? validations.map((one) => this.#rule(one)) : undefined,
    }
  }

  #members(properties) {
    const names = Object.keys(properties).sort()
    return Object.fromEntries(names.map((name) => [name, this.add(properties[name])]))
  }

  #rule({ rule, message }) {
    const at = this.rules.findIndex(([text]) => text === rule)
    if (at >= 0) return at
    return this.rules.push([rule, message]) - 1
  }

  #intern(text) {
    const known = this.#indexByText.get(text)
    if (known !== undefined) return known
    const index = this.nodes.push(text) - 1
    this.#indexByText.set(text, index)
    return index
  }
}

function typeOf(schema) {
  if (schema['x-kubernetes-int-or-string'] === true) return 'x'
  return TYPES[schema.type] ?? '*'
}

/** The text of src/rules/schemas.generated.ts; equal CRDs give equal bytes. */
export function schemasModule(directory = resolve(root, 'test/eso-crds')) {
  const table = new Table()
  const kinds = []
  for (const file of readdirSync(directory).sort()) {
    if (!file.endsWith('.yaml')) continue
    const { spec } = load(readFileSync(resolve(directory, file), 'utf8'))
    for (const { name: version, schema } of spec.versions) {
      const { openAPIV3Schema } = schema
      const properties = { ...openAPIV3Schema.properties, metadata: METADATA }
      // The API server drops an authored status before it looks at the object.
      if (properties.status !== undefined) properties.status = open()
      const index = table.add({ ...openAPIV3Schema, properties })
      kinds.push([`${spec.group}/${version}/${spec.names.kind}`, index])
    }
  }
  const nodes = table.nodes.join(',\n')
  if (/`|\$\{/.test(nodes)) throw new Error('a schema holds text that ends a template literal')
  kinds.sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    "// Generated by scripts/schemas.mjs from External Secrets Operator's CRDs; rules/schema-table.ts reads it.",
    '// Kept as text: parsing JSON costs a fraction of compiling the same literals, and only a run that checks pays it.',
    '',
    '/** `group/version/Kind` → index of its schema. */',
    `export const KINDS: Readonly<Record<string, number>> = ${JSON.stringify(Object.fromEntries(kinds), undefined, 2)}`,
    '',
    "/** The CRDs' CEL rules and their messages; rules/cel.ts holds each as a function. */",
    `export const CEL: readonly (readonly [string, string])[] = ${JSON.stringify(table.rules, undefined, 2)}`,
    '',
    '/** A JSON array of schemas that name each other by index; see SchemaNode in rules/schema-table.ts. */',
    `export const NODES = String.raw\`[\n${nodes}\n]\``,
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, schemasModule())
