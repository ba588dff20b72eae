import type { JsonObject } from '../model/json.ts'
import type { OutcomeError } from '../model/outcome.ts'
import type {
  PushBody,
  PushDialect,
  PushItem,
  PushMarks,
  PushWrite,
  RemoteSecret,
} from '../model/push.ts'
import type { PushData, UpdatePolicy } from '../model/push-secret.ts'
import { bodyWith, bodyWithout, isThere, sameBody } from '../values/push-body.ts'
import { metadataSpec } from '../values/push-metadata.ts'
import { marksAfter, sameMarks } from './push-marks.ts'

// What becomes of one remote secret. All entries for it are one change, so that it is read once and written once.
//
//  observed            │ entries: Replace              │ entries: IfNotExists      │ none left
//  ────────────────────┼───────────────────────────────┼───────────────────────────┼───────────────────
//  absent              │ create                        │ create                    │ unchanged
//  managed, differs    │ update                        │ skip what is there        │ delete, or update
//  managed, the same   │ unchanged                     │ skip                      │   without properties
//  not managed         │ refuse                        │ skip, refuse what is not  │ skip: never ours
//
// An entry that cannot be pushed is an error, and the others are pushed all the same. Nothing is removed beside an error.

/** Everything about one remote key of one store. */
export interface PushRequest {
  readonly dialect: PushDialect
  readonly updatePolicy: UpdatePolicy
  readonly remoteKey: string
  readonly items: readonly PushItem[]
  /** Entries that were pushed once and are no longer wanted; empty unless deletionPolicy is Delete. */
  readonly dropped: readonly PushData[]
  readonly observed: RemoteSecret | undefined
}

/** What is done. `pushed` are the entries that the remote secret holds afterwards, `errors` those that it does not. */
export type PushChange = {
  readonly remoteKey: string
  readonly pushed: readonly PushItem[]
  readonly errors: readonly OutcomeError[]
} & (
  | { readonly action: 'create' | 'update'; readonly write: PushWrite }
  | { readonly action: 'delete'; readonly observed: RemoteSecret; readonly spec: JsonObject }
  | { readonly action: 'unchanged' | 'skip' | 'refuse' }
)

/** One change for one remote key. */
export function planPush(request: PushRequest): PushChange {
  const { remoteKey, items, observed } = request
  const skipped = items.filter((item) => isKept(item, request))
  const wanted = items.filter((item) => !skipped.includes(item))
  const quiet = { remoteKey, errors: [], pushed: skipped }
  if (items.length === 0) return planRemoval(request)
  if (wanted.length === 0 && request.dropped.length === 0) return { ...quiet, action: 'skip' }
  if (observed !== undefined && !observed.isManaged) {
    const errors = wanted.map(({ field }) => notManaged(remoteKey, field))
    return { ...quiet, errors, action: errors.length === 0 ? 'skip' : 'refuse' }
  }
  return planContent(request, { skipped, wanted })
}

/** IfNotExists: what is there stays, whoever wrote it. Judged by what was there before this push. */
function isKept({ entry }: PushItem, { updatePolicy, dialect, observed }: PushRequest): boolean {
  return (
    updatePolicy === 'IfNotExists' && observed !== undefined && isThere(dialect, observed, entry)
  )
}

function notManaged(remoteKey: string, field: string): OutcomeError {
  return {
    code: 'NotManaged',
    field,
    message: `secret not managed by external-secrets: ${remoteKey} was made by somebody else and is not overwritten; mark it with managed-by=external-secrets to hand it over`,
  }
}

