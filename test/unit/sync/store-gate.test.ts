import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { decodeStore, type Store } from '../../../src/model/store.ts'
import { createEngineLoader, type EngineLoader } from '../../../src/sync/engines.ts'
import {
  askOf,
  createStoreGate,
  type FoundStore,
  foreignClass,
  type GateRules,
  type StoreAsk,
  storeNotFound,
} from '../../../src/sync/store-gate.ts'
import { wanted } from '../plan/secrets.ts'

// Who gets through to a store, judged before any credential of it is read (MT-4, MT-10).

const CLUSTER = 'ClusterSecretStore/cs'
const OWN = 'SecretStore/shop/s'
const LABELS: ReadonlyMap<string, string> = new Map([['team', 'a']])

interface Asked {
  readonly finds: StoreAsk[]
  readonly labels: string[]
  patterns: number
}

function storeOf(conditions: readonly JsonObject[], controller = ''): Store {
  const metadata = { name: 'cs' }
  return decodeStore({ kind: 'ClusterSecretStore', metadata, spec: { conditions, controller } })
}

function gateTo(find: (ask: StoreAsk) => FoundStore, rules?: GateRules) {
  const asked: Asked = { finds: [], labels: [], patterns: 0 }
  const loader = createEngineLoader({ nowMs: () => 0, randomBytes: () => assert.fail('random') })
  const engines: EngineLoader = {
    ...loader,
    patterns: () => {
      asked.patterns++
      return loader.patterns()
    },
  }
  const sources = {
    find: async (ask: StoreAsk) => {
      asked.finds.push(ask)
      return find(ask)
    },
    labelsOf: async (namespace: string) => {
      asked.labels.push(namespace)
      return LABELS
    },
  }
  const gate = createStoreGate(sources, engines, ...(rules === undefined ? [] : [rules]))
  return { gate, asked }
}

const found = (store: Store): FoundStore => ({ outcome: 'found', store })
const codeOf = (answer: FoundStore): string =>
  answer.outcome === 'found' ? 'found' : answer.failure.code

interface Row {
  readonly story: string
  readonly conditions: readonly JsonObject[]
  readonly requiresConditions?: boolean
  readonly isDiscreet?: boolean
  readonly says: string
}

const ROWS: readonly Row[] = [
  { story: 'no conditions', conditions: [], says: 'found' },
  {
    story: 'no conditions where some are required',
    conditions: [],
    requiresConditions: true,
    says: 'store-not-found',
  },
  {
    story: 'conditions that hold, where some are required',
    conditions: [{ namespaces: ['shop'] }],
    requiresConditions: true,
    isDiscreet: true,
    says: 'found',
  },
  { story: 'others', conditions: [{ namespaces: ['ops'] }], says: 'store-not-permitted' },
  {
    story: 'others, where some are required',
    conditions: [{ namespaces: ['ops'] }],
    requiresConditions: true,
    says: 'store-not-permitted',
  },
  {
    story: 'others, and who asks is not told',
    conditions: [{ namespaces: ['ops'] }],
    isDiscreet: true,
    says: 'store-not-found',
  },
  {
    story: 'labels of the namespace',
    conditions: [{ namespaceSelector: { matchLabels: { team: 'a' } } }],
    says: 'found',
  },
  {
    story: 'other labels',
    conditions: [{ namespaceSelector: { matchLabels: { team: 'b' } } }],
    says: 'store-not-permitted',
  },
  { story: 'a pattern', conditions: [{ namespaceRegexes: ['^sh'] }], says: 'found' },
]

for (const { story, conditions, says, ...row } of ROWS) {
  test(`store gate: ${story}: ${says}`, async () => {
    const { requiresConditions = false, isDiscreet = false } = row
    const rules = { requiresConditions, isDiscreet }
    const { gate, asked } = gateTo(() => found(storeOf(conditions)), rules)
    assert.equal(codeOf(await gate(CLUSTER, 'shop')), says)
    const names = conditions.flatMap((condition) => Object.keys(condition))
    assert.deepEqual(asked.labels, names.includes('namespaceSelector') ? ['shop'] : [])
    assert.equal(asked.patterns, names.includes('namespaceRegexes') ? 1 : 0)
  })
}

