import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import type { LookupFunction } from 'node:net'

// DNS that can fail in the middle of a run: this process asks it for the name of what is broken, and for nothing else.

/** The name of the target; certificates of the test servers hold it. */
export const TARGET_HOST = 'localhost'

let failure: string | undefined
const real = dns.lookup as LookupFunction

/** The name is not found any more, or nobody answers; undefined mends it. */
export function breakNames(code: 'ENOTFOUND' | 'EAI_AGAIN' | undefined): void {
  failure = code
}

const lookup: LookupFunction = (hostname, options, done) => {
  if (hostname !== TARGET_HOST) return real(hostname, options, done)
  const error = failure === undefined ? null : Object.assign(new Error(), { code: failure })
  const found = { address: '127.0.0.1', family: 4 }
  setImmediate(() => {
    if (error !== null) done(error, '', 0)
    else if (options.all === true) done(null, [found])
    else done(null, found.address, found.family)
  })
}

dns.lookup = lookup as typeof dns.lookup
syncBuiltinESMExports()
