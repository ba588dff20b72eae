import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret, type ExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer, Read } from '../../../src/model/provider.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { decodeStore } from '../../../src/model/store.ts'
import { OPEN_POLICY } from '../../../src/model/store-policy.ts'
import { type OpenContext, ProviderError } from '../../../src/providers/provider.ts'
import { type ReadingOptions, startReading } from '../../../src/sync/reading.ts'
import { redact } from '../../../src/sync/redact.ts'
import type { StoreGate } from '../../../src/sync/store-gate.ts'
import { createTraffic } from '../../../src/sync/traffic.ts'

function wanted(
  name: string,
  keys: readonly string[],
  namespace = 'shop',
  store = 'SecretStore/st',
): ExternalSecret {
  const [kind = '', storeName = ''] = store.split('/')
  return decodeExternalSecret({
    metadata: { name, namespace },
    spec: {
      secretStoreRef: { kind, name: storeName },
      data: keys.map((key) => ({ secretKey: key, remoteRef: { key } })),
    },
  })
}

const found: Answer = {
  outcome: 'found',
  payload: {
    dialect: 'fake',
    text: SecretValue.fromText('{"password":"correct-horse"}'),
    binary: undefined,
    data: undefined,
    metadata: undefined,
  },
}

interface Log {
  readonly opened: string[]
  readonly batches: (readonly Read[])[]
  closed: number
}

function options(
  log: Log,
  more: Partial<ReadingOptions> = {},
  settings: JsonObject = {},
): ReadingOptions {
  const gate: StoreGate = async (key) => {
    const [kind = '', ...rest] = key.split('/')
    const store = decodeStore({
      kind,
      metadata: { name: rest.at(-1) ?? '', namespace: rest.length > 1 ? (rest[0] ?? '') : '' },
      spec: { provider: { x: settings } },
    })
    return { outcome: 'found', store }
  }
  return {
    gate,
    generators: { find: async () => undefined, answer: async () => found },
    open: async (store, { namespace }: OpenContext) => {
      log.opened.push(`${store.name}@${namespace}`)
      return {
        read: async (reads) => {
          log.batches.push(reads)
          return reads.map(() => found)
        },
        close: async () => {
          log.closed++
        },
      }
    },
    contextFor: (_store, namespace) => ({ namespace }) as Omit<OpenContext, 'signal'>,
    policy: OPEN_POLICY,
    traffic: createTraffic({
      breakers: new Map(),
      nowMs: () => 0,
      random: () => 0,
      sleep: async () => undefined,
      signal: new AbortController().signal,
    }),
    signal: new AbortController().signal,
    deadlineMs: 1000,
    ...more,
  }
}

const newLog = (): Log => ({ opened: [], batches: [], closed: 0 })

test('equal reads of many ExternalSecrets are one read, and a store is opened once (R16)', async () => {
  const log = newLog()
  const many = Array.from({ length: 50 }, (_, at) => wanted(`es${at}`, ['a', 'b', `own-${at % 3}`]))
  const reading = await startReading(many, options(log))
  const answers = await reading.answersFor(many[7] ?? wanted('x', []))
  assert.equal(answers.size, 3)
  await reading.close()
  assert.deepEqual(log.opened, ['st@shop'])
  assert.equal(reading.readCount(), 5)
  assert.equal(log.batches.flat().length, 5)
  assert.equal(log.closed, 1)
})

test('a ClusterSecretStore is opened per namespace only when its identity depends on who asks (R14)', async () => {
  const two = [
    wanted('a', ['k'], 'one', 'ClusterSecretStore/cs'),
    wanted('b', ['k'], 'two', 'ClusterSecretStore/cs'),
  ]
  const fixed = newLog()
  await startReading(
    two,
    options(fixed, {}, { auth: { secretRef: { name: 't', namespace: 'ops' } } }),
  )
  assert.equal(fixed.opened.length, 1)
  const referent = newLog()
  await startReading(two, options(referent, {}, { auth: { secretRef: { name: 't' } } }))
  assert.deepEqual(referent.opened.sort(), ['cs@one', 'cs@two'])
})

