import { type KubeApi, KubeError, type ObjectRef } from '../../kube/api.ts'
import { dig, type JsonObject, member, text } from '../../model/json.ts'

// Status of an object, for the very object that was looked at. The API server looks at no uid when it patches a status,
// so the version is the precondition, and a conflict means to look again.

const CONFLICTS_MAX = 3

/** How a status is written. */
export interface StatusWriter {
  readonly kube: KubeApi
  readonly fieldManager: string
}

/**
 * Writes a status: members that are null go. Answers the object afterwards, undefined when the one that was seen is gone.
 * Throws KubeError.
 */
export async function writeObjectStatus(
  writer: StatusWriter,
  seen: JsonObject,
  status: JsonObject,
): Promise<JsonObject | undefined> {
  let live: JsonObject | undefined = seen
  for (let conflicts = 0; live !== undefined && uidOf(live) === uidOf(seen); conflicts++) {
    const written = await attempt(writer, live, status)
    if (!(written instanceof KubeError)) return written
    if (written.code === 'not-found') return undefined
    if (written.code !== 'conflict' || conflicts >= CONFLICTS_MAX) throw written
    live = await writer.kube.get(refOfObject(seen))
  }
  return undefined
}

async function attempt(
  { kube, fieldManager }: StatusWriter,
  live: JsonObject,
  status: JsonObject,
): Promise<JsonObject | KubeError> {
  const { apiVersion, kind, namespace, name } = refOfObject(live)
  const resourceVersion = dig(live, 'metadata', 'resourceVersion')
  const scope = namespace === '' ? {} : { namespace }
  const metadata = { ...scope, name, resourceVersion }
  try {
    return await kube.applyStatus({ apiVersion, kind, metadata, status }, fieldManager)
  } catch (error) {
    if (error instanceof KubeError) return error
    throw error
  }
}

/** What identifies an object of a watch. */
export function refOfObject(object: JsonObject): ObjectRef {
  const metadata = member(object, 'metadata')
  return {
    apiVersion: text(member(object, 'apiVersion')) ?? '',
    kind: text(member(object, 'kind')) ?? '',
    namespace: text(member(metadata, 'namespace')) ?? '',
    name: text(member(metadata, 'name')) ?? '',
  }
}

/** Empty for what has none. */
export function uidOf(object: JsonObject): string {
  return text(dig(object, 'metadata', 'uid')) ?? ''
}
