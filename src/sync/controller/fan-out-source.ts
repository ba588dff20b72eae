import type { KubeApi, KubeError } from '../../kube/api.ts'
import type { FollowClock } from '../../kube/follow.ts'
import type { Listing } from '../../kube/list.ts'
import type { KubeWatch } from '../../kube/watch.ts'
import { durationMs } from '../../model/duration.ts'
import { FAN_OUTS, type FanOut, type FanOutKind } from '../../model/fan-out.ts'
import type { JsonObject } from '../../model/json.ts'
import { createFanOuts, type FanOuts, fanOutKey } from './fan-outs.ts'
import { createFollowers, type Followed } from './followers.ts'
import { tellOf, toldOfRival } from './object-events.ts'
import { type FanOutLook, lookAtFanOut } from './one-fan-out.ts'
import { type Refreshed, type Rival, rivalOf, shapeStatusWriters } from './rival.ts'
import type { Sink, Source, Verdict } from './source.ts'

// ClusterExternalSecrets and ClusterPushSecrets as a source of work: namespaces are watched, and so are the objects that
// are made, of which only metadata is asked. What those hold is the business of other sources.

/** What it needs of the world. */
export interface FanOutSourcePorts {
  readonly openWatch: (signal: AbortSignal) => KubeWatch
  readonly clock: FollowClock
  /** The API server of one run, whose writes stop with the signal. */
  readonly openKube: (signal: AbortSignal) => KubeApi
  /** Since the epoch. */
  readonly wallMs: () => number
  readonly onLook: (fanOut: FanOut, look: FanOutLook) => void
  /** Another controller keeps it. */
  readonly onRival: (kind: string, name: string, rival: Rival) => void
  readonly onTrouble: (listing: Listing, error: KubeError) => void
  /** Says the same thing rarely. */
  readonly warn: (words: string) => void
}

/** Which kinds there are, and how they are kept. */
export interface FanOutSourceSettings {
  readonly kinds: readonly FanOutKind[]
  readonly fieldManager: string
  /** Takes over at once what External Secrets Operator keeps. */
  readonly adopts: boolean
  /** Whether a fan-out is this replica's, by its key. */
  readonly isOurs: (key: string) => boolean
}

/** Opens nothing before it is told to watch. */
export function createFanOutSource(
  settings: FanOutSourceSettings,
  ports: FanOutSourcePorts,
): Source {
  const known = createFanOuts()
  const followers = createFollowers(ports.openWatch, ports.clock, ports.onTrouble)
  return {
    watch: async (sink, signal) => {
      const { onTrouble } = ports
      const watches = watchesOf({ known, sink, listed: new Set(), settings, onTrouble })
      await Promise.all(watches.map((followed) => followers.follow(followed, signal)))
    },
    isSynced: followers.isSynced,
    heardMs: followers.heardMs,
    reconcile: async (key, items, signal) => {
      const fanOut = known.get(key)
      if (fanOut === undefined) return new Map()
      const nowMs = ports.wallMs()
      const { fieldManager } = settings
      const world = { kube: ports.openKube(signal), fieldManager, nowMs, warn: ports.warn }
      const rival = rivalOf(refreshedOf(fanOut), { ...settings, wroteMs: 0, nowMs })
      if (rival !== undefined) {
        ports.onRival(fanOut.kind, fanOut.name, rival)
        await tellOf(fanOut.object, [toldOfRival(fanOut.kind, rival)], world)
        return leftUntil(items.keys(), rival.untilMs - nowMs)
      }
      const look = await lookAtFanOut(fanOut, known, world)
      // Of one that went meanwhile nothing is told: nobody would take it back.
      if (known.get(key) !== undefined) ports.onLook(fanOut, look)
      return new Map([...items.keys()].map((name) => [name, verdictOf(fanOut, look)]))
    },
    close: async () => undefined,
  }
}

/** The other controller may have stopped by then. */
function leftUntil(names: Iterable<string>, againInMs: number): ReadonlyMap<string, Verdict> {
  return new Map([...names].map((name) => [name, { outcome: 'done', againInMs }]))
}

/** As often as it is looked at. */
function refreshedOf({ object, refreshTime = '1h' }: FanOut): Refreshed {
  return { object, refreshInterval: refreshTime, refreshPolicy: 'Periodic' }
}

const HOUR_MS = 3_600_000

/** Upstream looks again every hour unless told otherwise; 0 is never. */
function verdictOf({ refreshTime, isLeaving }: FanOut, { isRetried }: FanOutLook): Verdict {
  if (isRetried) return { outcome: 'failed' }
  const againInMs = refreshTime === undefined ? HOUR_MS : durationMs(refreshTime)
  return { outcome: 'done', againInMs: againInMs > 0 && !isLeaving ? againInMs : undefined }
}

/** Takes an event in; answers whom it concerns. */
type Put = (object: JsonObject, isGone: boolean) => readonly FanOut[]

/** What the watches share. */
interface Lists {
  readonly known: FanOuts
  readonly sink: Sink
  /** What has been listed: half of the namespaces would be a wrong answer. */
  readonly listed: Set<string>
  readonly settings: FanOutSourceSettings
  readonly onTrouble: FanOutSourcePorts['onTrouble']
}

/** One watch. Every kind may be absent, and without a right to see namespaces there are no fan-outs for us. */
function followedBy(
  lists: Lists,
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
  put: Put,
): Followed {
  const { listed, settings, onTrouble } = lists
  const isMetadataOnly = !settings.kinds.some((own) => own === kind)
  const whole = { apiVersion, kind, namespace: '', labelSelector: undefined }
  const listing: Listing = { ...whole, isMetadataOnly }
  return {
    listing,
    onChange: (object, isGone) => announce(put(object, isGone), lists),
    onListed: () => {
      if (listed.has(kind)) return
      listed.add(kind)
      announce(lists.known.all(), lists)
    },
    onForbidden: (error) => onTrouble(listing, error),
    shape: isMetadataOnly ? undefined : shapeStatusWriters,
  }
}

/** Asks for a look, once there is enough to judge by. */
function announce(fanOuts: readonly FanOut[], { listed, sink, settings }: Lists): void {
  for (const fanOut of fanOuts) {
    const batch = fanOutKey(fanOut)
    const needed = ['Namespace', fanOut.kind, FAN_OUTS[fanOut.kind].childKind]
    if (!settings.isOurs(batch) || !needed.every((kind) => listed.has(kind))) continue
    sink.changed({ batch, name: fanOut.name }, 'changed')
  }
}

/** Namespaces, and for either kind the fan-outs and what they make. */
function watchesOf(lists: Lists): readonly Followed[] {
  const { known, sink, settings } = lists
  const namespaces = { apiVersion: 'v1', kind: 'Namespace' }
  return [
    followedBy(lists, namespaces, known.putNamespace),
    ...settings.kinds.flatMap((kind) => {
      const { apiVersion, childKind } = FAN_OUTS[kind]
      const putFanOut: Put = (object, isGone) => {
        const concerned = known.putFanOut(kind, object, isGone)
        if (!isGone) return concerned
        for (const fanOut of concerned) {
          sink.gone({ batch: fanOutKey(fanOut), name: fanOut.name })
        }
        return []
      }
      const putChild: Put = (object, isGone) => known.putChild(kind, object, isGone)
      return [
        followedBy(lists, { apiVersion, kind }, putFanOut),
        followedBy(lists, { apiVersion, kind: childKind }, putChild),
      ]
    }),
  ]
}
