import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { loadAll } from 'js-yaml'
import { dig, type JsonObject } from '../../src/model/json.ts'
import { externalSecret, fakeStore, type Ran, run } from '../unit/sync/story.ts'
import { openBed } from './bed.ts'

// Real things needed: kube-apiserver with its RBAC, discovery, defaults of schemas and owners of fields. target.manifest for
// a ConfigMap, a kind of the API server's own, and a custom resource whose plural nobody guesses.

const bed = openBed('targets')
const folder = mkdtempSync(join(tmpdir(), 'waybill-targets-'))
after(() => {
  bed.down()
  rmSync(folder, { recursive: true, force: true })
})
let nowMs = Date.UTC(2026, 0, 2)
const HOUR_MS = 3_600_000
const LIST = ['ConfigMap', 'Ox.example.com=oxen', 'Ingress.networking.k8s.io'].map(
  (word) => `--allow-target=${word}`,
)

// A default, a map without a schema, and a list of maps: what a write must neither fight nor take.
const OXEN: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'oxen.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'oxen', singular: 'ox', kind: 'Ox' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  mode: { type: 'string', default: 'calm' },
                  port: { type: 'integer' },
                  auth: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  rules: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                    items: {
                      type: 'object',
                      required: ['name'],
                      properties: { name: { type: 'string' }, host: { type: 'string' } },
                    },
                  },
                },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
}

before(() => {
  bed.up('api')
  for (const name of ['shop', 'waybill-system']) bed.kubectl(['create', 'namespace', name])
  bed.kubectl(['apply', '-f', '-'], JSON.stringify(OXEN))
  const crd = 'crd/oxen.example.com'
  bed.kubectl(['wait', '--for=condition=Established', '--timeout=60s', crd])
})

const ox = (host: string): JsonObject => ({
  name: 'ox',
  manifest: { apiVersion: 'example.com/v1', kind: 'Ox' },
  template: {
    templateFrom: [
      { target: 'spec.auth', literal: 'user: app\npassword: {{ .k }}' },
      { target: 'spec.port', literal: '5432' },
      { target: 'spec.rules[0]', literal: `name: first\nhost: ${host}` },
    ],
  },
})

const ingress: JsonObject = {
  name: 'web',
  manifest: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
  template: {
    templateFrom: [
      {
        target: 'spec',
        literal: 'defaultBackend: {service: {name: "{{ .k }}", port: {number: 80}}}',
      },
    ],
  },
}

function manifests(value: string, host = 'a.example.com'): string {
  const wanted = (name: string, target: JsonObject): string =>
    externalSecret({ name, keys: { k: 'a' }, target })
  return [
    fakeStore({ a: value }),
    wanted('settings', { manifest: { apiVersion: 'v1', kind: 'ConfigMap' } }),
    wanted('ox', ox(host)),
    wanted('web', ingress),
  ].join('')
}

/** Renders, applies what is handed off, and runs as the ServiceAccount of the job. */
async function sync(text: string, more: readonly string[] = []): Promise<Ran> {
  writeFileSync(join(folder, 'all.yaml'), text)
  const rendered = await run(['generate', folder, '--app', 'shop', '-n', 'shop', ...LIST])
  assert.equal(rendered.code, 0, rendered.err)
  const kinds = ['ConfigMap', 'ServiceAccount', 'Role', 'RoleBinding']
  const handoff = (loadAll(rendered.out) as readonly JsonObject[]).filter(({ kind }) =>
    kinds.includes(String(kind)),
  )
  apply(handoff, 'argocd')
  const line = bed.run('api', 'token', 'shop', 'waybill-shop').trim()
  const kubeconfig = line.slice('KUBECONFIG='.length)
  nowMs += HOUR_MS
  const argv = ['sync', '--app=shop', '-n=shop', '--kubeconfig', kubeconfig, '-o=json']
  return run([...argv, ...LIST, ...more], { nowMs })
}

function apply(items: readonly JsonObject[], manager: string): void {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...items] })
  const how = ['--server-side', '--force-conflicts', `--field-manager=${manager}`]
  bed.kubectl(['apply', ...how, '-f', '-'], list)
}

const get = (resource: string, name: string): JsonObject =>
  JSON.parse(bed.kubectl(['-n', 'shop', 'get', resource, name, '-o', 'json']))

const outcomes = ({ results }: Ran): readonly string[] =>
  results.map(({ externalSecret: name, outcome }) => `${name} ${outcome}`).sort()

