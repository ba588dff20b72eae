import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { main } from '../../../../src/cli/main.ts'
import type { JsonObject } from '../../../../src/model/json.ts'
import type { Answer, Read } from '../../../../src/model/provider.ts'
import type { ObservedSecret } from '../../../../src/model/secret.ts'
import { SecretValue } from '../../../../src/model/secret-value.ts'
import type { Change } from '../../../../src/plan/change.ts'
import type { Claim } from '../../../../src/plan/marks.ts'
import { settle } from '../../../../src/plan/settle.ts'
import { fakeIo } from '../../cli/fake-io.ts'
import { claim, type Data, ESO, textsOf, WAYBILL, wanted } from '../../plan/secrets.ts'
import { type Simulated, type SimulatedResult, simulate, values } from '../../simulate/scene.ts'

// What rows of the rules ask: the whole of `simulate`, or the planner with a provider of three keys.

type Ask = (t: TestContext) => unknown

/** One ExternalSecret `ns/app` over the store `st`, which is ESO's fake provider unless `provider` says otherwise. */
export interface Given {
  readonly spec?: JsonObject
  readonly metadata?: JsonObject
  /** Remote key → payload. */
  readonly remote?: Readonly<Record<string, string>>
  readonly provider?: JsonObject
  /** Further fields of the store. */
  readonly store?: JsonObject
  /** In place of `remote`, for another provider. */
  readonly fixtures?: JsonObject
  readonly existing?: readonly JsonObject[]
  readonly also?: readonly JsonObject[]
  readonly args?: readonly string[]
}

const ES = 'external-secrets.io/v1'

async function simulated(t: TestContext, given: Given): Promise<Simulated> {
  const { fixtures, existing } = given
  return simulate(t, {
    manifests: manifestsOf(given),
    ...(fixtures && { fixtures: JSON.stringify({ stores: { 'SecretStore/st': fixtures } }) }),
    ...(existing && { existing: stream(existing) }),
    args: ['--reveal', ...(given.args ?? [])],
  })
}

function manifestsOf(given: Given): string {
  const { spec, metadata, remote = {}, provider, store, also = [] } = given
  const data = Object.entries(remote).map(([key, value]) => ({ key, value }))
  return stream([
    {
      apiVersion: ES,
      kind: 'ExternalSecret',
      metadata: { name: 'app', namespace: 'ns', ...metadata },
      spec: { secretStoreRef: { name: 'st' }, ...spec },
    },
    {
      apiVersion: ES,
      kind: 'SecretStore',
      metadata: { name: 'st', namespace: 'ns' },
      spec: { provider: provider ?? { fake: { data } }, ...store },
    },
    ...also,
  ])
}

/** What `validate` finds, but for unused stores: `rule field` of each. */
export function findings(given: Given): Ask {
  return async () => {
    const io = fakeIo({
      stdin: manifestsOf({ remote: { a: '1' }, spec: entries({ k: 'a' }), ...given }),
    })
    await main(['validate', '-', '-o', 'json'], io)
    const report: { readonly findings: readonly Readonly<Record<'rule' | 'field', string>>[] } =
      JSON.parse(io.out())
    return report.findings.map(({ rule, field }) => `${rule} ${field}`).join(', ')
  }
}

function stream(objects: readonly JsonObject[]): string {
  return objects.map((object) => `---\n${JSON.stringify(object)}\n`).join('')
}

async function resultOf(t: TestContext, given: Given): Promise<SimulatedResult> {
  const { results, err } = await simulated(t, given)
  const [result] = results
  return result ?? assert.fail(`simulate gave no result: ${err}`)
}

/** The data of the Secret in the clear, or `code field` of every error. */
export function data(given: Given): Ask {
  return async (t) => {
    const result = await resultOf(t, given)
    return result.errors.length > 0 ? errorsOf(result) : { ...values(result) }
  }
}

/** Of a target that is no Secret: all but its head, or `code field` of every error. */
export function content(given: Given): Ask {
  return async (t) => {
    const result: SimulatedResult & { readonly object?: JsonObject } = await resultOf(t, given)
    if (result.errors.length > 0) return errorsOf(result)
    const { apiVersion: _, kind: __, metadata: ___, ...rest } = result.object ?? {}
    return rest
  }
}

