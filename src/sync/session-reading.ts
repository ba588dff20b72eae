import { OPEN_POLICY, type StorePolicy } from '../model/store-policy.ts'
import { openStore } from '../providers/open.ts'
import type { Credentials, OpenContext } from '../providers/provider.ts'
import { atOnce } from '../providers/turn.ts'
import { clusterGenerators } from './cluster-generators.ts'
import { clusterStores } from './cluster-stores.ts'
import { fencedCredentials, generatorCredentials } from './credentials.ts'
import { deadline } from './deadline.ts'
import type { EngineLoader } from './engines.ts'
import { createGenerators } from './generators.ts'
import type { ReadingOptions } from './reading.ts'
import type { SessionPorts } from './session-context.ts'
import { createStoreGate } from './store-gate.ts'
import { createTraffic } from './traffic.ts'
import type { Work } from './work.ts'

/** What of a run's work says where stores and generators are. */
export type SourcesOfWork = Pick<Work, 'stores' | 'generators' | 'storeNamespace'>

/** What a session has besides its work and its ports. */
export interface SessionParts {
  readonly engines: EngineLoader
  readonly calls: Map<string, number>
  /** What providers want to be told beside their answers. */
  readonly notices?: Set<string>
  readonly policy: StorePolicy | undefined
}

// One login, or one batch of reads.
const READ_DEADLINE_MS = 30_000

/** How the reads of a session reach stores and generators; `calls` counts what leaves for providers. */
export function sessionReading(
  work: SourcesOfWork,
  ports: SessionPorts,
  { engines, calls, notices = new Set(), policy = OPEN_POLICY }: SessionParts,
): ReadingOptions {
  const { kube, credentials, signal, onRefused } = ports
  const { stores: given, storeNamespace } = work
  const stores = clusterStores({ kube, given, storeNamespace, onRefused })
  const worldOf = worldFor(ports, engines.templates, { calls, notices })
  const traffic = createTraffic({ ...ports, nowMs: ports.monotonicMs })
  const generators = createGenerators(clusterGenerators(ports, work.generators), {
    randomBytes: ports.randomBytes,
    contextFor: (of) => ({
      ...worldOf(of, generatorCredentials(of, credentials)),
      signal: deadline(signal, READ_DEADLINE_MS),
    }),
  })
  return {
    gate: createStoreGate(stores, engines, {
      requiresConditions: policy.requiresConditions,
      isDiscreet: true,
    }),
    policy,
    generators,
    open: openStore,
    contextFor: (store, of) => {
      const { turn, throttled } = traffic(store)
      const world = worldOf(of, fencedCredentials(store, of, credentials))
      return { ...world, turn, http: throttled(ports.httpFor(store)) }
    },
    traffic,
    signal,
    deadlineMs: READ_DEADLINE_MS,
  }
}

/** What a store or generator may use on behalf of one namespace; every call is counted. */
function worldFor(
  ports: SessionPorts,
  templates: OpenContext['templates'],
  { calls, notices }: Required<Pick<SessionParts, 'calls' | 'notices'>>,
) {
  const { metadata, nowMs, random, sleep, env, onCallEnded } = ports
  // A generator is of a namespace, like its ExternalSecret.
  const http = ports.httpFor({ kind: 'SecretStore', provider: '' })
  const onCall = (call: string): void => {
    calls.set(call, (calls.get(call) ?? 0) + 1)
  }
  return (namespace: string, credentials: Credentials): Omit<OpenContext, 'signal'> => ({
    ...{
      namespace,
      credentials,
      http,
      metadata,
      nowMs,
      random,
      sleep,
      env,
      turn: atOnce,
      templates,
      onCall,
      onCallEnded,
      onNotice: (words) => {
        notices.add(words)
      },
    },
  })
}
