import { durationMs } from '../../model/duration.ts'
import { dig, isArray, type JsonObject } from '../../model/json.ts'
import type { OutcomeError } from '../../model/outcome.ts'
import type { SyncedPushSecrets } from '../../model/push.ts'
import { decodePushSecret, type PushSecret } from '../../model/push-secret.ts'
import { timeText } from '../../plan/object-status.ts'
import { pushDueInMs } from '../../plan/push-due.ts'
import { decodeSynced } from '../push/memory.ts'
import type { PushPorts } from '../push/ports.ts'
import { pushOne, withdraw } from '../push/push.ts'
import { pushStatusPatch, statusOfReady } from '../push/push-status.ts'
import { failedOutcome, type PushOutcome } from '../push/result.ts'
import { type Teller, tellOf, toldOfPush, toldOfRival } from './object-events.ts'
import { type Rival, rivalOf } from './rival.ts'
import { writeObjectStatus } from './status-writer.ts'

// One look at one PushSecret:
//
//  it                        │ deletionPolicy │ then
//  ──────────────────────────┼────────────────┼────────────────────────────────────────────────────────
//  another controller keeps it│                │ nothing
//  is there, not due         │                │ nothing
//  is there, due             │                │ push, write the status
//  is there, no finalizer    │ Delete         │ the finalizer first: nothing is pushed that would be left behind
//  its Secrets are gone      │ Delete         │ take back, at the second sighting
//  is being deleted          │ Delete         │ take back, then let it go
//  is being deleted          │ None           │ let it go

const PERIODIC = 'Periodic' as const
const FINALIZER = 'pushsecret.externalsecrets.io/finalizer'

/** What a look works with. */
export interface PushWorld extends Teller {
  readonly ports: PushPorts
  readonly fieldManager: string
  /** Takes over at once what External Secrets Operator keeps. */
  readonly adopts: boolean
  readonly isForced: boolean
  /** As the watch tells. */
  readonly isSourceChanged: boolean
  /** The Secret that it names was missing at the last look already, and long enough ago. */
  readonly isSourceGoneFor: 'unknown' | 'now' | 'twice'
}

/** What a look came to. */
export type PushLook =
  /** Gone, or let go. */
  | { readonly look: 'gone' }
  | { readonly look: 'not-due'; readonly inMs: number | undefined }
  /** Another controller keeps it. */
  | { readonly look: 'left'; readonly rival: Rival }
  /** Its Secret is gone for the first time: to be looked at again. */
  | { readonly look: 'waiting'; readonly outcome: PushOutcome }
  /** `inMs` is until the next push; undefined when time alone makes none due. */
  | { readonly look: 'pushed'; readonly outcome: PushOutcome; readonly inMs: number | undefined }

/** Reads it anew: what was remembered of the last push may be younger than what the watch told. Throws KubeError. */
export async function lookAtPushSecret(seen: PushSecret, world: PushWorld): Promise<PushLook> {
  const { kube } = world
  const { namespace, name } = seen
  const ref = { apiVersion: 'external-secrets.io/v1alpha1', kind: 'PushSecret', namespace, name }
  const object = await kube.get(ref)
  if (object === undefined) return { look: 'gone' }
  const pushSecret = decodePushSecret(object)
  const { nowMs, isForced, isSourceChanged } = world
  const kept = { object, refreshInterval: pushSecret.refreshInterval, refreshPolicy: PERIODIC }
  const rival = rivalOf(kept, { ...world, wroteMs: 0 })
  if (rival !== undefined) {
    await tellOf(object, [toldOfRival('PushSecret', rival)], world)
    return { look: 'left', rival }
  }
  if (dig(object, 'metadata', 'deletionTimestamp') !== undefined) return leave(pushSecret, world)
  const inMs = pushDueInMs(pushSecret, { nowMs, isSourceChanged })
  if (inMs !== 0 && !isForced) return { look: 'not-due', inMs }
  const held = await hold(pushSecret, world)
  const remembered = decodeSynced(dig(held.object, 'status', 'syncedPushSecrets'))
  if (isToWait(held, remembered, world)) {
    const outcome = failedOutcome(held, [goneError(held)], { synced: remembered })
    await note(held, outcome, world)
    return { look: 'waiting', outcome }
  }
  const outcome = await pushOne(held, remembered, world.ports)
  await note(held, outcome, world)
  const intervalMs = durationMs(held.refreshInterval)
  return { look: 'pushed', outcome, inMs: intervalMs > 0 ? intervalMs : undefined }
}

