import { randomUUID } from 'node:crypto'
import {
  dig,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../../src/model/json.ts'
import {
  conflictsOf,
  dotted,
  encodeFields,
  fieldsOf,
  type ManagedEntry,
  mergeApplied,
  ownersAfterUpdate,
  same,
} from './kube-fields.ts'
import { flawsOf, type Kind } from './kube-rules.ts'

// The objects of the API server of the tests, and the four ways to change one. Statuses and texts are those that
// kube-apiserver 1.35 was seen to answer (test/e2e compares them).

/** What an API server answers: an object, or a Status of its own. */
export interface Answer {
  readonly status: number
  readonly object: JsonObject
}

export interface Place {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
}

export interface Change {
  readonly manager: string
  readonly isForced: boolean
  readonly isDryRun: boolean
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
}

interface Stored {
  readonly object: JsonObject
  readonly managed: readonly ManagedEntry[]
}

export function createStore(nowMs: () => number): KubeStore {
  const stored = new Map<string, Stored>()
  let version = 100

  const now = (): string => `${new Date(nowMs()).toISOString().slice(0, 19)}Z`
  const find = (place: Place): Stored | undefined => stored.get(keyOf(place))

  /** Validates, stamps and stores; `before` is what is there. */
  const commit = (
    place: Place,
    next: Stored,
    before: Stored | undefined,
    change: Change,
  ): Answer => {
    const object = normalise(next.object, place)
    const flaws = flawsOf(object, before?.object)
    if (flaws.length > 0) return invalid(place, flaws)
    const managed = inOrder(next.managed)
    const isSame =
      before !== undefined &&
      same(withoutVersion(object), withoutVersion(before.object)) &&
      same(encodeManaged(managed, false), encodeManaged(before.managed, false))
    if (isSame) return { status: 200, object: printed(before) }
    const metadata = member(object, 'metadata')
    const isEnding = member(metadata, 'deletionTimestamp') !== undefined
    const finalizers = member(metadata, 'finalizers')
    const resourceVersion = String(version + 1)
    const entry = { object: withMetadata(object, { resourceVersion }), managed }
    if (!change.isDryRun) {
      version++
      if (isEnding && !isArray(finalizers)) stored.delete(keyOf(place))
      else stored.set(keyOf(place), entry)
    }
    return { status: before === undefined ? 201 : 200, object: printed(entry) }
  }

  const born = (object: JsonObject): JsonObject =>
    withMetadata(object, {
      uid: randomUUID(),
      creationTimestamp: now(),
      resourceVersion: undefined,
    })

  const removeNow = (place: Place): void => {
    version++
    stored.delete(keyOf(place))
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

    apply: (place, applied, change) => {
      const before = find(place)
      const flaw = staleness(place, applied, before?.object)
      if (flaw !== undefined) return flaw
      const entries = before?.managed ?? []
      const mine = entries.find(
        ({ manager, operation }) => operation === 'Apply' && manager === change.manager,
      )
      const others = entries.filter((entry) => entry !== mine)
      const live = before?.object ?? Object.create(null)
      const conflicts = conflictsOf(live, applied, others)
      if (conflicts.length > 0 && !change.isForced) return applyConflict(conflicts)
      const lost = new Set(conflicts.map(({ path }) => JSON.stringify(path)))
      const byOthers = others.map((entry) => ({
        ...entry,
        fields: new Map([...entry.fields].filter(([key]) => !lost.has(key))),
      }))
      const owned = { before: mine?.fields ?? new Map(), byOthers }
      const merged = mergeApplied(live, applied, owned)
      const fields = fieldsOf(applied)
      const entry: ManagedEntry = {
        manager: change.manager,
        operation: 'Apply',
        apiVersion: text(member(applied, 'apiVersion')) ?? '',
        time: mine !== undefined && sameFields(mine.fields, fields) ? mine.time : now(),
        fields,
      }
      const managed = [...byOthers, entry]
      const uid = member(member(applied, 'metadata'), 'uid')
      const identity = before === undefined ? {} : { uid: uid ?? dig(live, 'metadata', 'uid') }
      const object = withMetadata(before === undefined ? born(merged) : merged, {
        ...identity,
        name: place.name,
        namespace: place.namespace || undefined,
      })
      return commit(place, { object, managed }, before, change)
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
      const clean = withMetadata(named, { managedFields: undefined })
      const by = { manager: change.manager, apiVersion: apiVersionOf(place.kind), time: now() }
      const managed = ownersAfterUpdate(Object.create(null), normalise(clean, at), [], by)
      return commit(at, { object: clean, managed }, undefined, change)
    },

    replace: (place, object, change) => {
      const before = find(place)
      if (before === undefined) return notFound(place)
      const flaw = replaceStaleness(place, object, before.object)
      if (flaw !== undefined) return flaw
      const live = member(before.object, 'metadata')
      const whole = withMetadata(object, {
        uid: member(live, 'uid'),
        creationTimestamp: member(live, 'creationTimestamp'),
        deletionTimestamp: member(live, 'deletionTimestamp'),
        resourceVersion: undefined,
        managedFields: undefined,
      })
      const by = { manager: change.manager, apiVersion: apiVersionOf(place.kind), time: now() }
      const next = normalise(whole, place)
      const managed = ownersAfterUpdate(before.object, next, before.managed, by)
      return commit(place, { object: whole, managed }, before, change)
    },

    delete: (place, options, isDryRun) => {
      const before = find(place)
      if (before === undefined) return notFound(place)
      const flaw = deleteStaleness(place, options, before.object)
      if (flaw !== undefined) return flaw
      const uid = dig(before.object, 'metadata', 'uid') ?? ''
      const finalizers = dig(before.object, 'metadata', 'finalizers')
      if (!isDryRun && isArray(finalizers) && finalizers.length > 0) {
        const ending = withMetadata(before.object, { deletionTimestamp: now() })
        const change = { manager: '', isForced: false, isDryRun }
        return commit(place, { object: ending, managed: before.managed }, before, change)
      }
      if (!isDryRun) removeNow(place)
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
          stored.delete(key)
          collected.push(pathOf(object))
        }
        isDone = dead.length === 0
      }
      return collected
    },
    resourceVersion: () => String(version),
  }
  return store
}

