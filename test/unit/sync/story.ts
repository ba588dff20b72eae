import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { main } from '../../../src/cli/main.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { type Platform, startPlatform } from '../../demo/platform.ts'
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
