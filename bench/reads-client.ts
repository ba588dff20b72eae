import { Agent, get } from 'node:http'
import { decodeExternalSecret, type ExternalSecret } from '../src/model/external-secret.ts'
import type { JsonObject } from '../src/model/json.ts'
import { SecretValue } from '../src/model/secret-value.ts'
import { decodeStore } from '../src/model/store.ts'
import { OPEN_POLICY } from '../src/model/store-policy.ts'
import { inLanes } from '../src/providers/lanes.ts'
import { openStore } from '../src/providers/open.ts'
import type { OpenContext } from '../src/providers/provider.ts'
import { createEngineLoader } from '../src/sync/engines.ts'
import { type ReadingOptions, startReading } from '../src/sync/reading.ts'
import { createTraffic } from '../src/sync/traffic.ts'
import { createHttpClient } from '../src/sync/transport.ts'
import { readsOf } from '../src/values/assemble.ts'

// One client of a bench of reads, in a process of its own, so that its CPU and memory are its own: the reads of COUNT
// ExternalSecrets by the planner of a run, or one after the other as a reconciler with one worker makes them.
// "bare" is the floor: the same calls to Vault by nothing but node:http, 32 at once.
// "first", "steady" and "eso" count the calls to the API server as well: those of a run that creates every Secret, of one that
// changes none, and a model of what ESO's sources do for each ExternalSecret: no operator is running here.
//   reads-client COUNT aws|vault planner|worker|bare|first|steady|eso PORT

const [count = '', provider = '', way = '', port = ''] = process.argv.slice(2)

const AT_ONCE = 32
/** Objects of one page of a LIST. */
const PAGE = 500
/** For the sake of time: the number of calls is the same with one. */
const ESO_WORKERS = 10

/** 3 entries each; 40 % of the entries on keys that some twenty share. */
function externalSecrets(): readonly ExternalSecret[] {
  const total = Number(count)
  const sharedKeys = Math.max(1, Math.round((total * 3 * 0.4) / 20))
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  return Array.from({ length: total }, (_, at) =>
    decodeExternalSecret({
      metadata: { name: `es-${at}`, namespace: 'shop' },
      spec: {
        secretStoreRef: { kind: 'SecretStore', name: 'st' },
        data: [0, 1, 2].map((entry) => ({
          secretKey: `k${entry}`,
          remoteRef: {
            key: random(10) < 4 ? `shared-${random(sharedKeys)}` : `own-${at}-${entry}`,
          },
        })),
      },
    }),
  )
}

const ref = (key: string): JsonObject => ({ name: 'credentials', key })
const SETTINGS: Readonly<Record<string, JsonObject>> = {
  aws: {
    service: 'SecretsManager',
    region: 'eu-central-1',
    auth: { secretRef: { accessKeyIDSecretRef: ref('id'), secretAccessKeySecretRef: ref('key') } },
  },
  vault: {
    server: `http://127.0.0.1:${port}`,
    path: 'secret',
    version: 'v2',
    auth: { tokenSecretRef: ref('token') },
  },
}

const store = decodeStore({
  kind: 'SecretStore',
  metadata: { name: 'st', namespace: 'shop' },
  spec: { provider: { [provider]: SETTINGS[provider] ?? {} } },
})
const http = createHttpClient()
const { signal } = new AbortController()
const sleep = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs))
const nowMs = (): number => performance.now()
const traffic = createTraffic({ breakers: new Map(), nowMs, random: Math.random, sleep, signal })

function context(): Omit<OpenContext, 'signal'> {
  const { turn, throttled } = traffic(store)
  return {
    namespace: 'shop',
    credentials: {
      secretKey: async () => SecretValue.fromText('AKIDEXAMPLE'),
      configMapKey: async () => undefined,
      serviceAccount: async () => undefined,
      serviceAccountToken: async () => SecretValue.fromText('x'),
      ownToken: async () => undefined,
    },
    http: throttled(http),
    nowMs: Date.now,
    random: Math.random,
    sleep,
    env: { AWS_SECRETSMANAGER_ENDPOINT: `http://127.0.0.1:${port}` },
    turn,
    templates: createEngineLoader({ nowMs: Date.now, randomBytes: () => new Uint8Array() })
      .templates,
    onCall: () => undefined,
  }
}

