import { type Cause, type ItemRef, type Verdict, WHOLE } from './source.ts'

// Which items are looked at next. Every item is in the queue at most once; while it is being looked at, further wishes
// wait for its end. Those that failed wait 1 s doubling to 7 min, and run apart from the healthy ones of their batch, a
// few batches at a time: a store that hangs delays its own.
//
//  item            │ changed │ due by time │ runs with
//  ────────────────┼─────────┼─────────────┼──────────────────────────────
//  healthy         │ now     │ then        │ the healthy of its batch
//  failed          │ now     │ back-off    │ the failed of its batch
//  in a run        │ after   │ —           │

/** Items of one batch for one run. */
export interface Batch {
  readonly batch: string
  /** By name. */
  readonly items: ReadonlyMap<string, Cause>
  readonly isRetry: boolean
}

/** How many runs at once. */
export interface QueueLimits {
  readonly batchesMax: number
  /** Of these with items that failed. */
  readonly retriesMax: number
}

/** The order of work. Times are of a monotonic clock. */
export interface Queue {
  readonly add: (item: ItemRef, cause: Cause, dueMs: number) => void
  readonly forget: (item: ItemRef) => void
  /** The batch that has waited longest, if it may run now. */
  readonly take: (nowMs: number) => Batch | undefined
  /** Ends the run of a batch. Items without a verdict count as failed. */
  readonly settle: (batch: Batch, verdicts: ReadonlyMap<string, Verdict>, nowMs: number) => void
  /** When something falls due; undefined when nothing ever will by itself. */
  readonly nextDueMs: () => number | undefined
  readonly size: () => number
  /** Items that are due and wait. */
  readonly depth: (nowMs: number) => number
}

const FIRST_DELAY_MS = 1_000
const DELAY_MS_MAX = 420_000
/** Items that fall due so soon after the others run with them: their reads are shared. */
const TOGETHER_MS = 1_000

interface Entry {
  dueMs: number | undefined
  cause: Cause
  failures: number
}

interface Lane {
  readonly entries: Map<string, Entry>
  /** What came while the item was in a run. */
  readonly again: Map<string, Cause>
  running: Batch | undefined
}

/** An empty queue; `random` is uniform in [0, 1). */
export function createQueue(limits: QueueLimits, random: () => number): Queue {
  const lanes = new Map<string, Lane>()
  let running = 0
  let retrying = 0
  return {
    add: ({ batch, name }, cause, dueMs) => {
      const lane = lanes.get(batch) ?? { entries: new Map(), again: new Map(), running: undefined }
      lanes.set(batch, lane)
      const entry = lane.entries.get(name) ?? { dueMs: undefined, cause, failures: 0 }
      lane.entries.set(name, entry)
      if (lane.running?.items.has(name)) lane.again.set(name, stronger(lane.again.get(name), cause))
      else schedule(entry, cause, dueMs)
    },
    forget: ({ batch, name }) => {
      const lane = lanes.get(batch)
      lane?.entries.delete(name)
      lane?.again.delete(name)
      if (lane?.entries.size === 0 && lane.running === undefined) lanes.delete(batch)
    },
    take: (nowMs) => {
      if (running >= limits.batchesMax) return undefined
      const taken = longestWaiting(lanes, nowMs, retrying < limits.retriesMax)
      if (taken === undefined) return undefined
      const { lane, batch } = taken
      lane.running = batch
      for (const name of batch.items.keys()) unschedule(lane.entries.get(name))
      running++
      if (batch.isRetry) retrying++
      return batch
    },
    settle: (batch, verdicts, nowMs) => {
      running--
      if (batch.isRetry) retrying--
      const lane = lanes.get(batch.batch)
      if (lane?.running !== batch) return
      lane.running = undefined
      for (const name of batch.items.keys()) {
        const cause = lane.again.get(name)
        judge(lane.entries.get(name), verdicts.get(name), { nowMs, random, cause })
      }
      lane.again.clear()
      if (lane.entries.size === 0) lanes.delete(batch.batch)
    },
    // Only what could be taken: what runs, or waits for a run to end, wakes nobody.
    nextDueMs: () =>
      running < limits.batchesMax ? soonest(lanes, retrying < limits.retriesMax)?.dueMs : undefined,
    size: () => sum(lanes, ({ entries }) => entries.size - (entries.has(WHOLE) ? 1 : 0)),
    depth: (nowMs) =>
      sum(lanes, ({ entries }) => [...entries.values()].filter((e) => isDue(e, nowMs)).length),
  }
}

