import { createHash } from 'node:crypto'
import { durationMs, parseDuration } from '../model/duration.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import { canonicalJson, isArray, type JsonObject, member, text } from '../model/json.ts'
import { firedWithin, parseCron } from './cron.ts'

// When an ExternalSecret is read again (R89–R94):
//
//  refreshPolicy │ never synced │ spec, labels or annotations changed │ interval passed
//  ──────────────┼──────────────┼─────────────────────────────────────┼─────────────────────────────
//  CreatedOnce   │ due          │                                     │
//  OnChange      │ due          │ due                                 │
//  Periodic      │ due          │ due, unless the interval is 0 (R92) │ due, unless a window is shut
//
// Whatever the policy: due when the last run failed, and when the target Secret is missing or was edited since (R3).
// Orphan looks at its Secret only when it is due anyway; a Merge without a Secret waits for the interval (R78).

const NS_PER_MS = 1_000_000n

/** What the status remembers of the last time that an ExternalSecret was read with success. */
export interface LastSync {
  readonly atMs: number
  readonly specHash: string
  readonly isFailed: boolean
}

/** Whether an ExternalSecret has to be read now. */
export interface DueQuestion {
  readonly externalSecret: ExternalSecret
  /** Undefined when it was never synced. */
  readonly last: LastSync | undefined
  /** The target Secret now, against what the last run left. */
  readonly target: 'as-left' | 'edited' | 'absent'
  readonly nowMs: number
  /** What would fall due so soon is due: the next run comes later. */
  readonly marginMs: number
}

/** Whether this run has to read it. */
export function isDue(question: DueQuestion): boolean {
  const { externalSecret, last, target } = question
  if (last === undefined || last.isFailed) return true
  if (isTargetWrong(externalSecret, target)) return true
  if (externalSecret.refreshPolicy === 'CreatedOnce') return false
  const isChanged = last.specHash !== specHash(externalSecret)
  if (externalSecret.refreshPolicy === 'OnChange') return isChanged
  return isPeriodicDue(question, last, isChanged)
}

function isTargetWrong(
  { target: { creationPolicy } }: ExternalSecret,
  target: DueQuestion['target'],
): boolean {
  if (creationPolicy === 'Orphan' || creationPolicy === 'None') return false
  return target === 'edited' || (target === 'absent' && creationPolicy !== 'Merge')
}

function isPeriodicDue(
  { externalSecret, nowMs, marginMs }: DueQuestion,
  last: LastSync,
  isChanged: boolean,
): boolean {
  const intervalMs = intervalOf(externalSecret)
  if (intervalMs <= 0) return false
  if (isChanged || last.atMs > nowMs) return true
  return last.atMs + intervalMs <= nowMs + marginMs && isWindowOpen(externalSecret, nowMs)
}

function intervalOf({ refreshInterval }: ExternalSecret): number {
  return durationMs(refreshInterval)
}

/** When it is read next, for people; undefined when time alone makes nothing due. */
export function nextRefreshMs(externalSecret: ExternalSecret, nowMs: number): number | undefined {
  const intervalMs = externalSecret.refreshPolicy === 'Periodic' ? intervalOf(externalSecret) : 0
  return intervalMs > 0 ? nowMs + intervalMs : undefined
}

/** R94: `allow` needs an active window, `deny` forbids one. What is no schedule is never active. */
export function isWindowOpen({ syncWindows }: ExternalSecret, nowMs: number): boolean {
  if (syncWindows === undefined) return true
  const windows = member(syncWindows, 'windows')
  const isActive = (isArray(windows) ? windows : []).some((window) => {
    const schedule = parseCron(text(member(window, 'schedule')) ?? '')
    const duration = parseDuration(text(member(window, 'duration')) ?? '')
    if (schedule === undefined || duration === undefined) return false
    return firedWithin(schedule, nowMs, Number(duration / NS_PER_MS))
  })
  return member(syncWindows, 'kind') === 'deny' ? !isActive : isActive
}

/** Changes with the spec, the labels and the annotations (R73), and with nothing else. */
export function specHash({ object }: ExternalSecret): string {
  const metadata = member(object, 'metadata')
  const content: JsonObject = {
    annotations: member(metadata, 'annotations'),
    labels: member(metadata, 'labels'),
    spec: member(object, 'spec'),
  }
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 32)
}