/** A Secret that is replaced is away for a moment: what was pushed of it is not taken back at once. */
function isToWait(
  { deletionPolicy }: PushSecret,
  remembered: SyncedPushSecrets,
  { isSourceGoneFor }: PushWorld,
): boolean {
  return deletionPolicy === 'Delete' && remembered.size > 0 && isSourceGoneFor === 'now'
}

function goneError({ namespace, selector }: PushSecret): OutcomeError {
  const { secretName } = selector
  const gone =
    secretName === undefined
      ? `no Secret of ${namespace} has the labels of the selector`
      : `source Secret ${namespace}/${secretName} does not exist`
  return {
    code: 'SecretNotFound',
    field: secretName === undefined ? 'spec.selector' : 'spec.selector.secret.name',
    message: `${gone}; what was pushed of it is taken back if it stays away`,
  }
}

/** With the finalizer that its deletionPolicy asks for, and no other of ours. */
async function hold(
  pushSecret: PushSecret,
  { kube, fieldManager }: PushWorld,
): Promise<PushSecret> {
  const { object, deletionPolicy } = pushSecret
  const finalizers = finalizersOf(object)
  const isHeld = finalizers.includes(FINALIZER)
  if (isHeld === (deletionPolicy === 'Delete')) return pushSecret
  const wanted = isHeld ? finalizers.filter((one) => one !== FINALIZER) : [...finalizers, FINALIZER]
  return decodePushSecret(await kube.patchFinalizers(object, wanted, fieldManager))
}

/** What was pushed is taken back before it goes; what cannot be taken back keeps it. */
async function leave(pushSecret: PushSecret, world: PushWorld): Promise<PushLook> {
  const { object, deletionPolicy } = pushSecret
  const finalizers = finalizersOf(object)
  if (!finalizers.includes(FINALIZER)) return { look: 'gone' }
  let last = object
  if (deletionPolicy === 'Delete') {
    const remembered = decodeSynced(dig(object, 'status', 'syncedPushSecrets'))
    const outcome = await withdraw(pushSecret, remembered, world.ports)
    if (outcome.errors.length > 0) {
      await note(pushSecret, outcome, world)
      return { look: 'pushed', outcome, inMs: undefined }
    }
    last = await note(pushSecret, outcome, world)
  }
  const left = finalizersOf(last).filter((one) => one !== FINALIZER)
  await world.kube.patchFinalizers(last, left, world.fieldManager)
  return { look: 'gone' }
}

/** Status and events; answers the object with its new status. */
async function note(
  { object }: PushSecret,
  outcome: PushOutcome,
  { kube, fieldManager, nowMs, warn }: PushWorld,
): Promise<JsonObject> {
  if (outcome.outcome === 'skipped') return object
  const patch = pushStatusPatch(object, outcome, timeText(nowMs))
  const noted = patch && (await writeObjectStatus({ kube, fieldManager }, object, patch))
  const wasReady = statusOfReady(object) === 'True'
  await tellOf(object, toldOfPush(outcome, { wasReady, nowMs }), { kube, nowMs, warn })
  return noted ?? object
}

function finalizersOf(object: JsonObject): readonly string[] {
  const finalizers = dig(object, 'metadata', 'finalizers')
  return isArray(finalizers) ? finalizers.filter((one) => typeof one === 'string') : []
}