function isOrphaned(object: JsonObject, uids: ReadonlySet<JsonValue | undefined>): boolean {
  const owners = dig(object, 'metadata', 'ownerReferences')
  return isArray(owners) && owners.length > 0 && !owners.some((o) => uids.has(member(o, 'uid')))
}

/** The order of kube-apiserver: applied entries first, then by time. */
function inOrder(entries: readonly ManagedEntry[]): readonly ManagedEntry[] {
  const rank = ({ operation, time, manager }: ManagedEntry): string =>
    `${operation} ${time} ${manager}`
  return entries
    .filter(({ fields }) => fields.size > 0)
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
}

function sameFields(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return a.size === b.size && [...a.keys()].every((key) => b.has(key))
}

function encodeManaged(entries: readonly ManagedEntry[], withTime: boolean): JsonValue {
  return entries.map(({ manager, operation, apiVersion, time, fields }) => ({
    manager,
    operation,
    apiVersion,
    ...(withTime ? { time } : {}),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFields(fields),
  }))
}

function printed({ object, managed }: Stored): JsonObject {
  if (managed.length === 0) return object
  return withMetadata(object, { managedFields: encodeManaged(managed, true) })
}

function withoutVersion(object: JsonObject): JsonObject {
  return withMetadata(object, { resourceVersion: undefined, managedFields: undefined })
}

function withMetadata(object: JsonObject, changes: JsonObject): JsonObject {
  const metadata: { [key: string]: JsonValue | undefined } = Object.create(null)
  const before = member(object, 'metadata')
  for (const source of [isObject(before) ? before : {}, changes]) {
    for (const [key, value] of Object.entries(source)) {
      if (value === undefined) delete metadata[key]
      else metadata[key] = value
    }
  }
  return { ...object, metadata }
}

/** As the server stores it: stringData folded in, empty maps gone, defaults set. */
function normalise(object: JsonObject, { kind }: Place): JsonObject {
  const { stringData, ...rest } = object
  const next: { [key: string]: JsonValue | undefined } = { ...rest }
  next.apiVersion = apiVersionOf(kind)
  next.kind = kind.kind
  if (kind.kind === 'Secret') {
    next.type = text(next.type) || 'Opaque'
    next.data = secretData(next.data, stringData)
  }
  for (const field of ['data', 'binaryData']) if (isEmpty(next[field])) delete next[field]
  const metadata = member(next, 'metadata')
  const empty = ['labels', 'annotations', 'ownerReferences', 'finalizers'].filter((field) =>
    isEmpty(member(metadata, field)),
  )
  return withMetadata(next, Object.fromEntries(empty.map((field) => [field, undefined])))
}

