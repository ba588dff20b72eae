import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { startVault, type VaultServer } from '../../servers/vault.ts'
import { document, type Files, type Ran, startFiles } from './story.ts'

// PushSecrets that are given to `sync -f`: a Secret `source` and a Vault with store `v`.

export interface Push {
  readonly pushSecret: string
  readonly outcome: string
  readonly condition: { readonly status: string; readonly reason: string; readonly message: string }
  readonly errors: readonly {
    readonly code: string
    readonly field: string
    readonly message: string
  }[]
  readonly changes: readonly {
    readonly store: string
    readonly remoteKey: string
    readonly properties: readonly string[]
    readonly action: string
  }[]
}

export interface Pushing extends Files {
  readonly vault: VaultServer
  readonly peek: (path: string) => unknown
}

export async function start(t: TestContext): Promise<Pushing> {
  const files = await startFiles(t)
  const vault = await startVault({ mounts: { kv: 2 }, tokens: { given: { policies: ['root'] } } })
  t.after(() => vault.close())
  return {
    ...files,
    vault,
    peek: (path) => {
      const newest = vault.find('kv', path)?.versions.at(-1)
      return newest === undefined ? undefined : JSON.parse(newest.text)
    },
    sync: (manifests, ...more) => files.sync(store(vault) + manifests, ...more),
  }
}

export function store({ url }: VaultServer, name = 'v', labels: JsonObject = {}): string {
  return document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name, namespace: 'shop', labels },
    spec: {
      provider: {
        vault: {
          server: url,
          path: 'kv',
          auth: { tokenSecretRef: { name: 'vault-token', key: 'token' } },
        },
      },
    },
  })
}

export function pushSecret(spec: JsonObject, name = 'ps'): string {
  return document({
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    metadata: { name, namespace: 'shop' },
    spec: {
      secretStoreRefs: [{ name: 'v' }],
      selector: { secret: { name: 'source' } },
      ...spec,
    },
  })
}

export const DATA = [
  { match: { secretKey: 'user', remoteRef: { remoteKey: 'db', property: 'username' } } },
  { match: { secretKey: 'password', remoteRef: { remoteKey: 'db', property: 'password' } } },
]

export async function seeded(
  t: TestContext,
  more: Readonly<Record<string, string>> = {},
): Promise<Pushing> {
  const pushing = await start(t)
  pushing.kube.seed(secret('vault-token', { token: 'given' }))
  pushing.kube.seed(secret('source', { user: 'canary-user', password: 'canary-pw', ...more }))
  return pushing
}

export function secret(
  name: string,
  data: Readonly<Record<string, string>>,
  labels: JsonObject = {},
): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'shop', labels },
    data: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  }
}

export function pushesOf({ out }: Ran): readonly Push[] {
  return JSON.parse(out).pushes ?? []
}

export const only = (ran: Ran): Push => {
  const [push] = pushesOf(ran)
  assert.ok(push !== undefined, ran.out + ran.err)
  return push
}