function errorsOf({ errors }: SimulatedResult): string {
  return errors.map(({ code, field }) => `${code} ${field}`.trim()).join(', ')
}

/** The base64 of one key. */
export function base64(given: Given, key: string): Ask {
  return async (t) => (await resultOf(t, given)).secret?.data[key]
}

/** The texts of the errors. */
export function words(given: Given): Ask {
  return async (t) => (await resultOf(t, given)).errors.map(({ message }) => message).join('; ')
}

/** `outcome`, then the condition as `status reason message`. */
export function ending(given: Given): Ask {
  return async (t) => {
    const { outcome, condition } = await resultOf(t, given)
    return `${outcome}: ${condition.status} ${condition.reason} ${condition.message}`
  }
}

/** The Secret but for its data. */
export function shape(given: Given): Ask {
  return async (t) => {
    const { secret, errors } = await resultOf(t, given)
    if (secret === null)
      return errors.map(({ code, field }) => `${code} ${field}`.trim()).join(', ')
    const { name, labels = {}, annotations = {} } = secret.metadata
    return {
      name,
      type: secret.type ?? 'Opaque',
      labels: { ...labels },
      annotations: { ...annotations },
    }
  }
}

/** A v1 object of namespace `ns`. */
export function core(kind: string, name: string, more: JsonObject = {}): JsonObject {
  const { metadata = {}, ...rest } = more as { metadata?: JsonObject }
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'ns', ...metadata }, ...rest }
}

export function other(
  kind: string,
  name: string,
  spec: JsonObject,
  metadata: JsonObject = {},
): JsonObject {
  return { apiVersion: ES, kind, metadata: { name, namespace: 'ns', ...metadata }, spec }
}

/** `spec.data` of `secretKey: remote key`. */
export function entries(keys: Readonly<Record<string, string>>, more: JsonObject = {}): JsonObject {
  return {
    data: Object.entries(keys).map(([secretKey, key]) => ({
      secretKey,
      remoteRef: { key, ...more },
    })),
  }
}

/** One target and a provider: `null` is a secret that does not exist, `undefined` one that cannot be read. */
export interface Scene {
  readonly target?: JsonObject
  readonly remote: Readonly<Record<string, string | null | undefined>>
  readonly there?: ObservedSecret
  readonly claim?: Partial<Claim>
  readonly isSeenOnce?: boolean
  readonly parity?: 'eso'
}

/** The plan. */
export function planOf({ target, remote, there, claim: more, isSeenOnce, parity }: Scene): Change {
  const keys = Object.keys(remote)
  const externalSecret = wanted(target, {
    data: keys.map((key) => ({ secretKey: key, remoteRef: { key } })),
  })
  return settle(
    {
      externalSecret,
      observed: there,
      claim: claim(more),
      parity: parity === 'eso' ? ESO : WAYBILL,
    },
    {
      defaultNamespace: 'shop',
      answerTo: (read) => answerOf(read, remote),
      templateSources: { configMap: () => undefined, secret: () => undefined },
      engines: { patterns: undefined, templates: undefined },
    },
    isSeenOnce !== true,
  ).change
}

function answerOf(read: Read, remote: Scene['remote']): Answer {
  const value = read.op === 'get' ? remote[read.key] : undefined
  if (value === null) return { outcome: 'absent' }
  if (value === undefined) {
    return { outcome: 'failed', failure: { code: 'unavailable', message: 'down', hint: undefined } }
  }
  const rest = { binary: undefined, data: undefined, metadata: undefined }
  return {
    outcome: 'found',
    payload: { dialect: 'fake', text: SecretValue.fromText(value), ...rest },
  }
}

/** The plan as a line: `update by apply a=1`, `refuse NotOwned`, `retain policy`. */
export function plan(scene: Scene): Ask {
  return () => lineOf(planOf(scene))
}

function lineOf(change: Change): string {
  switch (change.action) {
    case 'create':
      return `create ${listed(textsOf(change.desired.data))}`.trim()
    case 'update':
      return `update by ${change.by} ${listed(textsOf(change.desired.data))}`.trim()
    case 'refuse':
      return `refuse ${change.errors.map(({ code }) => code).join()}`
    case 'retain':
    case 'skip':
      return `${change.action} ${change.because}`
    default:
      return change.action
  }
}

function listed(texts: Data): string {
  return Object.entries(texts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')
}
