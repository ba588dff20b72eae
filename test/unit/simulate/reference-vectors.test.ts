import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load } from 'js-yaml'
import { type SimulatedResult, simulate } from './scene.ts'

type Texts = Readonly<Record<string, string>>

/** What a row says of the one Secret; what it does not name is not looked at. */
interface Expected {
  readonly values?: Texts | null
  readonly base64?: Texts
  readonly outcome?: string
  readonly reason?: string
  readonly status?: string
  readonly message?: string
  readonly name?: string
  readonly type?: string
  readonly labels?: Texts
  readonly annotations?: Texts
  readonly errors?: readonly (readonly [code: string, field: string, message: string])[]
}

interface Row extends Expected {
  readonly id: string
  readonly story?: string
  readonly store?: string
  readonly fixtures?: object
  /** The whole `stores` of the fixtures file, in place of `fixtures` for one store. */
  readonly stores?: object
  readonly metadata?: object
  readonly spec: object
  readonly also?: readonly object[]
  readonly existing?: readonly object[]
  readonly eso?: Expected
  readonly waybill?: Expected
}

const DATA = 'test/unit/simulate/reference-vectors.yaml'
const ROWS = load(readFileSync(DATA, 'utf8')) as readonly Row[]

const PROVIDERS: Readonly<Record<string, object>> = {
  aws: { aws: { service: 'SecretsManager', region: 'eu-central-1' } },
  ssm: { aws: { service: 'ParameterStore', region: 'eu-central-1' } },
  vault: { vault: { server: 'https://vault', path: 'secret', version: 'v2', auth: {} } },
  gcp: { gcpsm: { projectID: 'p' } },
}

/** All stores are always there: which one a row reads is what it is about. */
const STORES = Object.entries(PROVIDERS).map(([name, provider]) => ({
  apiVersion: 'external-secrets.io/v1',
  kind: 'SecretStore',
  metadata: { name, namespace: 'shop' },
  spec: { provider },
}))

function manifestsOf({ id, store = 'aws', metadata, spec, also = [] }: Row): string {
  const externalSecret = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: id.toLowerCase(), namespace: 'shop', ...metadata },
    spec: { secretStoreRef: { name: store, kind: 'SecretStore' }, ...spec },
  }
  return [...STORES, ...also, externalSecret]
    .map((object) => JSON.stringify(object))
    .join('\n---\n')
}

/** `OWNER` in an existing object stands for the name of the row's ExternalSecret. */
function existingOf({ id, existing = [] }: Row): string {
  const text = existing.map((object) => JSON.stringify(object)).join('\n---\n')
  return text.replaceAll('OWNER', id.toLowerCase())
}

function secretOf({ secret }: SimulatedResult, isText: boolean): Texts | null {
  if (secret === null) return null
  return Object.fromEntries(
    Object.entries(secret.data).map(([key, value]) => [
      key,
      isText ? Buffer.from(value, 'base64').toString() : value,
    ]),
  )
}

/** Only what other hands than ours wrote: a real run marks its Secrets. */
function unmarked(texts: Texts | undefined): Texts {
  return Object.fromEntries(
    Object.entries(texts ?? {}).filter(([key]) => !key.startsWith('waybill.dev/')),
  )
}

/** The Secret itself: each part that the row names. */
function compareSecret(result: SimulatedResult, expected: Expected): void {
  const { metadata, type } = result.secret ?? {}
  const parts: readonly (readonly [expected: unknown, actual: unknown])[] = [
    [expected.values, secretOf(result, true)],
    [expected.base64, secretOf(result, false)],
    [expected.name, metadata?.name],
    [expected.type, type],
    [expected.labels, unmarked(metadata?.labels)],
    [expected.annotations, unmarked(metadata?.annotations)],
  ]
  for (const [wanted, actual] of parts) {
    if (wanted !== undefined) assert.deepEqual(actual, wanted)
  }
}

/** What became of it: a row without errors is one that succeeds, unless it says otherwise. */
function compareVerdict({ outcome, condition }: SimulatedResult, expected: Expected): void {
  const usual =
    expected.errors === undefined
      ? { outcome: 'created', reason: 'SecretSynced', status: 'True' }
      : { outcome: 'failed', reason: 'SecretSyncedError', status: 'False' }
  assert.equal(outcome, expected.outcome ?? usual.outcome)
  assert.equal(condition.reason, expected.reason ?? usual.reason)
  assert.equal(condition.status, expected.status ?? usual.status)
  if (expected.message !== undefined) assert.equal(condition.message, expected.message)
}

function compareErrors({ errors }: SimulatedResult, wanted: Expected['errors'] = []): void {
  assert.deepEqual(
    errors.map(({ code, field }) => [code, field]),
    wanted.map(([code, field]) => [code, field]),
  )
  for (const [at, [, , pattern]] of wanted.entries()) {
    assert.match(errors[at]?.message ?? '', new RegExp(pattern))
  }
}

for (const row of ROWS) {
  for (const parity of ['eso', 'waybill'] as const) {
    const { id, story, store = 'aws', fixtures, stores } = row
    test(`${id}${story === undefined ? '' : `, ${story}`}: --parity=${parity}`, async (t) => {
      const named = stores ?? { [`SecretStore/${store}`]: fixtures ?? {} }
      const ran = await simulate(t, {
        manifests: manifestsOf(row),
        fixtures: JSON.stringify({ stores: named }),
        ...(row.existing === undefined ? {} : { existing: existingOf(row) }),
        args: ['--reveal', `--parity=${parity}`],
      })
      const [result] = ran.results
      assert.ok(result !== undefined, ran.err)
      const expected = { ...row, ...row[parity] }
      compareSecret(result, expected)
      compareVerdict(result, expected)
      if (parity === 'waybill') compareErrors(result, expected.errors)
    })
  }
}
