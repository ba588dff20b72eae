import type { TlsSettings } from '../model/http.ts'
import type { SecretValue } from '../model/secret-value.ts'

/** Where the API server is and who we are to it. */
export interface Connection {
  /** Origin, possibly with a path, without a slash at the end. */
  readonly server: string
  /** PEM; undefined means the system's roots. */
  readonly ca: string | undefined
  readonly cert: SecretValue | undefined
  readonly key: SecretValue | undefined
  /** Name to verify instead of the server's host. */
  readonly serverName: string | undefined
  readonly isVerificationOff: boolean
  /** The namespace that applies where none is named. */
  readonly namespace: string
  /** Asked before every request, so that a rotated token is noticed; undefined when a certificate identifies us. */
  readonly token: () => Promise<SecretValue | undefined>
}

/** The TLS side of a connection. Call once per connection: equal objects share a pool of sockets. */
export function tlsOf(connection: Connection): TlsSettings {
  const { ca, cert, key, serverName, isVerificationOff } = connection
  return { ca, cert, key, serverName, isVerificationOff }
}
