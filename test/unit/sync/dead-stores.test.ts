import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { decodeExternalSecret, type ExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer, ProviderErrorCode } from '../../../src/model/provider.ts'
import { decodeStore, type Store } from '../../../src/model/store.ts'
import { OPEN_POLICY } from '../../../src/model/store-policy.ts'
import { openStore } from '../../../src/providers/open.ts'
import type { Breakers } from '../../../src/sync/breaker.ts'
import { type Reading, startReading } from '../../../src/sync/reading.ts'
import { createTraffic } from '../../../src/sync/traffic.ts'
import { testOpening } from '../providers/opening.ts'

// G-6: three providers, twelve ways to be down. A store beside them is answered at once, and no failure ever looks like
// an absence, which would let a deletionPolicy act.

interface Fault {
  readonly story: string
  /** What the server does with a connection; undefined: there is none. */
  readonly does?: (socket: Socket) => void
  readonly url?: (port: number) => string
  /** It says nothing until the deadline. */
  readonly isSilent?: boolean
}

const reply =
  (head: string, body = '') =>
  (socket: Socket): void => {
    socket.once('data', () => {
      socket.end(
        `HTTP/1.1 ${head}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      )
    })
  }

const cut = (socket: Socket): void => {
  socket.resetAndDestroy()
}

const faults: readonly Fault[] = [
  { story: 'the connection is refused', url: () => 'http://127.0.0.1:9' },
  { story: 'a black hole', does: () => undefined, isSilent: true },
  { story: 'a name that DNS does not know', url: () => 'https://nobody.invalid' },
  {
    story: 'TLS that is none',
    does: reply('200 OK', '{}'),
    url: (port) => `https://127.0.0.1:${port}`,
  },
  { story: 'a reset', does: cut },
  {
    story: 'a reset in the body',
    does: (socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{', () => cut(socket))
      })
    },
  },
  {
    story: 'a server that drips',
    does: (socket) => {
      socket.write('H')
      socket.on('data', () => socket.write('T'))
    },
    isSilent: true,
  },
  {
    story: 'a truncated body',
    does: (socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"data"'))
    },
  },
  { story: 'HTTP 500', does: reply('500 Internal Server Error', '{}') },
  { story: 'sealed', does: reply('503 Service Unavailable', '{"errors":["Vault is sealed"]}') },
  { story: 'throttled for ever', does: reply('429 Too Many Requests', '{}') },
  { story: 'garbage with 200', does: reply('200 OK', '<html>welcome</html>') },
]

const settings: Readonly<Record<string, (url: string) => JsonObject>> = {
  vault: (server) => ({
    ...{ server, path: 'secret', version: 'v2' },
    auth: { tokenSecretRef: { name: 'auth', key: 'token' } },
  }),
  aws: () => ({
    ...{ service: 'SecretsManager', region: 'eu-central-1' },
    auth: {
      secretRef: {
        accessKeyIDSecretRef: { name: 'auth', key: 'token' },
        secretAccessKeySecretRef: { name: 'auth', key: 'token' },
      },
    },
  }),
  kubernetes: (url) => ({
    server: { url },
    auth: { token: { bearerToken: { name: 'auth', key: 'token' } } },
  }),
}

function storeOf(name: string, provider: string, of: JsonObject): Store {
  const spec = { provider: { [provider]: of } }
  return decodeStore({ kind: 'SecretStore', metadata: { name, namespace: 'shop' }, spec })
}

function wanted(store: string, keys: readonly string[]): ExternalSecret {
  return decodeExternalSecret({
    metadata: { name: `of-${store}`, namespace: 'shop' },
    spec: {
      secretStoreRef: { kind: 'SecretStore', name: store },
      data: keys.map((key) => ({ secretKey: key, remoteRef: { key } })),
    },
  })
}

async function startFaulty({ does, url }: Fault, t: TestContext): Promise<string> {
  if (does === undefined) return url?.(0) ?? ''
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    does(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return url?.(port) ?? `http://127.0.0.1:${port}`
}

interface World {
  readonly stores: readonly Store[]
  readonly url: string
  readonly deadlineMs: number
  readonly breakers?: Breakers
}

/** A run over these stores; calls counts what left for providers. */
async function read(
  externalSecrets: readonly ExternalSecret[],
  { stores, url, deadlineMs, breakers = new Map() }: World,
): Promise<{
  readonly reading: Reading
  readonly calls: readonly string[]
  readonly close: () => void
}> {
  const { context, calls, close } = testOpening({
    cluster: { secrets: { 'shop/auth': { token: 'abc' } } },
    env: { AWS_SECRETSMANAGER_ENDPOINT: url },
  })
  const { signal } = new AbortController()
  const nowMs = (): number => performance.now()
  const sleep = async (): Promise<void> => undefined
  const traffic = createTraffic({ breakers, nowMs, random: () => 0.5, sleep, signal })
  const reading = await startReading(externalSecrets, {
    gate: async (key) => {
      const store = stores.find(({ name }) => key.endsWith(`/${name}`))
      assert.ok(store !== undefined)
      return { outcome: 'found', store }
    },
    generators: { find: async () => undefined, answer: async () => ({ outcome: 'absent' }) },
    policy: OPEN_POLICY,
    open: openStore,
    contextFor: (store) => {
      const { turn, throttled } = traffic(store)
      return { ...context, turn, http: throttled(context.http) }
    },
    traffic,
    signal,
    deadlineMs,
  })
  return { reading, calls, close }
}

const first = (answers: ReadonlyMap<string, Answer>): Answer => {
  const [answer] = answers.values()
  assert.ok(answer !== undefined)
  return answer
}

/** What a store as a whole can fail with. */
const CODES: ReadonlySet<ProviderErrorCode> = new Set([
  'unavailable',
  'timeout',
  'untrusted',
  'malformed',
  'sealed',
  'throttled',
])

const good = storeOf('good', 'fake', { data: [{ key: 'k', value: 'v' }] })

for (const [provider, settingsOf] of Object.entries(settings)) {
  test(`${provider}: down in twelve ways, and the store beside it is answered at once (G-6)`, async (t) => {
    const both = [wanted('bad', ['k']), wanted('good', ['k'])] as const
    const play = async (fault: Fault): Promise<void> => {
      const url = await startFaulty(fault, t)
      const stores = [good, storeOf('bad', provider, settingsOf(url))]
      const { reading, close } = await read(both, { stores, url, deadlineMs: 600 })
      let isBadDone = false
      const bad = reading.answersFor(both[0]).then((answers) => {
        isBadDone = true
        return first(answers)
      })
      const answer = first(await reading.answersFor(both[1]))
      assert.equal(answer.outcome, 'found', fault.story)
      assert.ok(fault.isSilent !== true || !isBadDone, `${fault.story}: nobody waited for it`)
      const failed = await bad
      assert.ok(failed.outcome === 'failed', `${fault.story}: ${failed.outcome}`)
      assert.ok(CODES.has(failed.failure.code), `${fault.story}: ${failed.failure.code}`)
      await reading.close()
      close()
    }
    await Promise.all(faults.map(play))
  })
}

test('a silent store costs one deadline, and nothing in the next run until half a minute has passed', async (t) => {
  let connections = 0
  const does = (): void => {
    connections++
  }
  const url = await startFaulty({ story: 'a black hole', does }, t)
  const stores = [storeOf('bad', 'vault', settings.vault?.(url) ?? {})]
  const many = wanted(
    'bad',
    Array.from({ length: 2000 }, (_, at) => `k${at}`),
  )
  const breakers: Breakers = new Map()
  const one = await read([many], { stores, url, deadlineMs: 200, breakers })
  const answers = [...(await one.reading.answersFor(many)).values()]
  assert.equal(answers.length, 2000)
  assert.ok(answers.every(({ outcome }) => outcome === 'failed'))
  // The width of a store, and once more for those who were waiting when the first ones were given up.
  assert.ok(connections <= 64, `${connections} connections`)
  // Those that waited for a turn which never came are not told as calls.
  assert.equal(one.calls.length, connections)
  assert.equal(breakers.size, 1)
  connections = 0
  const next = await read([many], { stores, url, deadlineMs: 200, breakers })
  const again = first(await next.reading.answersFor(many))
  assert.ok(again.outcome === 'failed')
  assert.match(again.failure.message, /is not asked any more, because it did not answer/)
  assert.deepEqual([connections, next.calls], [0, []])
  one.close()
  next.close()
})

test('calls made are the distinct reads, whatever asks for them, and a store that was corrected is asked again', async (t) => {
  const data = '{"data":{"data":{"a":"b"},"metadata":{"version":1}}}'
  let connections = 0
  const answering: Fault = {
    story: 'a Vault',
    does: (socket) => {
      connections++
      socket.on('data', (chunk) => {
        for (const _ of String(chunk).matchAll(/^GET /gm)) {
          socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${data.length}\r\n\r\n${data}`)
        }
      })
    },
  }
  const url = await startFaulty(answering, t)
  const bad = storeOf('st', 'vault', settings.vault?.('http://127.0.0.1:9') ?? {})
  const mended = storeOf('st', 'vault', settings.vault?.(url) ?? {})
  const breakers: Breakers = new Map()
  const keys = Array.from({ length: 100 }, (_, at) => `k${at}`)
  const tenants = Array.from({ length: 20 }, () => wanted('st', keys))
  await (await read(tenants, { stores: [bad], url, deadlineMs: 500, breakers })).reading.close()
  const { reading, calls, close } = await read(tenants, {
    ...{ stores: [mended], url, deadlineMs: 5000, breakers },
  })
  for (const tenant of tenants) {
    const answers = await reading.answersFor(tenant)
    assert.ok([...answers.values()].every(({ outcome }) => outcome === 'found'))
  }
  assert.equal(reading.readCount(), 100)
  assert.equal(calls.length, 100)
  assert.ok(connections <= 32, `${connections} connections`)
  close()
})
