import { isObject, type JsonValue, member } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import type { Generated } from './generated.ts'
import { wrong } from './spec.ts'

/** ESO's Fake: what stands in `spec.data`, for demos and tests. */
export async function fake(spec: JsonValue | undefined): Promise<Generated> {
  const data = member(spec, 'data') ?? undefined
  if (data === undefined) return new Map()
  if (!isObject(data)) throw wrong('data', 'a map of texts')
  const values = new Map<string, SecretValue>()
  for (const [key, value] of Object.entries(data)) {
    if (typeof value !== 'string') throw wrong(`data.${key}`, 'text')
    values.set(key, SecretValue.fromText(value))
  }
  return values
}
