import { randomBytes } from 'node:crypto'
import { isObject, type JsonObject, type JsonValue } from '../../../src/model/json.ts'
import type { Answer, Read } from '../../../src/model/provider.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { decodeStore, type Store } from '../../../src/model/store.ts'
import type { Credentials, KeyRef, NameRef, OpenContext } from '../../../src/providers/provider.ts'
import { atOnce } from '../../../src/providers/turn.ts'
import { createEngineLoader } from '../../../src/sync/engines.ts'
import { createHttpClient } from '../../../src/sync/transport.ts'

// What a test gives to a provider's opener: a cluster in a map, a clock, no waiting, and a count of the calls.

export interface TestCluster {
  /** `namespace/name` of a Secret → key → text. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Labels of some of these Secrets. */
  readonly labels?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly configMaps?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** `namespace/name` of a ServiceAccount → its annotations. */
  readonly accounts?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly token?: (account: string, audiences: readonly string[], seconds: number) => string
  readonly ownToken?: string
}

export interface TestOpening {
  readonly context: OpenContext
  /** Calls that the provider says it made. */
  readonly calls: string[]
  /** What it would have waited. */
  readonly slept: number[]
  readonly close: () => void
}

export interface TestOptions {
  readonly cluster?: TestCluster
  readonly env?: Readonly<Record<string, string>>
  readonly nowMs?: () => number
  readonly signal?: AbortSignal
  /** Namespace of the ExternalSecret. */
  readonly namespace?: string
}

export function testOpening(options: TestOptions = {}): TestOpening {
  const calls: string[] = []
  const slept: number[] = []
  const http = createHttpClient()
  const namespace = options.namespace ?? 'shop'
  return {
    calls,
    slept,
    close: () => http.close(),
    context: {
      namespace,
      credentials: testCredentials(options.cluster ?? {}, namespace),
      http,
      nowMs: options.nowMs ?? Date.now,
      random: () => 0.5,
      sleep: async (delayMs, signal) => {
        slept.push(delayMs)
        signal.throwIfAborted()
      },
      env: options.env ?? {},
      templates: createEngineLoader({ nowMs: Date.now, randomBytes }).templates,
      signal: options.signal ?? new AbortController().signal,
      turn: atOnce,
      onCall: (call) => {
        calls.push(call)
      },
    },
  }
}

function testCredentials(cluster: TestCluster, namespace: string): Credentials {
  const place = (ref: NameRef): string => `${ref.namespace ?? namespace}/${ref.name}`
  const value = (ref: KeyRef): SecretValue | undefined => {
    const text = cluster.secrets?.[place(ref)]?.[ref.key]
    return text === undefined ? undefined : SecretValue.fromText(text)
  }
  return {
    secretKey: async (ref) => value(ref),
    secret: async (ref) => {
      const data = cluster.secrets?.[place(ref)]
      if (data === undefined) return undefined
      const entries = Object.entries(data)
      return {
        labels: new Map(Object.entries(cluster.labels?.[place(ref)] ?? {})),
        data: new Map(entries.map(([key, text]) => [key, SecretValue.fromText(text)])),
      }
    },
    configMapKey: async (ref) => cluster.configMaps?.[place(ref)]?.[ref.key],
    serviceAccount: async (ref) => {
      const annotations = cluster.accounts?.[place(ref)]
      if (annotations === undefined) return undefined
      return { annotations: new Map(Object.entries(annotations)) }
    },
    serviceAccountToken: async (ref, audiences, seconds) =>
      SecretValue.fromText(cluster.token?.(place(ref), audiences, seconds) ?? 'no.token.here'),
    ownToken: async () =>
      cluster.ownToken === undefined ? undefined : SecretValue.fromText(cluster.ownToken),
  }
}

/** A SecretStore `shop/store` of this provider. `spec` holds what stands beside `provider`. */
export function testStore(provider: string, settings: JsonObject, spec: JsonObject = {}): Store {
  return decodeStore({
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'store', namespace: 'shop' },
    spec: { ...spec, provider: { [provider]: settings } },
  })
}

export function testClusterStore(provider: string, settings: JsonObject): Store {
  return decodeStore({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ClusterSecretStore',
    metadata: { name: 'store' },
    spec: { provider: { [provider]: settings } },
  })
}

export function get(key: string, version?: string): Read & { readonly op: 'get' } {
  const store = 'SecretStore/shop/store'
  return { op: 'get', store, key, version, metadata: false, property: undefined }
}

export function fetchMetadata(key: string): Read {
  return { ...get(key), metadata: true }
}

/** An answer in one word: the text, `absent`, or the code of a failure. */
export function inShort(answer: Answer | undefined): string {
  if (answer === undefined) return 'no answer'
  switch (answer.outcome) {
    case 'found': {
      const { text, binary, data } = answer.payload
      if (text !== undefined) return decode(text)
      if (binary !== undefined) return `binary ${decode(binary)}`
      const parts = [...(data ?? [])].map(([key, value]) => [key, decode(value)])
      return data === undefined ? 'nothing' : JSON.stringify(Object.fromEntries(parts))
    }
    case 'failed':
      return answer.failure.code
    default:
      return answer.outcome
  }
}

export function decode(value: SecretValue): string {
  return new TextDecoder().decode(value.reveal())
}

/** Every string that an answer or error could print, its hidden members included. */
export function printed(value: unknown): string {
  const seen = new Set<unknown>()
  const texts: string[] = []
  const walk = (at: unknown): void => {
    if (typeof at === 'string') texts.push(at)
    if (typeof at !== 'object' || at === null || seen.has(at) || at instanceof SecretValue) return
    seen.add(at)
    for (const key of Reflect.ownKeys(at)) walk(Reflect.get(at, key))
    if (at instanceof Map) for (const entry of at) walk([...entry])
  }
  walk(value)
  return texts.join('\n')
}

export function asObject(value: JsonValue): JsonObject {
  return isObject(value) ? value : {}
}
