import { createHash, X509Certificate } from 'node:crypto'
import type { LookupAddress, LookupOptions } from 'node:dns'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { HttpFailure, type TlsSettings } from '../model/http.ts'
import { FORBIDDEN_ADDRESS } from './network-failure.ts'

// Open connections, kept per (origin, TLS identity): what one identity has opened is never used by another.

/** Bounds of each pool, and which addresses it may connect to. */
export interface PoolLimits {
  readonly socketsPerPoolMax: number
  readonly isAddressAllowed: ((address: string, host: string) => boolean) | undefined
  readonly resolve: Resolve
}

/** All addresses of a host, as `dns.lookup` gives them. */
export type Resolve = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

/** Connections by origin and identity: a client certificate is never shared between stores. */
export interface ConnectionPools {
  /** The pool for a URL, opened on first use. Throws HttpFailure for PEM that cannot be read. */
  readonly poolOf: (url: URL, tls: TlsSettings | undefined) => HttpAgent
  readonly close: () => void
}

const IDLE_MS_MAX = 60_000
/** Above this many pools, those without a connection are forgotten: rotated certificates make new identities. */
const POOLS_KEPT = 64

/** Opens nothing by itself. */
export function createPools(limits: PoolLimits): ConnectionPools {
  const pools = new Map<string, HttpAgent>()
  return {
    poolOf: (url, tls) => {
      const name = `${url.origin} ${tls === undefined ? '' : identityOf(tls)}`
      const known = pools.get(name)
      if (known !== undefined) return known
      if (pools.size >= POOLS_KEPT) forgetUnused(pools)
      const pool = openPool(url, tls, limits)
      pools.set(name, pool)
      return pool
    },
    close: () => {
      for (const pool of pools.values()) closeIdle(pool)
      pools.clear()
    },
  }
}

/**
 * The address that is asked about is the one that is connected to: a name cannot change in between.
 */
function openPool(url: URL, tls: TlsSettings | undefined, limits: PoolLimits): HttpAgent {
  const { isAddressAllowed, resolve, socketsPerPoolMax } = limits
  const options = {
    keepAlive: true,
    maxSockets: socketsPerPoolMax,
    maxFreeSockets: socketsPerPoolMax,
    // The most recently used connection is the least likely to have been closed by the other side.
    scheduling: 'lifo',
    timeout: IDLE_MS_MAX,
    // Node's 250 ms for each of several addresses is less than a lost SYN takes.
    autoSelectFamilyAttemptTimeout: 2_500,
    ...(isAddressAllowed === undefined ? {} : { lookup: guardedLookup(isAddressAllowed, resolve) }),
  } as const
  const pool =
    url.protocol === 'http:'
      ? new HttpAgent(options)
      : new HttpsAgent({
          ...options,
          secureContext: contextOf(url, tls),
          // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED in the environment changes nothing.
          rejectUnauthorized: tls?.isVerificationOff !== true,
          ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
        })
  // Node spells out all options for each request, to tell apart what is the same within a pool.
  pool.getName = () => url.origin
  return pool
}

/** Throws HttpFailure; OpenSSL's own words are dropped. */
function contextOf(url: URL, tls: TlsSettings | undefined): SecureContext {
  try {
    // OpenSSL skips what it cannot read, and the server's certificate would take the blame.
    if (tls?.ca !== undefined) new X509Certificate(tls.ca)
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ca: tls?.ca,
      cert: bufferOf(tls?.cert),
      key: bufferOf(tls?.key),
    })
  } catch {
    const parts = tls?.key === undefined ? 'the CA' : 'the CA, the client certificate or its key'
    throw new HttpFailure('untrusted-certificate', `${parts} for ${url.host} is not valid PEM`)
  }
}

function bufferOf(value: TlsSettings['cert']): Buffer | undefined {
  return value === undefined ? undefined : Buffer.from(value.reveal())
}

/** DNS whose answer is checked and then used: no second lookup can give another address. */
function guardedLookup(
  isAllowed: (address: string, host: string) => boolean,
  resolve: Resolve,
): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error !== null) return done(error, [])
      const [first] = found
      if (first === undefined || !found.every(({ address }) => isAllowed(address, hostname))) {
        return done(Object.assign(new Error(), { code: FORBIDDEN_ADDRESS }), [])
      }
      if (options.all === true) done(null, found)
      else done(null, first.address, first.family)
    })
  }
}

const identities = new WeakMap<TlsSettings, string>()

/** Equal settings share connections; the digest keeps key material out of map keys. */
function identityOf(tls: TlsSettings): string {
  const known = identities.get(tls)
  if (known !== undefined) return known
  const hash = createHash('sha256')
  for (const part of [tls.ca, tls.serverName, String(tls.isVerificationOff)]) {
    hash.update(`${part?.length}:${part}`)
  }
  for (const part of [tls.cert, tls.key]) {
    hash.update(`${part?.byteLength}:`).update(part?.reveal() ?? '')
  }
  const identity = hash.digest('base64')
  identities.set(tls, identity)
  return identity
}

/** Pools with a connection or a request stay, whatever their number. */
function forgetUnused(pools: Map<string, HttpAgent>): void {
  for (const [name, { sockets, freeSockets, requests }] of pools) {
    const isUsed = [sockets, freeSockets, requests].some((queue) => Object.keys(queue).length > 0)
    if (!isUsed) pools.delete(name)
  }
}

/** Leaves calls in flight alone; their connections end when they come back. */
function closeIdle(pool: HttpAgent): void {
  pool.maxFreeSockets = 0
  for (const sockets of Object.values(pool.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy()
  }
}
