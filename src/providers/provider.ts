import type { HttpClient } from '../model/http.ts'
import type { Answer, ProviderErrorCode, ProviderFailure, Read } from '../model/provider.ts'
import type { SecretValue } from '../model/secret-value.ts'
import type { Store } from '../model/store.ts'
import type { TemplateEngine } from '../template/template-engine.ts'
import type { Turn } from './turn.ts'

/** An open, logged-in store. */
export interface SecretProvider {
  /**
   * Answers every read, in the order asked, batching where the remote API can. A failure of one read is its answer;
   * only an aborted signal rejects.
   */
  readonly read: (reads: readonly Read[], signal: AbortSignal) => Promise<readonly Answer[]>
  /** Where opening has not asked the provider: whether it knows our credentials. Throws ProviderError. */
  readonly check?: (signal: AbortSignal) => Promise<void>
  /** Ends what the login opened (a Vault token is revoked). Never rejects. */
  readonly close: () => Promise<void>
}

/**
 * What a store's `auth` may ask of the cluster. The implementation fences every call to the namespaces that the
 * store may name (MT-2): for a SecretStore that is its own, whatever the reference says.
 */
export interface Credentials {
  /** A key of a Secret; undefined when Secret or key is absent. */
  readonly secretKey: (ref: KeyRef) => Promise<SecretValue | undefined>
  /** All of a Secret; undefined when it is absent. */
  readonly secret: (ref: NameRef) => Promise<CredentialSecret | undefined>
  readonly configMapKey: (ref: KeyRef) => Promise<string | undefined>
  /** Annotations of a ServiceAccount; undefined when it is absent. */
  readonly serviceAccount: (
    ref: NameRef,
  ) => Promise<{ readonly annotations: ReadonlyMap<string, string> } | undefined>
  /** TokenRequest: a fresh token for exactly these audiences. */
  readonly serviceAccountToken: (
    ref: NameRef,
    audiences: readonly string[],
    expirationSeconds: number,
  ) => Promise<SecretValue>
  /** The token of the pod that we run in, when there is one. */
  readonly ownToken: () => Promise<SecretValue | undefined>
}

/** A Secret as far as a store may see it. */
export interface CredentialSecret {
  readonly labels: ReadonlyMap<string, string>
  readonly data: ReadonlyMap<string, SecretValue>
}

/** A reference by name; the namespace is as authored, not yet fenced. */
export interface NameRef {
  readonly name: string
  /** Authored namespace; undefined = the store's own, or the ExternalSecret's for a ClusterSecretStore (R13, R14). */
  readonly namespace: string | undefined
}

/** One key of a Secret or ConfigMap. */
export interface KeyRef extends NameRef {
  readonly key: string
}

/**
 * What a provider may use of the world. Invariant: providers take clock, randomness, network and
 * environment from here alone.
 */
export interface OpenContext {
  /** Namespace of the ExternalSecrets that are read for (session tags, referent authentication). */
  readonly namespace: string
  readonly credentials: Credentials
  readonly http: HttpClient
  /** Reaches the metadata server of this machine and nothing else; undefined unless whoever runs waybill allows it. */
  readonly metadata?: HttpClient | undefined
  readonly nowMs: () => number
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>
  /** Endpoint overrides by ESO's names (R113), e.g. `AWS_SECRETSMANAGER_ENDPOINT`, and region defaults. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** Every attempt of a call goes through it. `http` does so by itself: only a library with sockets of its own has to ask. */
  readonly turn: Turn
  /** The template language, for stores whose requests are templates; loaded on first need. */
  readonly templates: () => Promise<TemplateEngine>
  /** Called once per request that leaves for the provider, for counting: e.g. `secretsmanager:BatchGetSecretValue`. */
  readonly onCall: (call: string) => void
  /** Called when such a request is over: its answer said no, or there was none. */
  readonly onCallEnded?: ((call: string, isError: boolean) => void) | undefined
  /** Something that worked, and that somebody should look at all the same; told once per run. */
  readonly onNotice?: ((words: string) => void) | undefined
}

/** Opens a store: reads its credentials and logs in. Throws ProviderError. */
export type OpenProvider = (store: Store, context: OpenContext) => Promise<SecretProvider>

/**
 * A provider could not do what was asked. `message` may name key, path and HTTP status, never a value or a token;
 * a library's error is dropped where it is caught, so that nothing of it can travel.
 * `instanceof` goes by the name: each chunk of the bundle has a copy of this class.
 */
export class ProviderError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'ProviderError'
  }
  override readonly name = 'ProviderError'
  readonly code: ProviderErrorCode
  readonly hint: string | undefined
  constructor(code: ProviderErrorCode, message: string, hint?: string) {
    super(message)
    this.code = code
    this.hint = hint
  }
}

/** The same as data, for an `Answer`. */
export function failureOf(error: ProviderError): ProviderFailure {
  return { code: error.code, message: error.message, hint: error.hint }
}
