import { createHash } from 'node:crypto'
import { type KubeApi, KubeError } from '../kube/api.ts'
import type { OwnerReference } from '../model/secret.ts'
import { timeText } from '../plan/object-status.ts'
import { shortened } from '../report/plain.ts'
import type { RunResult } from './result.ts'

// The API server refuses notes of more than 1 kB.
const MESSAGE_MAX = 1000
const EVENTS_MAX = 20

/** What events are about, and when. */
export interface EventHome {
  readonly kube: KubeApi
  /** Empty for what is of the cluster: the API server wants its events in `default`. */
  readonly namespace: string
  /** For an entry of a bundle, which is no object of the cluster, its bundle. */
  readonly about: Omit<OwnerReference, 'controller'>
  readonly nowMs: number
}

/** One event in ESO's words (R99). */
export interface Told {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** Told once for each of these: without it what stays so is told once, and not at every run. */
  readonly occasion?: string
  /** Told once whatever the message says of it: figures in it may change. */
  readonly topic?: string
}

/**
 * A Warning per failed ExternalSecret and a word for each Secret that was deleted, in ESO's reasons (R99). The name follows
 * from what is said, so that a failure that stays is told once and not at every run. Answers a note when events could not
 * be made, for they stop nothing.
 */
export async function recordRun(
  results: readonly RunResult[],
  pruned: readonly string[],
  home: EventHome,
): Promise<readonly string[]> {
  const occasion = String(home.nowMs)
  const deleted = (message: string): Told => {
    return { type: 'Normal', reason: 'Deleted', message, occasion }
  }
  const failures = wordsOf('failed', results).map(
    (message): Told => ({ type: 'Warning', reason: 'UpdateFailed', message }),
  )
  const orphans = pruned.map(
    (name) => `Secret/${home.namespace}/${name} was pruned: no ExternalSecret asks for it any more`,
  )
  const deletions = [...wordsOf('deleted', results), ...orphans].map(deleted)
  const told = [...failures.slice(0, EVENTS_MAX), ...deletions.slice(0, EVENTS_MAX)]
  const refusals = await Promise.all(told.map((one) => recordEvent(one, home)))
  const refusal = refusals.find((one) => one !== undefined)
  return refusal === undefined ? [] : [`events could not be written: ${refusal}`]
}

function wordsOf(outcome: RunResult['outcome'], results: readonly RunResult[]): readonly string[] {
  return results
    .filter((one) => one.outcome === outcome)
    .map(
      ({ externalSecret, condition }) => `ExternalSecret/${externalSecret}: ${condition.message}`,
    )
}

/** Answers why it could not be told, in the same words for each event. */
export async function recordEvent(
  { type, reason, message: words, occasion = '', topic }: Told,
  { kube, namespace, about, nowMs }: EventHome,
): Promise<string | undefined> {
  const message = shortened(words, MESSAGE_MAX)
  const hash = createHash('sha256')
    .update((topic ?? message) + occasion)
    .digest('hex')
    .slice(0, 16)
  const { apiVersion, kind, name, uid } = about
  const time = timeText(nowMs)
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    // Names of objects may be as long as a name may be.
    metadata: { name: `${name.slice(0, 230)}.${hash}`, namespace: namespace || 'default' },
    involvedObject: { apiVersion, kind, name, ...(namespace && { namespace }), uid },
    type,
    reason,
    message,
    source: { component: 'waybill' },
    reportingComponent: 'waybill',
    reportingInstance: name,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  }
  try {
    await kube.create(event, 'waybill')
    return undefined
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    // An event that is there already has been told.
    return error.code === 'conflict' ? undefined : withoutSubject(error)
  }
}

/** A KubeError names the object first, and an event has a name that nobody knows. */
function withoutSubject({ message }: KubeError): string {
  return message.slice(message.indexOf(': ') + 1).trim()
}
