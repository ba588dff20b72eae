import type { JsonValue } from '../../src/model/json.ts'
import { encodeFields, type ManagedEntry } from './kube-fields.ts'

// `managedFields` as the API server of the tests keeps and prints them.

/** The order of kube-apiserver: applied entries first, then by time. */
export function inOrder(entries: readonly ManagedEntry[]): readonly ManagedEntry[] {
  const rank = ({ operation, time, manager }: ManagedEntry): string =>
    `${operation} ${time} ${manager}`
  return entries
    .filter(({ fields }) => fields.size > 0)
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
}

export function sameFields(
  a: ReadonlyMap<string, unknown>,
  b: ReadonlyMap<string, unknown>,
): boolean {
  return a.size === b.size && [...a.keys()].every((key) => b.has(key))
}

export function encodeManaged(entries: readonly ManagedEntry[], withTime: boolean): JsonValue {
  return entries.map(({ manager, operation, apiVersion, time, fields, subresource }) => ({
    manager,
    operation,
    apiVersion,
    ...(subresource === '' ? {} : { subresource }),
    ...(withTime ? { time } : {}),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFields(fields),
  }))
}