const all = (outcome: string): readonly string[] =>
  ['shop/ox', 'shop/settings', 'shop/web'].map((name) => `${name} ${outcome}`)

test('made with the rights of the job, found unchanged, and changed', async () => {
  const made = await sync(manifests('one'))
  assert.deepEqual(outcomes(made), all('created'), made.out)
  assert.deepEqual(get('configmap', 'settings').data, { k: 'one' })
  assert.deepEqual(get('oxen', 'ox').spec, {
    auth: { user: 'app', password: 'one' },
    mode: 'calm',
    port: 5432,
    rules: [{ name: 'first', host: 'a.example.com' }],
  })
  assert.deepEqual(outcomes(await sync(manifests('one'), FORCED)), all('unchanged'))
  assert.deepEqual(outcomes(await sync(manifests('two'), FORCED)), all('updated'))
  assert.equal(dig(get('oxen', 'ox'), 'spec', 'auth', 'password'), 'two')
  assert.equal(dig(get('ingress', 'web'), 'spec', 'defaultBackend', 'service', 'name'), 'two')
})

const FORCED = ['--force=settings', '--force=ox', '--force=web']

test('what strangers put in goes by a replace; the status and what the schema fills in stay', async () => {
  bed.kubectl([
    '-n',
    'shop',
    'patch',
    'oxen',
    'ox',
    '--subresource=status',
    '--type=merge',
    '-p',
    '{"status":{"phase":"fed"}}',
  ])
  const metadata = { namespace: 'shop', name: 'ox', labels: { team: 'x' } }
  const stray = { auth: { stray: '1' }, rules: [{ name: 'second', host: 'b' }] }
  apply([{ apiVersion: 'example.com/v1', kind: 'Ox', metadata, spec: stray }], 'human')
  const mended = await sync(manifests('two'), FORCED)
  assert.deepEqual(outcomes(mended)[0], 'shop/ox updated', mended.out)
  const after = get('oxen', 'ox')
  assert.deepEqual(after.spec, {
    auth: { user: 'app', password: 'two' },
    mode: 'calm',
    port: 5432,
    rules: [{ name: 'first', host: 'a.example.com' }],
  })
  assert.deepEqual(after.status, { phase: 'fed' })
  assert.equal(dig(after, 'metadata', 'labels', 'team'), 'x')
  assert.deepEqual(outcomes(await sync(manifests('two'), FORCED)), all('unchanged'))
})

test('a Merge adds to somebody else’s object, takes back what it added, and no more', async () => {
  const metadata = { namespace: 'shop', name: 'theirs' }
  const theirs = { mode: 'wild', auth: { user: 'them' }, rules: [{ name: 'theirs', host: 'c' }] }
  apply([{ apiVersion: 'example.com/v1', kind: 'Ox', metadata, spec: theirs }], 'them')
  const merge = (literal: string): string =>
    fakeStore({ a: 'one' }) +
    externalSecret({
      name: 'merge',
      keys: { k: 'a' },
      target: {
        ...ox('x'),
        name: 'theirs',
        creationPolicy: 'Merge',
        template: { templateFrom: [{ target: 'spec.auth', literal }] },
      },
    })
  const first = await sync(merge('password: "{{ .k }}"\ntemporary: x'))
  assert.deepEqual(outcomes(first), ['shop/merge updated'], first.out)
  assert.deepEqual(get('oxen', 'theirs').spec, {
    ...theirs,
    auth: { user: 'them', password: 'one', temporary: 'x' },
  })
  const second = await sync(merge('password: "{{ .k }}"'))
  assert.deepEqual(outcomes(second), ['shop/merge updated'], second.out)
  assert.deepEqual(dig(get('oxen', 'theirs'), 'spec', 'auth'), { user: 'them', password: 'one' })
})

test('a value that the schema refuses is an error without the value', async () => {
  const target = {
    ...ox('x'),
    name: 'bad',
    template: { templateFrom: [{ target: 'spec.port', literal: '"{{ .k }}"' }] },
  }
  const text = fakeStore({ a: 'canary-0123456789' })
  const ran = await sync(text + externalSecret({ name: 'bad', keys: { k: 'a' }, target }))
  assert.deepEqual(outcomes(ran), ['shop/bad failed'])
  assert.match(ran.results[0]?.errors[0]?.message ?? '', /Ox\/shop\/bad/)
  assert.doesNotMatch(ran.out + ran.err, /canary-0123456789/)
})
