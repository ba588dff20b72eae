import { durationMs } from '../../model/duration.ts'
import type { ExternalSecret } from '../../model/external-secret.ts'
import { isArray, isObject, type JsonObject, member, text } from '../../model/json.ts'

// Two controllers that write one Secret never come to rest. Who wrote a status says who keeps an ExternalSecret: the API
// server writes it down in managedFields, and nobody can forget to.
//
//  another manager's last write of the status │ without --adopt=eso          │ with it
//  ───────────────────────────────────────────┼──────────────────────────────┼─────────────
//  none                                       │ ours                         │ ours
//  before our last one                        │ ours                         │ ours
//  ours never wrote, it is overdue            │ ours: it has stopped         │ ours
//  ours never wrote, it is not                │ its own until it is overdue  │ ours
//  after our last one                         │ its own until it is overdue  │ the same
//
// Overdue is what was not written for an interval and a little more, for each refresh writes the status (R97).

const GRACE_MS = 300_000
const HOUR_MS = 3_600_000

/** Another controller that keeps it. */
export interface Rival {
  readonly manager: string
  readonly wroteMs: number
  /** When it counts as stopped, unless it writes again. */
  readonly untilMs: number
}

/** What is kept of managedFields: who wrote the status, and when. */
export function shapeStatusWriters(object: JsonObject): JsonObject {
  const metadata = (member(object, 'metadata') ?? {}) as JsonObject
  const entries = metadata.managedFields
  const managedFields = (isArray(entries) ? entries.filter(isObject) : [])
    .filter((entry) => member(entry, 'subresource') === 'status')
    .map(({ manager, subresource, time }) => ({ manager, subresource, time }))
  return { ...object, metadata: { ...metadata, managedFields } }
}

/** What of an object says how often its status is written. */
export type Refreshed = Pick<ExternalSecret, 'object' | 'refreshPolicy' | 'refreshInterval'>

/** Undefined when nobody else keeps the object. */
export function rivalOf(
  externalSecret: Refreshed,
  {
    fieldManager,
    adopts,
    wroteMs,
    nowMs,
  }: {
    readonly fieldManager: string
    readonly adopts: boolean
    /** When this process wrote the status last, by the API server's clock; 0 for never. */
    readonly wroteMs: number
    readonly nowMs: number
  },
): Rival | undefined {
  const writers = writersOf(externalSecret.object)
  const oursMs = Math.max(wroteMs, writtenMs(externalSecret.object, fieldManager))
  const others = writers.filter(({ manager }) => manager !== fieldManager && !isHuman(manager))
  const last = others.reduce<Writer | undefined>(
    (latest, one) => (latest !== undefined && latest.atMs >= one.atMs ? latest : one),
    undefined,
  )
  if (last === undefined || last.atMs <= oursMs || (adopts && oursMs === 0)) return undefined
  const untilMs = last.atMs + intervalOf(externalSecret) + GRACE_MS
  return nowMs < untilMs ? { manager: last.manager, wroteMs: last.atMs, untilMs } : undefined
}

/** For people: who keeps it, and what they can do. */
export function rivalWords(kind: string, { manager, wroteMs }: Rival): string {
  const time = new Date(wroteMs).toISOString().slice(0, 19)
  return `${manager} keeps this ${kind} (it wrote the status at ${time}Z): left alone while it does; stop it, and take over at once with --adopt=eso`
}

/** Whose words the status has; undefined when nobody is known to have written it. */
export function lastStatusWriter(object: JsonObject): string | undefined {
  const [latest] = [...writersOf(object)].sort((a, b) => b.atMs - a.atMs)
  return latest?.manager
}

interface Writer {
  readonly manager: string
  readonly atMs: number
}

/** When this manager wrote the status last; 0 for never. */
export function writtenMs(object: JsonObject, fieldManager: string): number {
  const ours = writersOf(object).filter(({ manager }) => manager === fieldManager)
  return Math.max(0, ...ours.map(({ atMs }) => atMs))
}

function writersOf(object: JsonObject): readonly Writer[] {
  const { managedFields: entries } = shapeStatusWriters(object).metadata as JsonObject
  return (isArray(entries) ? entries : []).flatMap((entry) => {
    const atMs = Date.parse(text(member(entry, 'time')) ?? '')
    const manager = text(member(entry, 'manager')) ?? ''
    return Number.isNaN(atMs) ? [] : [{ manager, atMs }]
  })
}

/** Whoever writes a status by hand is no controller. */
function isHuman(manager: string): boolean {
  return manager.startsWith('kubectl')
}

/** What it would take ESO to write again. */
function intervalOf({ refreshPolicy, refreshInterval }: Refreshed): number {
  const intervalMs = refreshPolicy === 'Periodic' ? durationMs(refreshInterval) : 0
  return intervalMs > 0 ? intervalMs : HOUR_MS
}
