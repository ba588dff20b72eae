import type { SecretValue } from '../../model/secret-value.ts'

/** Another API server with what is needed to speak to it; undefined credentials are not sent. */
export interface Remote {
  /** Origin, possibly with a path, without a slash at the end. */
  readonly server: string
  readonly ca: string | undefined
  /** To verify instead of the server's host. */
  readonly serverName: string | undefined
  readonly namespace: string
  readonly token: SecretValue | undefined
  readonly cert: SecretValue | undefined
  readonly key: SecretValue | undefined
}
