import { stringMap } from '../../model/external-secret.ts'
import { decodeFanOut, type FanOut, type FanOutKind } from '../../model/fan-out.ts'
import { canonicalJson, isArray, type JsonObject, member, text } from '../../model/json.ts'
import {
  type Child,
  isOwnedBy,
  isSelected,
  type LabelledNamespace,
  planChild,
} from '../../plan/fan-out.ts'

// What is known of fan-outs, namespaces and children as their watches tell it, and which fan-outs an event concerns. Of
// children only metadata is kept: whether one is as it was left follows from its generation, labels, annotations and owners.

/** A namespace as it is watched. */
export interface WatchedNamespace extends LabelledNamespace {
  readonly finalizers: readonly string[]
  /** Metadata alone. */
  readonly object: JsonObject
}

/** Everything that was seen. Each `put…` answers which fan-outs have to be looked at. */
export interface FanOuts {
  /** The fan-out itself, also when it is gone. */
  readonly putFanOut: (kind: FanOutKind, object: JsonObject, isGone: boolean) => readonly FanOut[]
  readonly putNamespace: (object: JsonObject, isGone: boolean) => readonly FanOut[]
  readonly putChild: (kind: FanOutKind, object: JsonObject, isGone: boolean) => readonly FanOut[]
  readonly get: (key: string) => FanOut | undefined
  readonly all: () => readonly FanOut[]
  readonly namespaces: () => readonly WatchedNamespace[]
  /** All that has its child's name, and all that it made. */
  readonly children: (fanOut: FanOut) => readonly (Child & { readonly uid: string })[]
  /** The child is what it should be, as far as is known. */
  readonly isAsLeft: (fanOut: FanOut, namespace: string) => boolean
  readonly left: (fanOut: FanOut, child: JsonObject) => void
}

/** How a fan-out is called in batches and messages. */
export function fanOutKey({ kind, name }: Pick<FanOut, 'kind' | 'name'>): string {
  return `${kind}/${name}`
}

interface Left {
  /** What the API server made of it. */
  readonly stamp: string
  /** What it was asked for. */
  readonly wanted: string
}

/** Nothing seen yet. */
export function createFanOuts(): FanOuts {
  const fanOuts = new Map<string, FanOut>()
  const namespaces = new Map<string, WatchedNamespace>()
  const children = new Map<string, JsonObject>()
  const lefts = new Map<string, Left>()
  // A fan-out over many namespaces asks for the same in each of them.
  const texts = new WeakMap<FanOut, string>()
  const wantedOf = (fanOut: FanOut): string => {
    const text = texts.get(fanOut) ?? wantedText(fanOut)
    texts.set(fanOut, text)
    return text
  }
  const concerned = (isConcerned: (fanOut: FanOut) => boolean): readonly FanOut[] =>
    [...fanOuts.values()].filter(isConcerned)
  return {
    putFanOut: (kind, object, isGone) => {
      const fanOut = decodeFanOut(kind, object)
      const key = fanOutKey(fanOut)
      const before = fanOuts.get(key)
      if (isGone) fanOuts.delete(key)
      else fanOuts.set(key, fanOut)
      // Our own status is no news.
      return !isGone && stampOf(before?.object) === stampOf(object) ? [] : [fanOut]
    },
    putNamespace: (object, isGone) => {
      const after = namespaceOf(object)
      const before = namespaces.get(after.name)
      if (isGone) namespaces.delete(after.name)
      else namespaces.set(after.name, after)
      if (!isGone && before !== undefined && isSameNamespace(before, after)) return []
      // As it was and as it is: one may have left a selection, or have entered one.
      const either = [after, ...(before === undefined ? [] : [before])]
      return concerned((fanOut) => either.some((namespace) => isSelected(namespace, fanOut)))
    },
    putChild: (kind, object, isGone) => {
      const key = childKey(kind, object)
      if (isGone) children.delete(key)
      else children.set(key, object)
      // Our own write, or a status that somebody wrote.
      if (!isGone && lefts.get(key)?.stamp === stampOf(object)) return []
      if (isGone) lefts.delete(key)
      const name = text(member(member(object, 'metadata'), 'name'))
      return concerned(
        (fanOut) =>
          fanOut.kind === kind && (fanOut.childName === name || isOwnedBy(fanOut, object)),
      )
    },
    get: (key) => fanOuts.get(key),
    all: () => [...fanOuts.values()],
    namespaces: () => [...namespaces.values()],
    children: (fanOut) =>
      [...children].flatMap(([key, object]) => {
        const metadata = member(object, 'metadata')
        const name = text(member(metadata, 'name')) ?? ''
        if (!key.startsWith(`${fanOut.kind} `)) return []
        const isOurs = isOwnedBy(fanOut, object)
        if (!isOurs && name !== fanOut.childName) return []
        const namespace = text(member(metadata, 'namespace')) ?? ''
        return [{ namespace, name, isOurs, uid: text(member(metadata, 'uid')) ?? '' }]
      }),
    isAsLeft: (fanOut, namespace) => {
      const key = `${fanOut.kind} ${namespace}/${fanOut.childName}`
      const left = lefts.get(key)
      const isSeen = left !== undefined && left.stamp === stampOf(children.get(key))
      return isSeen && left.wanted === wantedOf(fanOut)
    },
    left: (fanOut, child) => {
      const left = { stamp: stampOf(child), wanted: wantedOf(fanOut) }
      lefts.set(childKey(fanOut.kind, child), left)
    },
  }
}

function childKey(kind: FanOutKind, object: JsonObject): string {
  const metadata = member(object, 'metadata')
  return `${kind} ${text(member(metadata, 'namespace'))}/${text(member(metadata, 'name'))}`
}

/** What a child is asked to be, whatever its namespace. */
function wantedText(fanOut: FanOut): string {
  const change = planChild(fanOut, '', undefined)
  return change.action === 'create' ? canonicalJson(change.object) : ''
}

/** Everything but the status and the version, which changes with it. */
function stampOf(object: JsonObject | undefined): string {
  const metadata = member(object, 'metadata')
  const of = (name: string) => member(metadata, name) ?? null
  return canonicalJson([
    of('uid'),
    of('generation'),
    of('deletionTimestamp'),
    of('labels'),
    of('annotations'),
    of('ownerReferences'),
  ])
}

function namespaceOf(object: JsonObject): WatchedNamespace {
  const metadata = member(object, 'metadata')
  const finalizers = member(metadata, 'finalizers')
  return {
    name: text(member(metadata, 'name')) ?? '',
    labels: stringMap(member(metadata, 'labels')) ?? new Map(),
    isLeaving: text(member(metadata, 'deletionTimestamp')) !== undefined,
    finalizers: isArray(finalizers) ? finalizers.filter((item) => typeof item === 'string') : [],
    object: { ...object, apiVersion: 'v1', kind: 'Namespace' },
  }
}

function isSameNamespace(a: WatchedNamespace, b: WatchedNamespace): boolean {
  return stampOf(a.object) === stampOf(b.object)
}
