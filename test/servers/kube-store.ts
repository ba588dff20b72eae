import { randomUUID } from 'node:crypto'
import {
  dig,
  isArray,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../../src/model/json.ts'
import { counted, type Part, partOf, withoutStatus } from './kube-custom.ts'
import {
  conflictsOf,
  fieldsOf,
  type ManagedEntry,
  mergeApplied,
  ownersAfterUpdate,
  same,
} from './kube-fields.ts'
import { encodeManaged, inOrder, sameFields } from './kube-managed.ts'
import {
  type Answer,
  applyConflict,
  deleteStaleness,
  detailsOf,
  invalid,
  notFound,
  type Place,
  refuse,
  replaceStaleness,
  staleness,
} from './kube-refusals.ts'
import { flawsOf, type Kind } from './kube-rules.ts'
import { apiVersionOf, normalise, withMetadata } from './kube-shape.ts'

// The objects of the API server of the tests, and the four ways to change one. Statuses and texts are those that
// kube-apiserver 1.35 was seen to answer (test/e2e compares them).

export interface Change {
  readonly manager: string
  readonly isForced: boolean
  readonly isDryRun: boolean
  /** Of a replace: what it is about. */
  readonly part: Part
}

export interface KubeStore {
  readonly all: () => readonly JsonObject[]
  readonly get: (place: Place) => JsonObject | undefined
  readonly list: (kind: Kind, namespace: string) => readonly JsonObject[]
  readonly apply: (place: Place, applied: JsonObject, change: Change) => Answer
  readonly create: (place: Place, object: JsonObject, change: Change) => Answer
  readonly replace: (place: Place, object: JsonObject, change: Change) => Answer
  readonly delete: (place: Place, options: JsonObject, isDryRun: boolean) => Answer
  /** Deletes what has owners and none of them alive; answers `Kind/namespace/name` of each. */
  readonly collectGarbage: () => readonly string[]
  readonly resourceVersion: () => string
  /** Called for whatever happens from now on. */
  readonly onEvent: (listener: (event: StoreEvent) => void) => void
  /** What happened after a version, in order. */
  readonly eventsSince: (version: number) => readonly StoreEvent[]
}

/** One change. `after` of an object that is gone is as it was last, with the version of its end. */
export interface StoreEvent {
  readonly version: number
  readonly before: JsonObject | undefined
  readonly after: JsonObject
  readonly isGone: boolean
}

interface Commit {
  readonly before: Stored | undefined
  readonly change: Change
}

interface Stored {
  readonly object: JsonObject
  readonly managed: readonly ManagedEntry[]
}

export function createStore(nowMs: () => number): KubeStore {
  const stored = new Map<string, Stored>()
  const events: StoreEvent[] = []
  const listeners: ((event: StoreEvent) => void)[] = []
  let version = 100

  const now = (): string => `${new Date(nowMs()).toISOString().slice(0, 19)}Z`
  const authorOf = ({ manager, part: subresource }: Change, { kind }: Place) => ({
    manager,
    subresource,
    apiVersion: apiVersionOf(kind),
    time: now(),
  })
  const find = (place: Place): Stored | undefined => stored.get(keyOf(place))

  const record = (before: Stored | undefined, after: Stored, isGone: boolean): void => {
    const last = printed(after)
    const event: StoreEvent = {
      version,
      before: before && printed(before),
      after: isGone ? withMetadata(last, { resourceVersion: String(version) }) : last,
      isGone,
    }
    events.push(event)
    for (const listener of listeners) listener(event)
  }

  const keep = (place: Place, entry: Stored): void => {
    version++
    const before = find(place)
    const metadata = member(entry.object, 'metadata')
    const isEnding = member(metadata, 'deletionTimestamp') !== undefined
    // An object that is being deleted is gone once its last finalizer is.
    const isGone = isEnding && !isArray(member(metadata, 'finalizers'))
    if (isGone) stored.delete(keyOf(place))
    else stored.set(keyOf(place), entry)
    record(before, entry, isGone)
  }

  /** Validates, stamps and stores; `before` is what is there. */
  const commit = (place: Place, next: Stored, { before, change }: Commit): Answer => {
    const object = counted(normalise(next.object, place.kind), before?.object, place.kind)
    const flaws = flawsOf(object, before?.object)
    if (flaws.length > 0) return invalid(place, flaws)
    const managed = inOrder(next.managed)
    if (before !== undefined && isSame({ object, managed }, before)) {
      return { status: 200, object: printed(before) }
    }
    const resourceVersion = String(version + 1)
    const entry = { object: withMetadata(object, { resourceVersion }), managed }
    if (!change.isDryRun) keep(place, entry)
    return { status: before === undefined ? 201 : 200, object: printed(entry) }
  }

  const born = (object: JsonObject): JsonObject =>
    withMetadata(object, {
      uid: randomUUID(),
      creationTimestamp: now(),
      resourceVersion: undefined,
    })

  const removeNow = (key: string): void => {
    const before = stored.get(key)
    if (before === undefined) return
    version++
    stored.delete(key)
    record(before, before, true)
  }

  const store: KubeStore = {
    all: () => [...stored.values()].map(printed),
    get: (place) => {
      const found = find(place)
      return found === undefined ? undefined : printed(found)
    },
    list: (kind, namespace) =>
      [...stored.values()]
        .filter(({ object }) => {
          const isKind = keyOf({ kind, namespace: '', name: '' }).startsWith(
            `${groupKind(object)} `,
          )
          return isKind && (namespace === '' || dig(object, 'metadata', 'namespace') === namespace)
        })
        .map(printed)
        .sort((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1)),

    apply: (place, sent, change) => {
      const before = find(place)
      const applied = withoutStatus(sent, place.kind)
      const flaw = staleness(place, applied, before?.object)
      if (flaw !== undefined) return flaw
      const outcome = merge(before, applied, { manager: change.manager, time: now() })
      if (outcome.conflicts.length > 0 && !change.isForced) return applyConflict(outcome.conflicts)
      const { name, namespace } = place
      const { next, uid } = outcome
      const whole = before === undefined ? born(next.object) : next.object
      const identity = { name, namespace: namespace || undefined, ...(uid && { uid }) }
      const object = withMetadata(whole, identity)
      return commit(place, { object, managed: next.managed }, { before, change })
    },

    create: (place, object, change) => {
      const generate = text(dig(object, 'metadata', 'generateName'))
      const name = place.name || `${generate ?? ''}${randomUUID().slice(0, 5)}`
      const at = { ...place, name }
      if (find(at) !== undefined) {
        const message = `${place.kind.plural} "${name}" already exists`
        return refuse(409, 'AlreadyExists', message, detailsOf(at))
      }
      const named = withMetadata(born(object), { name, namespace: place.namespace || undefined })
      const clean = withoutStatus(withMetadata(named, { managedFields: undefined }), place.kind)
      const by = authorOf(change, place)
      const managed = ownersAfterUpdate(Object.create(null), normalise(clean, at.kind), [], by)
      return commit(at, { object: clean, managed }, { before: undefined, change })
    },

    replace: (place, object, change) => {
      const before = find(place)
      if (before === undefined) return notFound(place)
      const flaw = replaceStaleness(place, object, before.object)
      if (flaw !== undefined) return flaw
      const live = member(before.object, 'metadata')
      const taken = partOf(object, before.object, { kind: place.kind, part: change.part })
      const whole = withMetadata(taken, {
        uid: member(live, 'uid'),
        creationTimestamp: member(live, 'creationTimestamp'),
        deletionTimestamp: member(live, 'deletionTimestamp'),
        deletionGracePeriodSeconds: member(live, 'deletionGracePeriodSeconds'),
        generation: member(live, 'generation'),
        resourceVersion: undefined,
        managedFields: undefined,
      })
      const by = authorOf(change, place)
      const next = normalise(whole, place.kind)
      const managed = ownersAfterUpdate(before.object, next, before.managed, by)
      return commit(place, { object: whole, managed }, { before, change })
    },

    delete: (place, options, isDryRun) => {
      const before = find(place)
      if (before === undefined) return notFound(place)
      const flaw = deleteStaleness(place, options, before.object)
      if (flaw !== undefined) return flaw
      const uid = dig(before.object, 'metadata', 'uid') ?? ''
      const finalizers = dig(before.object, 'metadata', 'finalizers')
      if (!isDryRun && isArray(finalizers) && finalizers.length > 0) {
        const end = { deletionTimestamp: now(), deletionGracePeriodSeconds: 0 }
        const ending = withMetadata(before.object, end)
        const change = { manager: '', isForced: false, isDryRun, part: '' } as const
        return commit(place, { object: ending, managed: before.managed }, { before, change })
      }
      if (!isDryRun) removeNow(keyOf(place))
      const details = { name: place.name, kind: place.kind.plural, uid }
      const object = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
      return { status: 200, object }
    },

    collectGarbage: () => {
      const collected: string[] = []
      for (let isDone = false; !isDone; ) {
        const uids = new Set(
          [...stored.values()].map(({ object }) => dig(object, 'metadata', 'uid')),
        )
        const dead = [...stored].filter(([, { object }]) => isOrphaned(object, uids))
        for (const [key, { object }] of dead) {
          removeNow(key)
          collected.push(pathOf(object))
        }
        isDone = dead.length === 0
      }
      return collected
    },
    resourceVersion: () => String(version),
    onEvent: (listener) => void listeners.push(listener),
    eventsSince: (since) => events.filter((event) => event.version > since),
  }
  return store
}

interface Merged {
  readonly conflicts: ReturnType<typeof conflictsOf>
  readonly next: Stored
  /** The uid that was sent, else the live one; undefined for a new object. */
  readonly uid: JsonValue | undefined
}

/** What an apply makes of an object, as if it were forced. */
function merge(
  before: Stored | undefined,
  applied: JsonObject,
  { manager, time }: { readonly manager: string; readonly time: string },
): Merged {
  const entries = before?.managed ?? []
  const mine = entries.find((entry) => entry.operation === 'Apply' && entry.manager === manager)
  const live: JsonObject = before?.object ?? Object.create(null)
  const others = entries.filter((entry) => entry !== mine)
  const conflicts = conflictsOf(live, applied, others)
  const lost = new Set(conflicts.map(({ path }) => JSON.stringify(path)))
  const byOthers = others.map((entry) => without(entry, lost))
  const fields = fieldsOf(applied)
  const entry: ManagedEntry = {
    manager,
    operation: 'Apply',
    apiVersion: text(member(applied, 'apiVersion')) ?? '',
    time: mine !== undefined && sameFields(mine.fields, fields) ? mine.time : time,
    fields,
    subresource: '',
  }
  const object = mergeApplied(live, applied, { before: mine?.fields ?? new Map(), byOthers })
  const uid = dig(live, 'metadata', 'uid')
  const sent = dig(applied, 'metadata', 'uid')
  return {
    conflicts,
    next: { object, managed: [...byOthers, entry] },
    uid: before === undefined ? undefined : (sent ?? uid),
  }
}

function without(entry: ManagedEntry, lost: ReadonlySet<string>): ManagedEntry {
  const fields = [...entry.fields].filter(([key]) => !lost.has(key))
  return { ...entry, fields: new Map(fields) }
}

function isOrphaned(object: JsonObject, uids: ReadonlySet<JsonValue | undefined>): boolean {
  const owners = dig(object, 'metadata', 'ownerReferences')
  return isArray(owners) && owners.length > 0 && !owners.some((o) => uids.has(member(o, 'uid')))
}

function isSame(next: Stored, before: Stored): boolean {
  return (
    same(withoutVersion(next.object), withoutVersion(before.object)) &&
    same(encodeManaged(next.managed, false), encodeManaged(before.managed, false))
  )
}

function printed({ object, managed }: Stored): JsonObject {
  if (managed.length === 0) return object
  return withMetadata(object, { managedFields: encodeManaged(managed, true) })
}

function withoutVersion(object: JsonObject): JsonObject {
  return withMetadata(object, { resourceVersion: undefined, managedFields: undefined })
}

function keyOf({ kind, namespace, name }: Place): string {
  return `${apiVersionOf(kind)}/${kind.kind} ${namespace}/${name}`
}

function groupKind(object: JsonObject): string {
  return `${text(member(object, 'apiVersion'))}/${text(member(object, 'kind'))}`
}

function pathOf(object: JsonObject): string {
  const metadata = member(object, 'metadata')
  const parts = [member(object, 'kind'), member(metadata, 'namespace'), member(metadata, 'name')]
  return parts.filter((part) => part !== undefined).join('/')
}
