import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulate, values } from './scene.ts'

// Fixtures of stores whose payloads have rules of their own.

function manifests(provider: string, data: readonly string[], dataFrom: readonly string[]): string {
  const list = (items: readonly string[]): string => `[${items.join(', ')}]`
  return `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: st, namespace: shop}
spec: {provider: ${provider}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: es, namespace: shop}
spec:
  secretStoreRef: {name: st}
  data: ${list(data)}
  dataFrom: ${list(dataFrom)}
`
}

const rows: readonly {
  readonly story: string
  readonly provider: string
  readonly data?: readonly string[]
  readonly dataFrom?: readonly string[]
  readonly fixtures: string
  readonly out: Readonly<Record<string, string>>
}[] = [
  {
    story: 'azurekv: a path before a literal key, and tags with their secret’s name',
    provider: '{azurekv: {vaultUrl: "https://v.vault.azure.net"}}',
    data: [
      '{secretKey: path, remoteRef: {key: db, property: a.b}}',
      '{secretKey: env, remoteRef: {key: db, property: env, metadataPolicy: Fetch}}',
    ],
    dataFrom: ['{extract: {key: db, metadataPolicy: Fetch}}'],
    fixtures: `SecretStore/st: {db: {json: {"a.b": literal, a: {b: path}}, tags: {env: prod, o: '{"x":"y"}'}}}`,
    out: { path: 'path', env: 'prod', db_env: 'prod', db_o_x: 'y' },
  },
  {
    story: 'webhook: the property selects nothing by itself',
    provider: '{webhook: {url: "https://hook.example.com/{{ .remoteRef.key }}", result: {}}}',
    data: ['{secretKey: whole, remoteRef: {key: db, property: a}}'],
    dataFrom: ['{extract: {key: db}}'],
    fixtures: 'SecretStore/st: {db: {json: {a: x, num: 1.5}}}',
    out: { whole: '{"a":"x","num":1.5}', a: 'x', num: '1.5' },
  },
]
for (const { story, provider, data = [], dataFrom = [], fixtures, out } of rows) {
  test(`simulate: ${story}`, async (t) => {
    const { results, err } = await simulate(t, {
      manifests: manifests(provider, data, dataFrom),
      fixtures: `stores:\n  ${fixtures}\n`,
      args: ['--reveal'],
    })
    assert.deepEqual(values(results[0]), out, err)
  })
}
