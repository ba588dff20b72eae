import { FAN_OUTS, type FanOut } from '../model/fan-out.ts'
import {
  canonicalJson,
  dig,
  isArray,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../model/json.ts'
import { selectorText, selects } from '../model/label-selector.ts'

// What a ClusterExternalSecret or ClusterPushSecret asks of the cluster (R105).
//
//  namespace       │ nothing of that name │ ours, of that name │ ours, of a former name │ somebody else's
//  ────────────────┼──────────────────────┼────────────────────┼────────────────────────┼────────────────
//  selected        │ write                │ write              │ delete                 │ refuse
//  not selected    │ –                    │ delete             │ delete                 │ –
//  being deleted   │ –                    │ –                  │ –                      │ –
//
// What is being deleted itself has all of its own deleted. A selector that nobody can read decides nothing: to take it
// for one that selects nothing would delete everything.

/** A namespace as a selector sees it. */
export interface LabelledNamespace {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  /** Being deleted, and all that is in it: the API server takes nothing new. */
  readonly isLeaving: boolean
}

/** An object of the kind that is made, as far as ownership goes. */
export interface Child {
  readonly namespace: string
  readonly name: string
  readonly isOurs: boolean
}

/** What is to be done in one namespace. */
export type FanOutStep =
  | { readonly action: 'write' | 'refuse'; readonly namespace: string }
  | { readonly action: 'delete'; readonly namespace: string; readonly name: string }

/** All that has to be done, in the order of the namespaces' names; or why nothing may be. */
export type FanOutPlan =
  | { readonly outcome: 'planned'; readonly steps: readonly FanOutStep[] }
  | { readonly outcome: 'unusable'; readonly field: string; readonly message: string }

/** The deprecated selector comes before the list. */
function selectorField({ selectors, object }: FanOut, at: number): string {
  const listed = dig(object, 'spec', 'namespaceSelectors')
  const before = selectors.length - (isArray(listed) ? listed.length : 0)
  return at < before ? 'spec.namespaceSelector' : `spec.namespaceSelectors[${at - before}]`
}

/** Namespaces × selectors × what is there → steps. */
export function planFanOut(
  fanOut: FanOut,
  {
    namespaces,
    children,
  }: { readonly namespaces: readonly LabelledNamespace[]; readonly children: readonly Child[] },
): FanOutPlan {
  const broken = fanOut.selectors.findIndex((selector) => selectorText(selector) === undefined)
  if (broken >= 0 && !fanOut.isLeaving) {
    const message = `namespace selector ${broken} is malformed`
    return { outcome: 'unusable', field: selectorField(fanOut, broken), message }
  }
  const present = new Set(namespaces.filter(({ isLeaving }) => !isLeaving).map(({ name }) => name))
  const selected = namespaces.filter(
    (namespace) =>
      present.has(namespace.name) && !fanOut.isLeaving && isSelected(namespace, fanOut),
  )
  const wanted = new Set(selected.map(({ name }) => name))
  const isWanted = ({ namespace, name }: Child): boolean =>
    wanted.has(namespace) && name === fanOut.childName
  const taken = new Set(
    children.filter((child) => isWanted(child) && !child.isOurs).map(({ namespace }) => namespace),
  )
  const steps: readonly FanOutStep[] = [
    ...children
      .filter((child) => child.isOurs && !isWanted(child) && present.has(child.namespace))
      .map(({ namespace, name }) => ({ action: 'delete' as const, namespace, name })),
    ...[...wanted].map((namespace) => ({
      action: taken.has(namespace) ? ('refuse' as const) : ('write' as const),
      namespace,
    })),
  ]
  return {
    outcome: 'planned',
    steps: steps.toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1)),
  }
}

/** Whether it is listed, or a selector holds for it. */
export function isSelected(
  { name, labels }: LabelledNamespace,
  { selectors, namespaces }: FanOut,
): boolean {
  return namespaces.includes(name) || selectors.some((selector) => selects(selector, labels))
}

/** Whether it was made by a fan-out of this kind and name: one that is made anew takes over what is left, as upstream. */
export function isOwnedBy(
  { kind, name }: Pick<FanOut, 'kind' | 'name'>,
  child: JsonObject,
): boolean {
  const owner = ownersOf(child).find((reference) => member(reference, 'controller') === true)
  return (
    text(member(owner, 'apiVersion'))?.startsWith('external-secrets.io/') === true &&
    member(owner, 'kind') === kind &&
    member(owner, 'name') === name
  )
}

/** What has to be done about one child. An update names what it replaces by uid and version. */
export type ChildChange =
  | { readonly action: 'create'; readonly object: JsonObject }
  | { readonly action: 'update'; readonly object: JsonObject }
  | { readonly action: 'unchanged' }
  | { readonly action: 'refuse' }

/** Labels, annotations and spec are ours alone, as upstream; finalizers, other owners and the status are kept. */
export function planChild(
  fanOut: FanOut,
  namespace: string,
  observed: JsonObject | undefined,
): ChildChange {
  const { labels, annotations, childName, spec } = fanOut
  const { apiVersion, childKind: kind } = FAN_OUTS[fanOut.kind]
  if (observed !== undefined && !isOwnedBy(fanOut, observed)) return { action: 'refuse' }
  const { managedFields: _, ...kept } = (member(observed, 'metadata') ?? {}) as JsonObject
  const metadata: JsonObject = {
    ...kept,
    name: childName,
    namespace,
    labels: Object.fromEntries(labels),
    annotations: Object.fromEntries(annotations),
    ownerReferences: [
      ...ownersOf(observed).filter((reference) => member(reference, 'controller') !== true),
      ownerReference(fanOut),
    ],
  }
  const object: JsonObject = { ...observed, apiVersion, kind, metadata, spec }
  if (observed === undefined) return { action: 'create', object }
  return contentOf(observed) === contentOf(object)
    ? { action: 'unchanged' }
    : { action: 'update', object }
}

function ownerReference({ kind, name, uid }: FanOut): JsonObject {
  const { apiVersion } = FAN_OUTS[kind]
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }
}

function ownersOf(object: JsonObject | undefined): readonly JsonValue[] {
  const owners = dig(object, 'metadata', 'ownerReferences')
  return isArray(owners) ? owners : []
}

/** What a fan-out decides of its child: an empty map and none are the same to the API server. */
function contentOf(object: JsonObject): string {
  const metadata = member(object, 'metadata')
  return canonicalJson({
    labels: member(metadata, 'labels') ?? {},
    annotations: member(metadata, 'annotations') ?? {},
    ownerReferences: ownersOf(object),
    spec: member(object, 'spec') ?? {},
  })
}