test('store gate: without rules it is frank, and conditions may be missing', async () => {
  const { gate } = gateTo(() => found(storeOf([])))
  assert.equal(codeOf(await gate(CLUSTER, 'shop')), 'found')
  const closed = gateTo(() => found(storeOf([{ namespaces: ['ops'] }])))
  assert.equal(codeOf(await closed.gate(CLUSTER, 'shop')), 'store-not-permitted')
})

test('store gate: a SecretStore serves its namespace without conditions, and a failure stays one', async () => {
  const rules = { requiresConditions: true, isDiscreet: true }
  const own = decodeStore({ kind: 'SecretStore', metadata: { name: 's', namespace: 'shop' } })
  assert.equal(codeOf(await gateTo(() => found(own), rules).gate(OWN, 'shop')), 'found')
  const failure = { code: 'unavailable', message: 'down', hint: undefined } as const
  const failed = gateTo(() => ({ outcome: 'failed', failure }))
  assert.deepEqual(await failed.gate(CLUSTER, 'shop'), { outcome: 'failed', failure })
})

test('store gate: each pair of store and namespace is judged once, and no two share a verdict', async () => {
  const { gate, asked } = gateTo(() => found(storeOf([{ namespaces: ['shop'] }])))
  const answers = await Promise.all(
    ['shop', 'shop', 'ops'].map((namespace) => gate(CLUSTER, namespace)),
  )
  assert.deepEqual(answers.map(codeOf), ['found', 'found', 'store-not-permitted'])
  assert.deepEqual(
    asked.finds.map(({ namespace }) => namespace),
    ['shop', 'ops'],
  )
})

test('store gate: a key says kind and name, and a reader is in a namespace of its own', () => {
  const cluster = { kind: 'ClusterSecretStore', name: 'cs', namespace: 'shop' } as const
  assert.deepEqual(askOf(CLUSTER, 'shop'), { key: CLUSTER, ...cluster })
  const own = { kind: 'SecretStore', name: 's', namespace: 'shop' } as const
  assert.deepEqual(askOf(OWN, 'shop'), { key: OWN, ...own })
})

test('store gate: what is absent is told with the place that was looked at', () => {
  const tell = (key: string): string => {
    const answer = storeNotFound(askOf(key, 'shop'))
    return answer.outcome === 'failed' ? answer.failure.message : ''
  }
  assert.equal(
    tell(OWN),
    'SecretStore "s" was not found in namespace shop, or may not be used from namespace shop',
  )
  assert.equal(
    tell(CLUSTER),
    'ClusterSecretStore "cs" was not found, or may not be used from namespace shop',
  )
})

const CLASSES: readonly (readonly [string, readonly string[], string | undefined])[] = [
  ['no class', [''], undefined],
  ['our class', ['mine'], undefined],
  ['another class', ['other'], 'spec.data[0]'],
  ['another class behind ours', ['mine', 'other'], 'spec.data[1]'],
  ['another class behind a store that is not there', ['absent', 'other'], 'spec.data[1]'],
]

for (const [story, stores, field] of CLASSES) {
  test(`foreign class (R8): ${story}: ${field ?? 'it is read'}`, async () => {
    const { gate } = gateTo((ask) =>
      ask.name === 'absent' ? storeNotFound(ask) : found(storeOf([], ask.name.replace('-', ''))),
    )
    const refs = stores.map((name, at) => ({
      secretKey: `k${at}`,
      remoteRef: { key: 'k' },
      sourceRef: { storeRef: { kind: 'ClusterSecretStore', name: name || '-' } },
    }))
    const password = { sourceRef: { generatorRef: { kind: 'Password', name: 'p' } } }
    const externalSecret = wanted({}, { data: refs, dataFrom: [password] })
    const foreign = await foreignClass(externalSecret, 'shop', { gate, controllerClass: 'mine' })
    assert.equal(foreign?.field.startsWith(field ?? '!') ?? false, field !== undefined)
    if (field !== undefined) {
      const message = 'ClusterSecretStore/other belongs to controller class "other"'
      assert.equal(foreign?.message, message)
    }
  })
}
