import assert from 'node:assert/strict'
import { test } from 'node:test'
import { found, judged } from './judged.ts'

// Edges of single rules: what must be found, and what looks suspicious but is legal.

const HEAD = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: fixtures}
`
const STORE = `---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fixtures, namespace: shop}
spec:
  provider: {fake: {data: []}}
`
const DATA = `  data:
    - secretKey: token
      remoteRef: {key: api}
`

/** An ExternalSecret with a declared store and these further lines of its spec. */
function spec(lines: string, rest: string = DATA): string {
  return `${HEAD}${lines}${rest}${STORE}`
}

function property(text: string): string {
  return spec(
    '',
    `  data: [{secretKey: a, remoteRef: {key: k, property: ${JSON.stringify(text)}}}]\n`,
  )
}

function window(schedule: string): string {
  return spec(
    `  syncWindows: {kind: allow, windows: [{schedule: ${JSON.stringify(schedule)}, duration: 1h}]}\n`,
  )
}

function template(text: string): string {
  return spec(`  target: {template: ${text}}\n`)
}

const rows: readonly { story: string; text: string; found: readonly string[] }[] = [
  { story: 'an ordinary ExternalSecret', text: spec(''), found: [] },
  {
    story: 'an interval of days',
    text: spec('  refreshInterval: 7d\n'),
    found: ['invalid-duration spec.refreshInterval'],
  },
  { story: 'an interval of zero is legal', text: spec('  refreshInterval: "0"\n'), found: [] },
  {
    story: 'a bad schedule speaks once, not once more as a schema pattern',
    text: window('* * *'),
    found: ['invalid-cron spec.syncWindows.windows[0].schedule'],
  },
  { story: 'a descriptor', text: window('@every 30m'), found: [] },
  { story: 'a property with an at sign inside', text: property('user@example.com'), found: [] },
  { story: 'a query of a list', text: property('users.#(name=="a*").key'), found: [] },
  { story: 'a modifier that exists', text: property('tags.@keys'), found: [] },
  { story: 'an escaped wildcard', text: property('a\\*'), found: [] },
  {
    story: 'a modifier that does not exist',
    text: property('@user'),
    found: ['gjson-operator-in-property spec.data[0].remoteRef.property'],
  },
  {
    story: 'a pipe',
    text: property('a|b'),
    found: ['gjson-operator-in-property spec.data[0].remoteRef.property'],
  },
  {
    story: 'a quoted literal template',
    text: template('{templateFrom: [{literal: "a: {{ .token | quote }}"}]}'),
    found: [],
  },
  {
    story: 'a literal template that quotes around the action',
    text: template(`{templateFrom: [{literal: 'a: "{{ .token }}"'}]}`),
    found: [],
  },
  {
    story: 'a template key that is none',
    text: template('{data: {"a/b": "{{ .token }}"}}'),
    found: ['invalid-secret-key spec.target.template.data["a/b"]'],
  },
  {
    story: 'a label of a template may become anything',
    text: template('{metadata: {labels: {a: "{{ .token }}"}}}'),
    found: [],
  },
  {
    story: 'a type that mints credentials',
    text: template('{type: bootstrap.kubernetes.io/token}'),
    found: ['admission spec.target.template.type'],
  },
  {
    story: 'a generator needs no store',
    text: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: id, namespace: shop}
spec:
  dataFrom:
    - sourceRef: {generatorRef: {kind: UUID, name: id}}
`,
    found: [],
  },
  {
    story: 'an entry may name its own store',
    text: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: id, namespace: shop}
spec:
  data:
    - secretKey: a
      remoteRef: {key: k}
      sourceRef: {storeRef: {name: fixtures}}
${STORE}`,
    found: [],
  },
  {
    story: 'the specification of a ClusterExternalSecret is judged as well',
    text: `apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: {name: all}
spec:
  externalSecretSpec:
    secretStoreRef: {name: fixtures}
    refreshInterval: 1x
    target: {creationPolicy: None, deletionPolicy: Merge}
    dataFrom: [{extract: {key: k}}]
${STORE}`,
    found: [
      'invalid-duration spec.externalSecretSpec.refreshInterval',
      'admission spec.externalSecretSpec.target.deletionPolicy',
    ],
  },
  {
    story: 'Vault namespaces are no Kubernetes namespaces',
    text: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec:
  provider:
    vault:
      server: https://vault.example
      namespace: team/a
      auth: {namespace: root, tokenSecretRef: {name: token, key: token, namespace: shop}}
`,
    found: [],
  },
  {
    story: 'caProvider of another namespace',
    text: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec:
  provider:
    vault:
      server: https://vault.example
      caProvider: {type: ConfigMap, name: ca, key: ca.crt, namespace: kube-system}
      auth: {tokenSecretRef: {name: token, key: token}}
`,
    found: ['secretstore-foreign-namespace spec.provider.vault.caProvider.namespace'],
  },
  {
    story: 'a store of the wrong kind of name',
    text:
      `${HEAD}${DATA}`.replace('{name: fixtures}', '{name: fixtures, kind: ClusterSecretStore}') +
      STORE,
    found: ['store-is-declared spec.secretStoreRef.name'],
  },
  {
    story: 'two generators of one name in two groups are two objects',
    text: `${STORE}---
apiVersion: generators.external-secrets.io/v1alpha1
kind: UUID
metadata: {name: fixtures, namespace: shop}
spec: {}
`,
    found: [],
  },
]

for (const { story, text, found: expected } of rows) {
  test(`precision: ${story}`, () => assert.deepEqual(found(text), expected))
}

function merged(first: string, second: string): readonly string[] {
  const one = (name: string, policy: string): string =>
    `${HEAD.replace('name: api', `name: ${name}`)}  target: {name: shared, creationPolicy: ${policy}}\n${DATA}`
  return judged(`${one('a', first)}---\n${one('b', second)}${STORE}`).map(
    ({ rule, severity, subject }) => `${rule} ${severity} ${subject}`,
  )
}

test('duplicate-target: two owners are both wrong', () => {
  assert.deepEqual(merged('Owner', 'Orphan'), [
    'duplicate-target error ExternalSecret/shop/a',
    'duplicate-target error ExternalSecret/shop/b',
  ])
})

test('duplicate-target: a merge beside an owner is wiped by it', () => {
  assert.deepEqual(merged('Owner', 'Merge'), ['duplicate-target warning ExternalSecret/shop/b'])
})

test('duplicate-target: any number of merges may share a Secret, and None writes nothing', () => {
  assert.deepEqual(merged('Merge', 'CreateOrMerge'), [])
  assert.deepEqual(merged('Owner', 'None'), [])
})

test('store-is-declared: the namespace decides, unless nobody knows it', () => {
  const elsewhere = STORE.replace('namespace: shop', 'namespace: other')
  const [finding] = judged(`${HEAD}${DATA}${elsewhere}`)
  assert.match(finding?.hint ?? '', /another namespace/)
  assert.deepEqual(found(`${HEAD.replace(', namespace: shop', '')}${DATA}${elsewhere}`), [])
})

test('store-is-declared: known stores count', () => {
  const known = [{ kind: 'SecretStore', metadata: { name: 'fixtures', namespace: 'shop' } }]
  assert.deepEqual(found(`${HEAD}${DATA}`), ['store-is-declared spec.secretStoreRef.name'])
  assert.deepEqual(found(`${HEAD}${DATA}`, { known }), [])
})

test('invalid-duration: the hint does the arithmetic', () => {
  assert.match(judged(spec('  refreshInterval: 7d\n'))[0]?.hint ?? '', /168h/)
})
