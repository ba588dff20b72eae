import type { JsonObject } from '../model/json.ts'
import type { SecretValue } from '../model/secret-value.ts'

/** What identifies an object. `namespace` is empty for cluster scope. */
export interface ObjectRef {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** A closed set, so that callers can switch over it. */
export type KubeErrorCode =
  | 'unauthorized'
  | 'forbidden'
  | 'conflict'
  | 'not-found'
  | 'invalid'
  | 'too-large'
  | 'throttled'
  | 'unavailable'
  | 'timeout'
  | 'untrusted'
  | 'malformed'

/**
 * The API server refused or could not be reached. `message` is ours plus the Status reason; bodies are dropped.
 * `instanceof` goes by the name: each chunk of the bundle has a copy of this class.
 */
export class KubeError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'KubeError'
  }
  override readonly name = 'KubeError'
  readonly code: KubeErrorCode
  /** HTTP status, 0 when there was no answer. */
  readonly status: number
  constructor(code: KubeErrorCode, status: number, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** What server-side apply has made of an object. */
export interface Applied {
  readonly object: JsonObject
  /** Whether the API server answered 201. */
  readonly isCreated: boolean
}

/** The API server, as narrow as its callers. Every call has a deadline and throws KubeError. */
export interface KubeApi {
  /** Undefined when absent. */
  readonly get: (ref: ObjectRef) => Promise<JsonObject | undefined>
  readonly list: (
    apiVersion: string,
    kind: string,
    namespace: string,
    labelSelector?: string,
  ) => Promise<readonly JsonObject[]>
  /**
   * Server-side apply. `metadata.uid` and `metadata.resourceVersion` in the body are preconditions; a wrong one is a
   * `conflict`. Give both: a resourceVersion alone does not keep an object that is gone from being created.
   * `isForced` takes over fields of other managers.
   */
  readonly apply: (
    object: JsonObject,
    options: {
      readonly fieldManager: string
      readonly isForced: boolean
      readonly isDryRun: boolean
    },
  ) => Promise<Applied>
  /** PUT under the preconditions in the body. */
  readonly replace: (
    object: JsonObject,
    options: { readonly fieldManager: string; readonly isDryRun: boolean },
  ) => Promise<JsonObject>
  readonly create: (object: JsonObject, fieldManager: string) => Promise<JsonObject>
  /**
   * Merge patch of the subresource status: members of `status` that are null go, those that are absent stay. The one
   * precondition is `metadata.resourceVersion`: a uid in the body is not looked at.
   */
  readonly applyStatus: (object: JsonObject, fieldManager: string) => Promise<JsonObject>
  /** All finalizers of an object as it was read: its uid and resourceVersion are preconditions. */
  readonly patchFinalizers: (
    object: JsonObject,
    finalizers: readonly string[],
    fieldManager: string,
  ) => Promise<JsonObject>
  /** Absent is fine. */
  readonly delete: (
    ref: ObjectRef,
    preconditions: { readonly uid: string; readonly resourceVersion: string | undefined },
    isDryRun: boolean,
  ) => Promise<void>
  /** TokenRequest. */
  readonly serviceAccountToken: (
    namespace: string,
    name: string,
    audiences: readonly string[],
    expirationSeconds: number,
  ) => Promise<SecretValue>
}
