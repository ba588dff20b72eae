import type { KubeError } from '../../kube/api.ts'
import type { FollowClock } from '../../kube/follow.ts'
import type { Listing } from '../../kube/list.ts'
import type { KubeWatch } from '../../kube/watch.ts'
import { isObject, type JsonObject, member } from '../../model/json.ts'
import type { PushSecret } from '../../model/push-secret.ts'
import type { StorePolicy } from '../../model/store-policy.ts'
import type { PushOutcome } from '../push/result.ts'
import { pushPortsFor } from '../push/session-ports.ts'
import type { SessionPorts, SessionSettings } from '../session-context.ts'
import { createFollowers, type Followed } from './followers.ts'
import { lookAtPushSecret, type PushLook, type PushWorld } from './one-push-secret.ts'
import { createPushSecrets, type PushSecrets, pushSecretKey } from './push-secrets.ts'
import type { Rival } from './rival.ts'
import type { Cause, Sink, Source, Verdict } from './source.ts'
import { delayOf } from './verdict.ts'

// PushSecrets as a source of work, each by itself: a store that hangs delays nobody else's. The Secrets that they push are
// watched, of which only names, labels and versions are asked.

/** What it needs of the world. */
export interface PushSourcePorts {
  readonly openWatch: (signal: AbortSignal) => KubeWatch
  readonly clock: FollowClock
  readonly openRun: (
    signal: AbortSignal,
  ) => Promise<{ readonly ports: SessionPorts; readonly policy: StorePolicy }>
  /** `notices` are what providers want to be told beside their answers. */
  readonly onPush: (outcome: PushOutcome, notices: ReadonlySet<string>) => void
  /** Another controller keeps it. */
  readonly onRival: (kind: string, name: string, rival: Rival) => void
  readonly onTrouble: (listing: Listing, error: KubeError) => void
  /** Says the same thing rarely. */
  readonly warn: (words: string) => void
}

/** Which PushSecrets, and how they are pushed. */
export interface PushSourceSettings {
  /** Empty for all. */
  readonly namespace: string
  readonly storeNamespace: string
  readonly session: Pick<
    SessionSettings,
    'parity' | 'dryRun' | 'fieldManager' | 'adopts' | 'controllerClass'
  >
  /** Whether a PushSecret is this replica's, by `namespace/name`. */
  readonly isOurs: (key: string) => boolean
}

/** What the looks share. */
interface State {
  readonly settings: PushSourceSettings
  readonly ports: PushSourcePorts
  readonly known: PushSecrets
  /** When a source Secret was first missing, by PushSecret; monotonic. */
  readonly goneSince: Map<string, number>
}

/** Opens nothing before it is told to watch. */
export function createPushSource(settings: PushSourceSettings, ports: PushSourcePorts): Source {
  const known = createPushSecrets()
  const followers = createFollowers(ports.openWatch, ports.clock, ports.onTrouble)
  const state: State = { settings, ports, known, goneSince: new Map() }
  return {
    watch: async (sink, signal) => {
      const watches = watchesOf(state, sink)
      await Promise.all(watches.map((followed) => followers.follow(followed, signal)))
    },
    isSynced: followers.isSynced,
    heardMs: followers.heardMs,
    reconcile: async (key, items, signal) => {
      const pushSecret = known.get(key)
      if (pushSecret === undefined) return new Map()
      const verdict = await reconcile(pushSecret, [...items.values()], { state, signal })
      return new Map([...items.keys()].map((name) => [name, verdict]))
    },
    close: async () => undefined,
  }
}

/** One look at one PushSecret, in a world of its own. Rejects with KubeError. */
async function reconcile(
  pushSecret: PushSecret,
  causes: readonly Cause[],
  { state, signal }: { readonly state: State; readonly signal: AbortSignal },
): Promise<Verdict> {
  const { settings, ports, known } = state
  const { ports: world, policy } = await ports.openRun(signal)
  const calls = new Map<string, number>()
  const notices = new Set<string>()
  const work = {
    stores: new Map(),
    generators: new Map(),
    storeNamespace: settings.storeNamespace,
  }
  // Before the push: what changes while it goes on has to be pushed again.
  const source = known.sourceNow(pushSecret)
  const look = await lookAtPushSecret(pushSecret, {
    kube: world.kube,
    ports: pushPortsFor(work, { ...settings.session, policy }, { ports: world, calls, notices }),
    fieldManager: settings.session.fieldManager,
    adopts: settings.session.adopts,
    nowMs: world.nowMs(),
    warn: ports.warn,
    isForced: causes.includes('forced'),
    isSourceChanged: known.isSourceChanged(pushSecret),
    isSourceGoneFor: sightingOf(pushSecret, state),
  })
  // Of one that went meanwhile nothing is told: nobody would take it back.
  const isThere = known.get(pushSecretKey(pushSecret)) !== undefined
  if (look.look === 'left' && isThere)
    ports.onRival('PushSecret', pushSecretKey(pushSecret), look.rival)
  if ('outcome' in look) {
    if (isThere) ports.onPush(look.outcome, notices)
    if (look.outcome.outcome !== 'failed') known.pushed(pushSecret, source)
  }
  return verdictOf(pushSecret, look, world.nowMs())
}

