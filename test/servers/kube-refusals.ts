import { dig, type JsonObject, member, text } from '../../src/model/json.ts'
import { type conflictsOf, dotted } from './kube-fields.ts'
import type { flawsOf, Kind } from './kube-rules.ts'

// What the API server of the tests refuses, in the words and with the statuses of kube-apiserver 1.35.

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

// --- preconditions ---

const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again'

/** Of an apply. A wrong uid of an existing object is found later, as an immutable field: 422. */
export function staleness(
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

export function replaceStaleness(
  place: Place,
  sent: JsonObject,
  live: JsonObject,
): Answer | undefined {
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

export function deleteStaleness(
  place: Place,
  options: JsonObject,
  live: JsonObject,
): Answer | undefined {
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

export function invalid({ kind, name }: Place, flaws: ReturnType<typeof flawsOf>): Answer {
  const causes = flaws.map(({ field, reason, message }) => ({ field, reason, message }))
  const all = flaws.map(({ field, message }) => `${field}: ${message}`).join(', ')
  const message = `${kind.kind} "${name}" is invalid: ${all}`
  return refuse(422, 'Invalid', message, { name, kind: kind.kind, causes })
}

/** Of a patch, which knows no precondition but the version. */
export function otherUid(place: Place): Answer {
  const message = 'Invalid value: field is immutable'
  return invalid(place, [{ field: 'metadata.uid', reason: 'FieldValueInvalid', message }])
}

export function applyConflict(conflicts: ReturnType<typeof conflictsOf>): Answer {
  const causes = conflicts.map(({ entry, path }) => {
    const version = entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''
    const message = `conflict with "${entry.manager}"${version}`
    return { reason: 'FieldManagerConflict', message, field: dotted(path) }
  })
  const plural = causes.length === 1 ? 'conflict' : 'conflicts'
  const all = causes.map(({ message, field }) => `${message}: ${field}`).join('\n')
  return refuse(409, 'Conflict', `Apply failed with ${causes.length} ${plural}: ${all}`, { causes })
}

export function detailsOf({ kind, name }: Place): JsonObject {
  return { name, kind: kind.plural, ...(kind.group === '' ? {} : { group: kind.group }) }
}
