import type { SecretValue } from './secret-value.ts'

// The port to the network. One implementation (sync/transport.ts) holds every rule of it: one keep-alive pool per
// origin and identity, no redirects, caps, one deadline, TLS ≥ 1.2. Providers and kube/ are given it, and know nothing else.

/** One request; headers and body may hold secrets and are never printed. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'LIST'
  /** Absolute URL, already encoded. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
  readonly tls: TlsSettings | undefined
  /** Whole call: DNS, connect, TLS, body. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Called once, as it leaves: a request that still waits for its turn has not been made. */
  readonly onLeave?: (() => void) | undefined
}

/** Who the server must be, and who we are to it. */
export interface TlsSettings {
  /** PEM; replaces the system roots when given. */
  readonly ca: string | undefined
  readonly cert: SecretValue | undefined
  readonly key: SecretValue | undefined
  /** Server name to verify instead of the URL's host. */
  readonly serverName: string | undefined
  /** kubeconfig's insecure-skip-tls-verify, only ever for a local API server. */
  readonly isVerificationOff: boolean
}

/** An answer of any status. */
export interface HttpResponse {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** At most the cap; may hold secrets: never printed. */
  readonly body: Uint8Array
}

/**
 * Why there was no answer. Providers map it by an exhaustive Record, so a new one does not go
 * unnoticed.
 */
export type HttpFailureCode =
  | 'refused'
  | 'unresolved'
  | 'timeout'
  | 'reset'
  | 'untrusted-certificate'
  | 'too-large'
  | 'aborted'
  | 'forbidden-address'
  | 'redirect'

/**
 * The network failed; an HTTP status never throws. The message names host and port, nothing of body or headers.
 * `instanceof` goes by the name: each chunk of the bundle has a copy of this class.
 */
export class HttpFailure extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'HttpFailure'
  }
  override readonly name = 'HttpFailure'
  readonly code: HttpFailureCode
  constructor(code: HttpFailureCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A request whose answer comes line by line, for as long as both sides like. */
export interface StreamRequest extends HttpRequest {
  /** Longest silence; `timeoutMs` counts until the answer begins. */
  readonly idleMs: number
  readonly lineBytesMax: number
}

/** Answers that do not end by themselves, such as a watch. */
export interface HttpStreams {
  /**
   * Gives each line of a 200, without its end, and resolves when the server ends the answer. Any other status is a whole answer.
   * Rejects with HttpFailure: `timeout` after `idleMs` without a byte, `too-large` for a longer line.
   */
  readonly stream: (
    request: StreamRequest,
    onLine: (line: Uint8Array) => void,
  ) => Promise<HttpResponse>
}

/** The only way to the network. Redirects are never followed: a token would follow them. */
export interface HttpClient {
  readonly request: (request: HttpRequest) => Promise<HttpResponse>
  /** Ends idle connections. */
  readonly close: () => void
}
