import type { ValueCode } from './codes.ts'

/** Our words for what went wrong. `field` is relative to the entry, e.g. `remoteRef.property`; never holds a value. */
export interface ValueFailure {
  readonly code: ValueCode
  readonly field: string
  readonly message: string
}

/** A step that may fail: exactly one of the two is there. A `value` of undefined is an answer (no value). */
export type Attempt<T> =
  | { readonly value: T; readonly failure: undefined }
  | { readonly value: undefined; readonly failure: ValueFailure }

/** A step that succeeded. */
export function done<T>(value: T): Attempt<T> {
  return { value, failure: undefined }
}

/** A step that failed. An empty `field` means the entry as a whole. */
export function failed(code: ValueCode, message: string, field = ''): Attempt<never> {
  return { value: undefined, failure: { code, field, message } }
}
