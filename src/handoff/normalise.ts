import { ESO_GROUP } from '../model/external-secret.ts'
import { isObject, type JsonObject, type JsonValue, member, text } from '../model/json.ts'

// What an object looks like on its way: the author's words in ESO's stored version, without what tools write beside them.

/** Set by the API server or by whoever applied the object last: it would differ from render to render. */
const METADATA_DROPPED: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
])

const ANNOTATIONS_DROPPED: readonly string[] = [
  'argocd.argoproj.io/tracking-id',
  'config.k8s.io/',
  'config.kubernetes.io/',
  'internal.config.kubernetes.io/',
  'kubectl.kubernetes.io/last-applied-configuration',
  'kustomize.config.k8s.io/',
]

/** The object in ESO's v1, with its namespace filled in, without status and tracking metadata. */
export function handedOff(object: JsonObject, namespace: string): JsonObject {
  const rest = without(object, (key) => key === 'status')
  const metadata = member(object, 'metadata')
  return {
    ...rest,
    apiVersion: storedVersion(text(member(object, 'apiVersion')) ?? ''),
    metadata: isObject(metadata) ? cleanMetadata(metadata, namespace) : Object.create(null),
  }
}

function cleanMetadata(metadata: JsonObject, namespace: string): JsonObject {
  const annotations = member(metadata, 'annotations')
  const kept = isObject(annotations) ? without(annotations, isToolAnnotation) : {}
  const rest = without(
    metadata,
    (key) => METADATA_DROPPED.has(key) || key === 'annotations' || key === 'namespace',
  )
  return {
    ...rest,
    ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }),
    ...(namespace === '' ? {} : { namespace }),
  }
}

function isToolAnnotation(key: string): boolean {
  return ANNOTATIONS_DROPPED.some((prefix) =>
    prefix.endsWith('/') ? key.startsWith(prefix) : key === prefix,
  )
}

/** v1beta1 has the shapes of v1; generators have one version only. */
function storedVersion(apiVersion: string): string {
  return apiVersion === `${ESO_GROUP}/v1beta1` ? `${ESO_GROUP}/v1` : apiVersion
}

/** A copy without the members that `isDropped` names; keys such as `__proto__` stay ordinary keys. */
function without(object: JsonObject, isDropped: (key: string) => boolean): JsonObject {
  const copy: Record<string, JsonValue> = Object.create(null)
  for (const [key, value] of Object.entries(object)) {
    if (!isDropped(key) && value !== undefined) copy[key] = value
  }
  return copy
}
