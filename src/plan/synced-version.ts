import { createHash } from 'node:crypto'
import { stringMap } from '../model/external-secret.ts'
import { compareBytes, type JsonObject, type JsonValue, member } from '../model/json.ts'

/**
 * `status.syncedResourceVersion` in ESO's form (R73): changes with spec, labels and annotations, and not with the status.
 * The same text as ESO's, so that neither takes what the other has done for a change.
 */
export function syncedVersionOf(object: JsonObject): string {
  const metadata = member(object, 'metadata')
  const [annotations, labels] = [member(metadata, 'annotations'), member(metadata, 'labels')]
  const text = `{annotations:${printed(annotations)} labels:${printed(labels)}}`
  const hash = createHash('sha3-224').update(text).digest('hex')
  return `${member(metadata, 'generation') ?? 0}-${hash}`
}

/** As Go prints a map of strings. */
function printed(value: JsonValue | undefined): string {
  const entries = [...(stringMap(value) ?? [])].sort(([a], [b]) => compareBytes(a, b))
  return `map[${entries.map(([key, words]) => `${key}:${words}`).join(' ')}]`
}
