// What a login of the Vault server gives.

export interface Grant {
  readonly policies: readonly string[]
  /** Life of the token; an hour when absent. */
  readonly ttlSeconds?: number
  /** No renewal reaches further; ten times the life when absent. */
  readonly maxTtlSeconds?: number
  /** Kept nowhere: can be neither renewed nor revoked. */
  readonly isBatch?: boolean
}

export interface LoggedIn {
  readonly grant: Grant
  readonly principal: string
}

export interface Refused {
  readonly status: number
  readonly error: string
}