/** Everything at once, as a run does it, and what is done for each that has its answers. Gives how many reads came back. */
async function byPlanner(
  wanted: readonly ExternalSecret[],
  apply?: (name: string) => Promise<void>,
): Promise<number> {
  const options: ReadingOptions = {
    gate: async () => ({ outcome: 'found', store }),
    generators: { find: async () => undefined, answer: async () => ({ outcome: 'absent' }) },
    policy: OPEN_POLICY,
    open: openStore,
    contextFor: () => context(),
    traffic,
    signal,
    deadlineMs: 30_000,
  }
  const reading = await startReading(wanted, options)
  let found = 0
  const take = async (one: ExternalSecret): Promise<void> => {
    for (const answer of (await reading.answersFor(one)).values()) {
      if (answer.outcome === 'found') found++
    }
    await apply?.(one.name)
  }
  if (apply === undefined) for (const one of wanted) await take(one)
  else await inLanes(wanted, AT_ONCE, take)
  await reading.close()
  return found
}

/** One ExternalSecret after the other, one read per distinct key of it. */
async function byWorker(wanted: readonly ExternalSecret[]): Promise<number> {
  const opened = await openStore(store, { ...context(), signal })
  let found = 0
  for (const one of wanted) {
    const reads = new Map(readsOf(one, 'shop').map(({ read }) => [JSON.stringify(read), read]))
    for (const read of reads.values()) {
      const [answer] = await opened.read([read], signal)
      if (answer?.outcome === 'found') found++
    }
  }
  await opened.close()
  return found
}

/** One call to the API server, which only counts. */
async function kube(method: 'GET' | 'PATCH' | 'POST' | 'PUT', path: string): Promise<void> {
  const body = method === 'GET' ? undefined : new TextEncoder().encode('{}')
  const url = `http://127.0.0.1:${port}${path}`
  await http.request({ method, url, headers: {}, body, tls: undefined, timeoutMs: 30_000, signal })
}

const SECRETS = '/api/v1/namespaces/shop/secrets'

/** A run on a cluster without any of its Secrets: one page says so, then each is applied. */
async function byFirstRun(wanted: readonly ExternalSecret[]): Promise<number> {
  await kube('GET', `${SECRETS}?limit=${PAGE}`)
  return byPlanner(wanted, (name) => kube('PATCH', `${SECRETS}/${name}`))
}

/** A run that finds everything as it should be. */
async function bySteadyRun(wanted: readonly ExternalSecret[]): Promise<number> {
  for (let at = 0; at < wanted.length; at += PAGE) {
    await kube('GET', `${SECRETS}?limit=${PAGE}&continue=${at}`)
  }
  return byPlanner(wanted)
}

/**
 * Each ExternalSecret by itself: its finalizer, a client of its own for the store, one read per distinct key, the Secret, the
 * status. ESO makes the same calls again at every refresh, whether something has changed or not.
 */
async function byEso(wanted: readonly ExternalSecret[]): Promise<number> {
  let found = 0
  const crd = '/apis/external-secrets.io/v1/namespaces/shop/externalsecrets'
  await inLanes(wanted, ESO_WORKERS, async (one) => {
    await kube('PATCH', `${crd}/${one.name}`)
    const answered = await byWorker([one])
    found += answered
    await kube('POST', SECRETS)
    await kube('PUT', `${crd}/${one.name}/status`)
  })
  return found
}

/** One GET on a kept connection, its body thrown away. */
function bareGet(agent: Agent, key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = `/v1/secret/data/${key}`
    get({ agent, host: '127.0.0.1', port, path }, (incoming) => {
      incoming.resume()
      incoming.on('end', resolve)
    }).on('error', reject)
  })
}

/** Gives the entries, so that none counts as lost: it knows only the calls. */
async function bare(wanted: readonly ExternalSecret[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const keys = new Set(wanted.flatMap((one) => one.data.map(({ remoteRef }) => remoteRef.key)))
  await inLanes([...keys], AT_ONCE, (key) => bareGet(agent, key))
  agent.destroy()
  return entriesOf(wanted)
}

function entriesOf(wanted: readonly ExternalSecret[]): number {
  return wanted.reduce(
    (sum, one) => sum + new Set(one.data.map(({ remoteRef }) => remoteRef.key)).size,
    0,
  )
}

const WAYS = {
  planner: (all: readonly ExternalSecret[]) => byPlanner(all),
  worker: byWorker,
  bare,
  first: byFirstRun,
  steady: bySteadyRun,
  eso: byEso,
}
const wanted = externalSecrets()
const before = process.cpuUsage()
const beganMs = performance.now()
const found = await WAYS[way as keyof typeof WAYS](wanted)
const { user, system } = process.cpuUsage(before)
http.close()
const entries = entriesOf(wanted)
const distinct = new Set(wanted.flatMap((one) => one.data.map(({ remoteRef }) => remoteRef.key)))
console.log(
  JSON.stringify({
    wallMs: performance.now() - beganMs,
    cpuMs: (user + system) / 1000,
    rssMiB: process.resourceUsage().maxRSS / 1024,
    lost: entries - found,
    distinct: distinct.size,
    entries,
  }),
)
