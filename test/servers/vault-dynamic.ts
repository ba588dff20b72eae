// Engines of the Vault server that make what they give: users of a database, certificates, tokens. A lease ends with the
// token that it was given to.

export interface DynamicRequest {
  readonly method: 'read' | 'list' | 'write' | 'delete'
  /** Below the mount. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
}

export interface DynamicAnswer {
  /** 200 when absent. */
  readonly status?: number
  /** JSON text; null when absent. */
  readonly data?: string
  /** Seconds; without them there is no lease. */
  readonly leaseSeconds?: number
}

/** Undefined: there is nothing at this path. */
export type DynamicEngine = (request: DynamicRequest) => DynamicAnswer | undefined

export interface Lease {
  readonly id: string
  /** Of the token that it lives by. */
  readonly token: string
}

/** Users of a database, a new one at every read of `creds/ROLE`. */
export function databaseEngine(password: (at: number) => string): DynamicEngine {
  let made = 0
  return ({ method, path }) => {
    if (method !== 'read' || !path.startsWith('creds/')) return undefined
    const at = ++made
    return {
      data: JSON.stringify({ username: `v-${path.slice(6)}-${at}`, password: password(at) }),
      leaseSeconds: 3600,
    }
  }
}