const SECOND_SIGHTING_MS = 30_000

/** How long the Secret that it names has been missing. */
function sightingOf(
  pushSecret: PushSecret,
  { known, goneSince, ports }: State,
): PushWorld['isSourceGoneFor'] {
  const key = pushSecretKey(pushSecret)
  if (!known.isSourceGone(pushSecret)) {
    goneSince.delete(key)
    return 'unknown'
  }
  const nowMs = ports.clock.nowMs()
  const sinceMs = goneSince.get(key) ?? nowMs
  goneSince.set(key, sinceMs)
  return nowMs - sinceMs >= SECOND_SIGHTING_MS ? 'twice' : 'now'
}

/** PushSecrets of one interval come back spread over a tenth of it. */
function verdictOf(pushSecret: PushSecret, look: PushLook, nowMs: number): Verdict {
  if (look.look === 'left') return { outcome: 'done', againInMs: look.rival.untilMs - nowMs }
  if (look.look === 'gone') return { outcome: 'done', againInMs: undefined }
  if (look.look === 'waiting') return { outcome: 'done', againInMs: SECOND_SIGHTING_MS + 1_000 }
  if (look.look === 'pushed' && look.outcome.outcome === 'failed') return { outcome: 'failed' }
  const { inMs } = look
  if (inMs === undefined) return { outcome: 'done', againInMs: undefined }
  return { outcome: 'done', againInMs: inMs + delayOf(pushSecretKey(pushSecret), inMs) }
}

/** PushSecrets whole, Secrets by their metadata; nothing is announced before both are listed. */
function watchesOf({ settings, ports, known, goneSince }: State, sink: Sink): readonly Followed[] {
  const { namespace, isOurs } = settings
  const listed = new Set<string>()
  const announce = (pushSecrets: readonly PushSecret[]): void => {
    if (listed.size < 2) return
    for (const pushSecret of pushSecrets) {
      const batch = pushSecretKey(pushSecret)
      if (isOurs(batch)) sink.changed({ batch, name: pushSecret.name }, 'changed')
    }
  }
  const followed = (
    listing: Pick<Listing, 'apiVersion' | 'kind' | 'isMetadataOnly'>,
    onChange: Followed['onChange'],
  ): Followed => {
    const whole = { ...listing, namespace, labelSelector: undefined }
    return {
      listing: whole,
      onChange,
      onListed: () => {
        if (listed.has(listing.kind)) return
        listed.add(listing.kind)
        announce(known.all())
      },
      onForbidden: (error) => ports.onTrouble(whole, error),
      shape: listing.isMetadataOnly ? namesAndLabels : undefined,
    }
  }
  const own = { apiVersion: 'external-secrets.io/v1alpha1', kind: 'PushSecret' }
  return [
    followed({ ...own, isMetadataOnly: false }, (object, isGone) => {
      const concerned = known.putPushSecret(object, isGone)
      if (!isGone) return announce(concerned)
      for (const { namespace: of, name } of concerned) {
        goneSince.delete(`${of}/${name}`)
        sink.gone({ batch: `${of}/${name}`, name })
      }
    }),
    followed({ apiVersion: 'v1', kind: 'Secret', isMetadataOnly: true }, (object, isGone) =>
      announce(known.putSecret(object, isGone)),
    ),
  ]
}

/** Annotations stay out: `last-applied-configuration` holds the values. */
function namesAndLabels(object: JsonObject): JsonObject {
  const metadata = member(object, 'metadata')
  const { managedFields: _, annotations: __, ...kept } = isObject(metadata) ? metadata : {}
  return { metadata: kept }
}