function sum(lanes: ReadonlyMap<string, Lane>, count: (lane: Lane) => number): number {
  return [...lanes.values()].reduce((total, lane) => total + count(lane), 0)
}

function isDue({ dueMs }: Entry, nowMs: number): boolean {
  return dueMs !== undefined && dueMs <= nowMs
}

function schedule(entry: Entry, cause: Cause, dueMs: number): void {
  const isWaiting = entry.dueMs !== undefined
  entry.dueMs = Math.min(entry.dueMs ?? dueMs, dueMs)
  entry.cause = isWaiting ? stronger(entry.cause, cause) : cause
}

function unschedule(entry: Entry | undefined): void {
  if (entry !== undefined) entry.dueMs = undefined
}

function stronger(a: Cause | undefined, b: Cause): Cause {
  return a === 'forced' ? a : b
}

/** When a looked-at item is due again; `cause` is what came meanwhile. */
function judge(
  entry: Entry | undefined,
  verdict: Verdict | undefined,
  {
    nowMs,
    random,
    cause,
  }: {
    readonly nowMs: number
    readonly random: () => number
    readonly cause: Cause | undefined
  },
): void {
  if (entry === undefined) return
  if (verdict?.outcome === 'done') {
    entry.failures = 0
    entry.dueMs = verdict.againInMs === undefined ? undefined : nowMs + verdict.againInMs
  } else {
    const delayMs = Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** Math.min(entry.failures, 20))
    entry.failures++
    // A tenth more or less, so that what failed together does not come back together.
    entry.dueMs = nowMs + delayMs * (0.9 + random() * 0.2)
  }
  entry.cause = cause ?? 'changed'
  if (cause !== undefined) entry.dueMs = nowMs
}

interface Waiting {
  readonly lane: Lane
  readonly batch: string
  readonly dueMs: number
  readonly isRetry: boolean
}

/** Entries that wait for their time and whose lane is free. */
function* waiting(lanes: ReadonlyMap<string, Lane>, mayRetry: boolean): Generator<Waiting> {
  for (const [batch, lane] of lanes) {
    if (lane.running !== undefined) continue
    for (const { dueMs, failures } of lane.entries.values()) {
      const isRetry = failures > 0
      if (dueMs !== undefined && (mayRetry || !isRetry)) yield { lane, batch, dueMs, isRetry }
    }
  }
}

/** The oldest due item decides whose turn it is; with it run all of its batch that are due, too. */
function longestWaiting(
  lanes: ReadonlyMap<string, Lane>,
  nowMs: number,
  mayRetry: boolean,
): { readonly lane: Lane; readonly batch: Batch } | undefined {
  const oldest = soonest(lanes, mayRetry)
  if (oldest === undefined || oldest.dueMs > nowMs) return undefined
  const { lane, batch, isRetry } = oldest
  const items = [...lane.entries].filter(
    ([, entry]) => entry.failures > 0 === isRetry && isDue(entry, nowMs + TOGETHER_MS),
  )
  const causes = new Map(items.map(([name, { cause }]) => [name, cause]))
  return { lane, batch: { batch, items: causes, isRetry } }
}

function soonest(lanes: ReadonlyMap<string, Lane>, mayRetry: boolean): Waiting | undefined {
  let first: Waiting | undefined
  for (const one of waiting(lanes, mayRetry)) {
    if (first === undefined || one.dueMs < first.dueMs) first = one
  }
  return first
}