/** Body and marks after all entries, compared with what is there. */
function planContent(
  request: PushRequest,
  {
    skipped,
    wanted,
  }: { readonly skipped: readonly PushItem[]; readonly wanted: readonly PushItem[] },
): PushChange {
  const { remoteKey, observed } = request
  const progress: Progress = {
    body: observed?.body,
    marks: undefined,
    spec: Object.create(null),
    type: '',
  }
  const errors: OutcomeError[] = []
  const pushed = [...skipped]
  for (const item of wanted) {
    const error = add(item, progress, request)
    if (error === undefined) pushed.push(item)
    else errors.push(error)
  }
  if (errors.length === 0) removeDropped(progress, request)
  return outcomeOf(request, progress, { remoteKey, pushed, errors })
}

/** What was put together against what is there. */
function outcomeOf(
  { dialect, observed }: PushRequest,
  { body, marks: wanted, spec, type }: Progress,
  told: Pick<PushChange, 'remoteKey' | 'pushed' | 'errors'>,
): PushChange {
  const marks = wanted ?? observed?.marks
  // None of the entries fits, and nothing of them is there.
  if (body === undefined || marks === undefined || told.pushed.length === 0) {
    return { ...told, action: 'refuse' }
  }
  const write: PushWrite = { remoteKey: told.remoteKey, spec, type, body, marks, observed }
  if (observed === undefined) return { ...told, action: 'create', write }
  const isSame = sameBody(dialect, observed.body, body) && sameMarks(observed.marks, marks)
  return isSame ? { ...told, action: 'unchanged' } : { ...told, action: 'update', write }
}

/** The remote secret while entry after entry is put into it. */
interface Progress {
  body: PushBody | undefined
  marks: PushMarks | undefined
  spec: JsonObject
  type: string
}

/** Undefined when it fits. Of several metadata for one secret the last one counts, as upstream. */
function add(item: PushItem, progress: Progress, request: PushRequest): OutcomeError | undefined {
  const { dialect, observed } = request
  const { field, entry, source } = item
  const spec = metadataSpec(dialect, entry.metadata)
  if (spec.failure !== undefined) return { ...spec.failure, field: field + spec.failure.field }
  const body = bodyWith(dialect, progress.body, item)
  if (body.failure !== undefined) return { ...body.failure, field: field + body.failure.field }
  progress.body = body.value
  const before = progress.marks ?? observed?.marks
  progress.marks = marksAfter({ dialect, observed: before, spec: spec.value, source })
  progress.spec = { ...progress.spec, ...spec.value }
  progress.type = source.type
  return undefined
}

/** Properties that were pushed once. A whole secret is not removed while something is still pushed to its key. */
function removeDropped(progress: Progress, { dialect, dropped, items }: PushRequest): void {
  const kept = new Set(items.map(({ entry }) => entry.property))
  for (const { property } of dropped) {
    if (progress.body === undefined || property === undefined || kept.has(property)) continue
    const body = bodyWithout(dialect, progress.body, property)
    if (body !== 'empty') progress.body = body
  }
}

/** Nothing is pushed to this key any more. What is not ours, or no longer ours, stays. */
function planRemoval({ dialect, remoteKey, dropped, observed }: PushRequest): PushChange {
  const told = { remoteKey, pushed: [], errors: [] }
  // An entry without a value is gone already: deleted, and only its name is left.
  if (observed?.body === undefined || dropped.length === 0) return { ...told, action: 'unchanged' }
  if (!observed.isManaged) return { ...told, action: 'skip' }
  const read = metadataSpec(dialect, dropped.at(-1)?.metadata)
  const spec: JsonObject = read.failure === undefined ? read.value : Object.create(null)
  let body: PushBody = observed.body
  for (const { property } of dropped) {
    if (property === undefined) return { ...told, action: 'delete', observed, spec }
    const rest = bodyWithout(dialect, body, property)
    if (rest === 'empty') return { ...told, action: 'delete', observed, spec }
    body = rest
  }
  if (sameBody(dialect, observed.body, body)) return { ...told, action: 'unchanged' }
  const write: PushWrite = { remoteKey, spec, type: '', body, marks: observed.marks, observed }
  return { ...told, action: 'update', write }
}
