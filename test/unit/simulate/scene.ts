import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { main } from '../../../src/cli/main.ts'
import { fakeIo } from '../cli/fake-io.ts'

export interface SimulatedResult {
  readonly externalSecret: string
  readonly outcome: string
  readonly secret: {
    readonly metadata: {
      readonly name: string
      readonly namespace: string
      readonly labels?: Readonly<Record<string, string>>
      readonly annotations?: Readonly<Record<string, string>>
    }
    readonly type: string
    readonly data: Readonly<Record<string, string>>
    readonly immutable?: boolean
  } | null
  readonly condition: {
    readonly type: string
    readonly status: string
    readonly reason: string
    readonly message: string
  }
  readonly errors: readonly {
    readonly code: string
    readonly field: string
    readonly message: string
  }[]
}

export interface Simulated {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly results: readonly SimulatedResult[]
}

export interface Given {
  readonly manifests: string
  readonly fixtures?: string
  readonly existing?: string
  readonly args?: readonly string[]
}

/** `waybill simulate - …` over texts; `-o json` unless the arguments name an output. */
export async function simulate(t: TestContext, given: Given): Promise<Simulated> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-simulate-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { manifests, args = [] } = given
  const files = (['fixtures', 'existing'] as const).flatMap((name) => {
    const text = given[name]
    if (text === undefined) return []
    writeFileSync(join(folder, name), text)
    return [`--${name}`, join(folder, name)]
  })
  const io = fakeIo({ stdin: manifests })
  const output = args.includes('-o') ? [] : ['-o', 'json']
  const code = await main(['simulate', '-', ...files, ...output, ...args], io)
  const out = io.out()
  const results = out.startsWith('{') ? JSON.parse(out).results : []
  return { code, out, err: io.err(), results }
}

/** Values of a revealed result in the clear. */
export function values(result: SimulatedResult | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(result?.secret?.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]),
  )
}

export const STORES = `
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: v, namespace: shop}
spec: {provider: {vault: {server: 'https://vault', path: secret, version: v2, auth: {tokenSecretRef: {name: t, key: t}}}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: a}
spec: {provider: {aws: {service: SecretsManager, region: eu-central-1}}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: f, namespace: shop}
spec: {provider: {fake: {data: [{key: k, value: fake-value}]}}}
`

/** An ExternalSecret `shop/<name>` with this spec in YAML's flow style. */
export function es(name: string, spec: string): string {
  return `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: ${name}, namespace: shop}
spec: ${spec}
`
}
