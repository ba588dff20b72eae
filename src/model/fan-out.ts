import { stringMap } from './external-secret.ts'
import { dig, isArray, isObject, type JsonObject, type JsonValue, member, text } from './json.ts'

// What ESO has for many namespaces at once: a ClusterExternalSecret makes ExternalSecrets, a ClusterPushSecret PushSecrets,
// one in each namespace that it selects.

/** Which of the two. */
export type FanOutKind = 'ClusterExternalSecret' | 'ClusterPushSecret'

/** A ClusterExternalSecret or ClusterPushSecret as every layer sees it. */
export interface FanOut {
  readonly kind: FanOutKind
  readonly name: string
  readonly uid: string
  /** Of the objects that it makes; its own name unless it says otherwise. */
  readonly childName: string
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
  /** A namespace is selected when one of them holds, or when it is listed. */
  readonly selectors: readonly JsonObject[]
  readonly namespaces: readonly string[]
  /** Go duration text; undefined is ESO's default of an hour. */
  readonly refreshTime: string | undefined
  /** Spec of each of the objects. */
  readonly spec: JsonObject
  /** Being deleted: so is all that it made. */
  readonly isLeaving: boolean
  readonly object: JsonObject
}

/** What a kind makes, and under which names ESO keeps it. */
export interface FanOutWords {
  readonly apiVersion: string
  readonly childKind: 'ExternalSecret' | 'PushSecret'
  /** Member of `spec` that is the spec of a child, its name, and its labels and annotations. */
  readonly spec: string
  readonly nameField: string
  readonly metadata: string
  /** Of a namespace where somebody else has an object of that name. */
  readonly takenReason: string
  /** Reason of the event about namespaces that failed. */
  readonly failedReason: string
}

/** ESO's words for either kind. */
export const FAN_OUTS: Readonly<Record<FanOutKind, FanOutWords>> = {
  ClusterExternalSecret: {
    apiVersion: 'external-secrets.io/v1',
    childKind: 'ExternalSecret',
    spec: 'externalSecretSpec',
    nameField: 'externalSecretName',
    metadata: 'externalSecretMetadata',
    takenReason: 'external secret already exists in namespace',
    failedReason: 'UpdateFailed',
  },
  ClusterPushSecret: {
    apiVersion: 'external-secrets.io/v1alpha1',
    childKind: 'PushSecret',
    spec: 'pushSecretSpec',
    nameField: 'pushSecretName',
    metadata: 'pushSecretMetadata',
    takenReason: 'push secret already exists in namespace',
    failedReason: 'Errored',
  },
}

/** Any new value has all children read again (R93): on a ClusterExternalSecret it is mirrored to each of them. */
export const ESO_FORCE_SYNC = 'external-secrets.io/force-sync'

/** Reads either kind; what is malformed counts as absent. */
export function decodeFanOut(kind: FanOutKind, object: JsonObject): FanOut {
  const words = FAN_OUTS[kind]
  const metadata = member(object, 'metadata')
  const spec = member(object, 'spec')
  const name = text(member(metadata, 'name')) ?? ''
  const childSpec = member(spec, words.spec)
  const wanted = member(spec, words.metadata)
  // The singular selector is deprecated, and is one more of them.
  const single = kind === 'ClusterExternalSecret' ? member(spec, 'namespaceSelector') : undefined
  return {
    kind,
    name,
    uid: text(member(metadata, 'uid')) ?? '',
    childName: text(member(spec, words.nameField)) || name,
    labels: stringMap(member(wanted, 'labels')) ?? new Map(),
    annotations: annotationsOf(kind, object, stringMap(member(wanted, 'annotations'))),
    selectors: [
      ...(isObject(single) ? [single] : []),
      ...listOf(member(spec, 'namespaceSelectors')),
    ],
    namespaces: kind === 'ClusterExternalSecret' ? texts(member(spec, 'namespaces')) : [],
    refreshTime: text(member(spec, 'refreshTime')),
    spec: isObject(childSpec) ? childSpec : Object.create(null),
    isLeaving: text(member(metadata, 'deletionTimestamp')) !== undefined,
    object,
  }
}

/** Of a ClusterExternalSecret's children, only its own annotation decides about this one. */
function annotationsOf(
  kind: FanOutKind,
  object: JsonObject,
  authored: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  if (kind !== 'ClusterExternalSecret') return authored
  const forced = text(dig(object, 'metadata', 'annotations', ESO_FORCE_SYNC))
  const others = [...authored].filter(([key]) => key !== ESO_FORCE_SYNC)
  return new Map([...others, ...(forced === undefined ? [] : [[ESO_FORCE_SYNC, forced] as const])])
}

/** A selector that is no object selects nothing, and is found malformed by whoever plans with it. */
function listOf(value: JsonValue | undefined): readonly JsonObject[] {
  if (!isArray(value)) return []
  return value.map((item) => (isObject(item) ? item : { matchExpressions: '' }))
}

function texts(value: JsonValue | undefined): readonly string[] {
  return isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
