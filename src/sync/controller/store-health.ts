import { durationMs } from '../../model/duration.ts'
import {
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../../model/json.ts'
import type { Parity } from '../../model/parity.ts'
import type { Store } from '../../model/store.ts'
import type { StorePolicy } from '../../model/store-policy.ts'
import type { AnyCondition } from '../../plan/object-status.ts'
import { ProviderError } from '../../providers/provider.ts'
import { canWrite } from '../../providers/push.ts'
import { deadline, within } from '../deadline.ts'
import { createEngineLoader } from '../engines.ts'
import type { SessionPorts } from '../session-context.ts'
import { sessionReading } from '../session-reading.ts'

// Whether a store can be used, in ESO's words (R100), found out by logging in:
//
//  store                                            │ Ready │ reason
//  ─────────────────────────────────────────────────┼───────┼──────────────────────
//  opens                                            │ True  │ Valid
//  its credentials are those of each ExternalSecret │ True  │ ValidationUnknown
//  its settings or credentials are no good          │ False │ InvalidProviderConfig, unable to create client
//  the provider says no, or nothing                 │ False │ InvalidProviderConfig, unable to validate store

const OPEN_MS = 30_000
const CLOSE_MS = 5_000
const INTERVAL_MS = 300_000

/** How a store is opened. */
export interface StoreLook {
  readonly ports: SessionPorts
  readonly policy: StorePolicy
  readonly storeNamespace: string
  readonly parity: Parity
}

/** Logs in and out again. Never rejects for a failure of the world. */
export async function healthOfStore(store: Store, look: StoreLook): Promise<AnyCondition> {
  if (isReferent(store)) {
    return ready('True', 'ValidationUnknown', 'could not determine validation status')
  }
  try {
    // The deadline outlives the look; what hangs on it does not.
    const late = deadline(look.ports.signal, OPEN_MS)
    await within(late, (signal) => logInAndOut(store, look, signal))
    return ready('True', 'Valid', 'store validated')
  } catch (error) {
    const isKnown = error instanceof ProviderError
    const isOwn = isKnown && OWN_FAULTS.has(error.code)
    const words = isOwn ? 'unable to create client' : 'unable to validate store'
    const cause = isKnown ? error.message : causeOf(error)
    const message = look.parity.conditionTellsCause ? `${words}: ${cause}` : words
    return ready('False', 'InvalidProviderConfig', message)
  }
}

/** What is wrong before the provider is asked. */
const OWN_FAULTS: ReadonlySet<string> = new Set(['credentials-not-found', 'invalid', 'unsupported'])

function ready(status: AnyCondition['status'], reason: string, message: string): AnyCondition {
  return { type: 'Ready', status, reason, message }
}

/** A bug of ours shows by its name alone: its text may quote a value. */
function causeOf(error: unknown): string {
  const name = error instanceof Error ? error.name : 'unknown'
  const isLate = name === 'TimeoutError' || name === 'AbortError'
  return isLate ? `no answer within ${OPEN_MS / 1000} s` : `internal error ${name}`
}

async function logInAndOut(
  store: Store,
  { ports, policy, storeNamespace }: StoreLook,
  signal: AbortSignal,
): Promise<void> {
  const engines = createEngineLoader(ports)
  const work = { stores: new Map(), generators: new Map(), storeNamespace }
  const reading = sessionReading(work, ports, { engines, calls: new Map(), policy })
  const context = { ...reading.contextFor(store, store.namespace), signal }
  const opening = reading.open(store, context)
  const provider = await inTime(opening, signal)
  try {
    await inTime(provider.check?.(signal) ?? Promise.resolve(), signal)
  } finally {
    await Promise.race([provider.close(), aborted(AbortSignal.timeout(CLOSE_MS))])
  }
}

/** A provider that ignores its signal must not hold the look. */
async function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = aborted(signal).then(() => {
    throw Object.assign(new Error(), { name: 'TimeoutError' })
  })
  return Promise.race([work, late])
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

/** A ClusterSecretStore whose credentials are in the namespace of whoever uses it: nobody can say for all of them. */
function isReferent({ kind, settings }: Store): boolean {
  return kind === 'ClusterSecretStore' && hasReferent(settings)
}

function hasReferent(value: JsonValue | undefined): boolean {
  if (isArray(value)) return value.some(hasReferent)
  if (!isObject(value)) return false
  return Object.entries(value).some(([key, below]) => {
    const isRef = /(?:SecretRef|secretRef|serviceAccountRef|ServiceAccountRef)$/.test(key)
    const isNamed = isObject(below) && text(below.name) !== undefined
    if (isRef && isNamed && (text(member(below, 'namespace')) ?? '') === '') return true
    return hasReferent(below)
  })
}

/** What can be done with it here. */
export function capabilitiesOf({ provider }: Store): 'ReadOnly' | 'ReadWrite' {
  return canWrite(provider) ? 'ReadWrite' : 'ReadOnly'
}

/** When it is looked at again: whole seconds or a duration; five minutes where it does not say. */
export function storeIntervalMs({ object }: { readonly object: JsonObject }): number {
  const authored = member(member(object, 'spec'), 'refreshInterval')
  const ms = typeof authored === 'number' ? authored * 1000 : durationMs(text(authored) ?? '')
  return ms > 0 ? ms : INTERVAL_MS
}
