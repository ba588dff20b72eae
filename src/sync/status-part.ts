import { canonicalJson, isObject, type JsonValue, member, text } from '../model/json.ts'

// How a run's memory is written down: one key per ExternalSecret, and keys with `_`, which no name has, for the rest. It
// holds no value and no hash of one.

/** What one run leaves for the next about one ExternalSecret. */
export interface StatusEntry {
  /** Of the last read that was complete; RFC 3339. */
  readonly lastSync: string | undefined
  readonly specHash: string
  /** resourceVersion of the target Secret as the run left it; empty when there was none. */
  readonly secretVersion: string
  /** `targetId` of what it owns (creationPolicy Owner), for a Secret its name; empty when it owns none. */
  readonly ownedSecret: string
  /** How many keys a Secret with made values was left with; undefined for others, and where nobody wrote it down. */
  readonly madeKeys: number | undefined
  /** Since when the provider says that everything is gone; undefined while it does not. */
  readonly goneSince: string | undefined
  readonly outcome: string
  readonly reason: string
  readonly message: string
  readonly nextRefresh: string | undefined
}

/** By name of the ExternalSecret: a status belongs to one app in one namespace. */
export type Statuses = ReadonlyMap<string, StatusEntry>

/** A Secret that we own, or may own, and that no entry speaks of. */
export interface DroppedSecret {
  /** Whose it was. */
  readonly externalSecret: string
  /** When a complete bundle was first read that does not ask for it; RFC 3339, empty while one does. */
  readonly since: string
  /** Whether a run has told that it made it; otherwise it was only about to. */
  readonly isKnown: boolean
}

/** What runs remember. `dropped` is by `targetId`: for a Secret its name. */
export interface Memory {
  readonly entries: Statuses
  readonly dropped: ReadonlyMap<string, DroppedSecret>
}

// One part shares 1 MiB.
const MESSAGE_MAX = 500
const PARTS_KEY = 'of_parts'
const DROPPED_PREFIX = 'dropped_'

/** Data of the ConfigMap of one part. */
export function encodePart(memory: Memory, parts: number): ReadonlyMap<string, string> {
  const data = new Map([[PARTS_KEY, String(parts)]])
  for (const [name, entry] of memory.entries) {
    data.set(name, canonicalJson({ ...entry, message: entry.message.slice(0, MESSAGE_MAX) }))
  }
  for (const [name, dropped] of memory.dropped) {
    data.set(`${DROPPED_PREFIX}${name}`, canonicalJson({ ...dropped }))
  }
  return data
}

/** What an older or newer version wrote otherwise counts as never synced. */
export function decodePart(data: ReadonlyMap<string, string>): Memory {
  const entries = new Map<string, StatusEntry>()
  const dropped = new Map<string, DroppedSecret>()
  for (const [key, json] of data) {
    const value = parsed(json)
    if (!isObject(value)) continue
    if (key.startsWith(DROPPED_PREFIX)) {
      const externalSecret = text(member(value, 'externalSecret')) ?? ''
      const since = text(member(value, 'since'))
      const isKnown = member(value, 'isKnown') === true
      if (since !== undefined)
        dropped.set(key.slice(DROPPED_PREFIX.length), { externalSecret, since, isKnown })
    } else if (!key.includes('_')) entries.set(key, decodeEntry(value))
  }
  return { entries, dropped }
}

function decodeEntry(value: JsonValue): StatusEntry {
  const madeKeys = member(value, 'madeKeys')
  return {
    lastSync: text(member(value, 'lastSync')),
    specHash: text(member(value, 'specHash')) ?? '',
    secretVersion: text(member(value, 'secretVersion')) ?? '',
    ownedSecret: text(member(value, 'ownedSecret')) ?? '',
    madeKeys: typeof madeKeys === 'number' ? madeKeys : undefined,
    goneSince: text(member(value, 'goneSince')),
    outcome: text(member(value, 'outcome')) ?? '',
    reason: text(member(value, 'reason')) ?? '',
    message: text(member(value, 'message')) ?? '',
    nextRefresh: text(member(value, 'nextRefresh')),
  }
}

/** How many parts there were when this one was written. */
export function partsOf(data: ReadonlyMap<string, string>): number {
  const parts = Number(data.get(PARTS_KEY))
  return Number.isInteger(parts) && parts > 0 && parts <= 64 ? parts : 1
}

function parsed(json: string): JsonValue | undefined {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