function secretData(data: JsonValue | undefined, added: JsonValue | undefined): JsonObject {
  const all: { [key: string]: JsonValue | undefined } = Object.create(null)
  for (const [key, value] of Object.entries(isObject(data) ? data : {})) all[key] = value ?? ''
  for (const [key, value] of Object.entries(isObject(added) ? added : {})) {
    all[key] = Buffer.from(String(value)).toString('base64')
  }
  return all
}

function isEmpty(value: JsonValue | undefined): boolean {
  return (
    value === null ||
    (isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0)
  )
}

// --- preconditions ---

const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again'

/** Of an apply. A wrong uid of an existing object is found later, as an immutable field: 422. */
function staleness(
  place: Place,
  sent: JsonObject,
  live: JsonObject | undefined,
): Answer | undefined {
  const metadata = member(sent, 'metadata')
  const uid = text(member(metadata, 'uid'))
  const version = text(member(metadata, 'resourceVersion'))
  if (live === undefined) {
    // Seen: a resourceVersion alone does not keep an absent object from being created.
    if (uid === undefined) return undefined
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`
    return conflict(place, why)
  }
  const isStale = version !== undefined && version !== dig(live, 'metadata', 'resourceVersion')
  return isStale ? conflict(place, MODIFIED) : undefined
}

function replaceStaleness(place: Place, sent: JsonObject, live: JsonObject): Answer | undefined {
  const metadata = member(sent, 'metadata')
  const uid = text(member(metadata, 'uid'))
  const version = text(member(metadata, 'resourceVersion'))
  const liveUid = dig(live, 'metadata', 'uid')
  if (uid !== undefined && uid !== liveUid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${liveUid}`
    return conflict(place, `StorageError: invalid object, Code: 4, AdditionalErrorMsg: ${why}`)
  }
  const isStale = version !== undefined && version !== dig(live, 'metadata', 'resourceVersion')
  return isStale ? conflict(place, MODIFIED) : undefined
}

function deleteStaleness(place: Place, options: JsonObject, live: JsonObject): Answer | undefined {
  const wanted = member(options, 'preconditions')
  for (const [field, label] of [
    ['uid', 'UID'],
    ['resourceVersion', 'ResourceVersion'],
  ] as const) {
    const value = member(wanted, field)
    const actual = dig(live, 'metadata', field)
    if (value !== undefined && value !== actual) {
      const why = `the ${label} in the precondition (${value}) does not match the ${label} in record (${actual})`
      return conflict(place, why)
    }
  }
  return undefined
}

// --- refusals ---

/** A Status of failure. */
export function refuse(
  status: number,
  reason: string,
  message: string,
  details: JsonObject = {},
): Answer {
  const object = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    details,
    code: status,
  }
  return { status, object }
}

export function notFound(place: Place): Answer {
  const message = `${place.kind.plural} "${place.name}" not found`
  return refuse(404, 'NotFound', message, detailsOf(place))
}

function conflict(place: Place, why: string): Answer {
  const message = `Operation cannot be fulfilled on ${place.kind.plural} "${place.name}": ${why}`
  return refuse(409, 'Conflict', message, detailsOf(place))
}

function invalid({ kind, name }: Place, flaws: ReturnType<typeof flawsOf>): Answer {
  const causes = flaws.map(({ field, reason, message }) => ({ field, reason, message }))
  const all = flaws.map(({ field, message }) => `${field}: ${message}`).join(', ')
  const message = `${kind.kind} "${name}" is invalid: ${all}`
  return refuse(422, 'Invalid', message, { name, kind: kind.kind, causes })
}

function applyConflict(conflicts: ReturnType<typeof conflictsOf>): Answer {
  const causes = conflicts.map(({ entry, path }) => {
    const version = entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''
    const message = `conflict with "${entry.manager}"${version}`
    return { reason: 'FieldManagerConflict', message, field: dotted(path) }
  })
  const plural = causes.length === 1 ? 'conflict' : 'conflicts'
  const all = causes.map(({ message, field }) => `${message}: ${field}`).join('\n')
  return refuse(409, 'Conflict', `Apply failed with ${causes.length} ${plural}: ${all}`, { causes })
}

function detailsOf({ kind, name }: Place): JsonObject {
  return { name, kind: kind.plural, ...(kind.group === '' ? {} : { group: kind.group }) }
}

function apiVersionOf({ group, version }: Kind): string {
  return group === '' ? version : `${group}/${version}`
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
