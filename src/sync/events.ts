import { createHash } from 'node:crypto'
import { type KubeApi, KubeError } from '../kube/api.ts'
import type { OwnerReference } from '../model/secret.ts'
import { shortened } from '../report/plain.ts'
import type { RunResult } from './result.ts'

// The API server refuses notes of more than 1 kB.
const MESSAGE_MAX = 1000
const EVENTS_MAX = 20

/** Where events go. */
export interface EventHome {
  readonly kube: KubeApi
  readonly namespace: string
  /** What the events are about: the bundle stands for its ExternalSecrets, which are no objects of the cluster. */
  readonly anchor: OwnerReference
  readonly nowMs: number
}

/**
 * A Warning per failed ExternalSecret, in ESO's words (R99). The name follows from what is said, so that a failure that
 * stays is told once and not at every run. Answers a note when events could not be made, for they stop nothing.
 */
export async function recordFailures(
  results: readonly RunResult[],
  home: EventHome,
): Promise<readonly string[]> {
  const failed = results.filter(({ outcome }) => outcome === 'failed').slice(0, EVENTS_MAX)
  const refusals = await Promise.all(failed.map((result) => record(result, home)))
  const refusal = refusals.find((one) => one !== undefined)
  return refusal === undefined ? [] : [`events could not be written: ${refusal}`]
}

/** Why it could not be told. */
async function record(
  { externalSecret, condition }: RunResult,
  { kube, namespace, anchor, nowMs }: EventHome,
): Promise<string | undefined> {
  const message = shortened(`ExternalSecret/${externalSecret}: ${condition.message}`, MESSAGE_MAX)
  const hash = createHash('sha256').update(message).digest('hex').slice(0, 16)
  const { apiVersion, kind, name, uid } = anchor
  const time = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${hash}`, namespace },
    involvedObject: { apiVersion, kind, name, namespace, uid },
    type: 'Warning',
    reason: 'UpdateFailed',
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
    return error.code === 'conflict' ? undefined : error.message
  }
}
