import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { main } from '../../../src/cli/main.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { type Platform, startPlatform } from '../../demo/platform.ts'
import { type KubeServer, startKube } from '../../servers/kube.ts'
import { type FakeIo, type FakeProcess, fakeIo } from '../cli/fake-io.ts'

/** One result of a SyncReport, as a user of `-o json` reads it. */
export interface Result {
  readonly externalSecret: string
  readonly target: string
  readonly outcome: string
  readonly condition: { readonly status: string; readonly reason: string; readonly message: string }
  readonly errors: readonly {
    readonly code: string
    readonly field: string
    readonly message: string
  }[]
  readonly keys: Readonly<Record<'added' | 'changed' | 'removed', readonly string[]>>
  readonly restamped?: boolean
}

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly results: readonly Result[]
  readonly report: {
    readonly reads: number
    readonly calls: Readonly<Record<string, number>>
    readonly notes: readonly string[]
  }
}

/** One command line in a process of its own; a JSON report is read. */
export async function run(argv: readonly string[], given: FakeProcess | FakeIo = {}): Promise<Ran> {
  const io = 'writeOut' in given ? given : fakeIo(given)
  const code = await main(argv, io)
  const out = io.out()
  const report = out.startsWith('{') ? JSON.parse(out) : {}
  return { code, out, err: io.err(), results: report.results ?? [], report }
}

export interface Shop extends Platform {
  /** `waybill sync` of the app with the generated rights. */
  readonly sync: (...more: readonly string[]) => Promise<Ran>
  readonly syncAt: (nowMs: number, ...more: readonly string[]) => Promise<Ran>
  readonly secret: () => JsonObject | undefined
  /** The value of a key of the Secret, in the clear. */
  readonly value: (key: string) => string
  readonly folder: string
}

export const START_MS = Date.now()

/** The tutorial, generated and applied, with AWS, Vault and an API server on loopback. */
export async function startShop(t: TestContext): Promise<Shop> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-sync-'))
  const platform = await startPlatform(folder)
  t.after(async () => {
    await platform.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const generated = await run(['generate', platform.manifests, '--app', 'shop', '-n', 'shop'])
  platform.apply(generated.out)
  const kubeconfig = platform.kubeconfig()
  const syncAt = (nowMs: number, ...more: readonly string[]): Promise<Ran> =>
    run(
      ['sync', '--app', 'shop', '-n', 'shop', '--kubeconfig', kubeconfig, '-o', 'json', ...more],
      { env: platform.env, nowMs },
    )
  const secret = (): JsonObject | undefined =>
    platform.kube.object('Secret', 'shop', 'api-credentials')
  return {
    ...platform,
    folder,
    syncAt,
    sync: (...more) => syncAt(START_MS, ...more),
    secret,
    value: (key) => {
      const data = secret()?.data as Readonly<Record<string, string>> | undefined
      return Buffer.from(data?.[key] ?? '', 'base64').toString()
    },
  }
}

export function versionOf(object: JsonObject | undefined): string {
  return String((object?.metadata as JsonObject | undefined)?.resourceVersion)
}

export interface Files {
  readonly kube: KubeServer
  /** `waybill sync -f -` of these manifests as an administrator; `-o json` unless another output is asked for. */
  readonly sync: (manifests: string, ...more: readonly string[]) => Promise<Ran>
  readonly secret: (name: string) => JsonObject | undefined
  readonly data: (name: string) => Readonly<Record<string, string>>
  readonly kubeconfig: string
  readonly folder: string
}

/** A cluster with namespace `shop`, and manifests that come by standard input. */
export async function startFiles(t: TestContext): Promise<Files> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-files-'))
  const kube = await startKube({ namespaces: ['shop', 'waybill-system'] })
  t.after(async () => {
    await kube.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, kube.kubeconfig(kube.adminToken, 'shop'), { mode: 0o600 })
  const secret = (name: string): JsonObject | undefined => kube.object('Secret', 'shop', name)
  return {
    kube,
    folder,
    kubeconfig,
    secret,
    sync: (stdin, ...more) => {
      const output = more.includes('-o') ? [] : ['-o', 'json']
      const argv = ['sync', '-f', '-', '--kubeconfig', kubeconfig, ...output, ...more]
      return run(argv, { stdin, nowMs: START_MS })
    },
    data: (name) => {
      const data = (secret(name)?.data ?? {}) as Readonly<Record<string, string>>
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      )
    },
  }
}

/** A fake store `st` in namespace `shop`. */
export function fakeStore(values: Readonly<Record<string, string>>): string {
  const data = Object.entries(values).map(([key, value]) => ({ key, value }))
  return document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'st', namespace: 'shop' },
    spec: { provider: { fake: { data } } },
  })
}

export interface Wanted {
  readonly name: string
  /** secretKey → remote key. */
  readonly keys: Readonly<Record<string, string>>
  readonly target?: JsonObject
  readonly store?: string
  readonly spec?: JsonObject
}

/** An ExternalSecret of namespace `shop` that reads from the store `st`. */
export function externalSecret({ name, keys, target, store = 'st', spec }: Wanted): string {
  return document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, namespace: 'shop' },
    spec: {
      secretStoreRef: { kind: 'SecretStore', name: store },
      ...(target === undefined ? {} : { target }),
      data: Object.entries(keys).map(([secretKey, key]) => ({ secretKey, remoteRef: { key } })),
      ...spec,
    },
  })
}

/** JSON is YAML. */
export function document(object: JsonObject): string {
  return `---\n${JSON.stringify(object)}\n`
}