test('of one store a tenant with thousands of reads does not come before one with three (MT-9)', async () => {
  const log = newLog()
  const keys = Array.from({ length: 1000 }, (_, at) => `k${at}`)
  const few = wanted('b', ['x', 'y', 'z'], 'small', 'ClusterSecretStore/cs')
  const reading = await startReading(
    [wanted('a', keys, 'large', 'ClusterSecretStore/cs'), few],
    options(log),
  )
  await reading.answersFor(few)
  const places = (log.batches[0] ?? []).flatMap((read, at) =>
    read.op === 'get' && !read.key.startsWith('k') ? [at] : [],
  )
  assert.deepEqual(places, [1, 3, 5])
  await reading.close()
})

test('a store of which nothing may be read is not opened (MT-5)', async () => {
  const log = newLog()
  const one = wanted('a', ['k'])
  const policy = { ...OPEN_POLICY, namespaces: [] }
  const reading = await startReading([one], options(log, { policy }))
  const [answer] = (await reading.answersFor(one)).values()
  assert.equal(answer?.outcome, 'failed')
  assert.equal(reading.readCount(), 0)
  await reading.close()
  assert.deepEqual(log.opened, [])
})

test('ExternalSecrets that share a read all get its answer, before and after it came', async () => {
  const many = ['a', 'b', 'c'].map((name) => wanted(name, ['shared', `own-${name}`]))
  const reading = await startReading(many, options(newLog()))
  const [first, second, third] = many.map((one) => () => reading.answersFor(one))
  const early = [first?.(), second?.()]
  const sizes = (await Promise.all(early)).map((answers) => answers?.size)
  assert.deepEqual(sizes, [2, 2])
  assert.equal((await third?.())?.size, 2)
  assert.equal((await third?.())?.size, 0, 'answers are given once')
  await reading.close()
})

test('a store that cannot be opened fails its own reads, with its cause', async () => {
  const open = async (): Promise<never> => {
    throw new ProviderError('sealed', 'the Vault is sealed')
  }
  const one = wanted('a', ['k'])
  const reading = await startReading([one], options(newLog(), { open }))
  const [answer] = (await reading.answersFor(one)).values()
  assert.deepEqual(answer, {
    outcome: 'failed',
    failure: { code: 'sealed', message: 'the Vault is sealed', hint: undefined },
  })
  await reading.close()
})

test('a bug in a provider fails its reads without its text', async () => {
  const open = async (): Promise<never> => {
    throw new TypeError('cannot read correct-horse')
  }
  const one = wanted('a', ['k'])
  const reading = await startReading([one], options(newLog(), { open }))
  const [answer] = (await reading.answersFor(one)).values()
  assert.ok(answer?.outcome === 'failed')
  assert.ok(!answer.failure.message.includes('correct-horse'))
})

test('a provider that ignores its signal is given up at the deadline', async () => {
  const open = (): Promise<never> => new Promise(() => undefined)
  const one = wanted('a', ['k'])
  const keepsAlive = setTimeout(() => undefined, 5000)
  const reading = await startReading([one], options(newLog(), { open, deadlineMs: 20 }))
  const [answer] = (await reading.answersFor(one)).values()
  clearTimeout(keepsAlive)
  assert.ok(answer?.outcome === 'failed')
  assert.equal(answer.failure.code, 'timeout')
})

test('the last sink takes out every value that an answer brought, inside of JSON and in base64', () => {
  const encoded = Buffer.from('correct-horse').toString('base64').replace(/=+$/, '')
  const message = `key password: correct-horse, or ${encoded}, is wrong`
  assert.equal(redact(message, [found]), 'key password: ‹redacted›, or ‹redacted›, is wrong')
  assert.equal(redact('nothing to hide', [found]), 'nothing to hide')
})
