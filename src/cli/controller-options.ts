import { isIPv6 } from 'node:net'
import { sha256 } from '../handoff/names.ts'
import type { Address } from '../sync/controller/health-server.ts'
import { UsageError } from './exit.ts'
import type { OptionValues } from './invocation.ts'
import type { Io } from './io.ts'

/** Addresses to serve at, each once; `0` serves nothing. Throws UsageError. */
export function addressesOf(options: OptionValues): readonly Address[] {
  const words = new Set([
    options.text('metrics-address') ?? ':8080',
    options.text('health-address') ?? ':8081',
  ])
  return [...words].filter((word) => word !== '0').map(addressOf)
}

function addressOf(word: string): Address {
  const [, host = '', digits = ''] = /^(.*):(\d{1,5})$/.exec(word) ?? []
  const port = Number(digits)
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (digits === '' || port > 65_535 || (bare.includes(':') && !isIPv6(bare))) {
    throw new UsageError(
      `${JSON.stringify(word)} is no address, expected [HOST]:PORT, or 0 for none`,
    )
  }
  return { host: bare === '' ? undefined : bare, port }
}

const CONCURRENCY_MAX = 256

/** Runs at once. Throws UsageError. */
export function concurrencyOf(options: OptionValues): number {
  const word = options.text('concurrency') ?? '16'
  return wholeNumber('concurrency', word, { min: 1, max: CONCURRENCY_MAX })
}

const SHARDS_MAX = 1000

/** Which bundles are this replica's: all of them, or those whose hash falls to its number. Throws UsageError. */
export function sharesOf(
  options: OptionValues,
  env: Io['env'],
): { readonly index: number; readonly isOurs: (key: string) => boolean } {
  const word = options.text('shards')
  if (word === undefined) return { index: 0, isOurs: () => true }
  const count = wholeNumber('shards', word, { min: 1, max: SHARDS_MAX })
  // The pods of a StatefulSet are numbered by their names.
  const ordinal = /-(\d{1,4})$/.exec(env.HOSTNAME ?? '')?.[1]
  const given = options.text('shard-index') ?? ordinal
  if (given === undefined) {
    throw new UsageError('--shards needs --shard-index, except in a pod of a StatefulSet')
  }
  const index = wholeNumber('shard-index', given, { min: 0, max: count - 1 })
  return {
    index,
    isOurs: (key) => Number.parseInt(sha256(key).slice(0, 8), 16) % count === index,
  }
}

/** Each shard has a Lease of its own. */
export function leaseNameOf(shard: number): string {
  return `waybill-controller${shard === 0 ? '' : `-${shard}`}`
}

function wholeNumber(
  name: string,
  word: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const number = /^\d{1,6}$/.test(word) ? Number(word) : Number.NaN
  if (number >= min && number <= max) return number
  const expected = `a whole number from ${min} to ${max}`
  throw new UsageError(`--${name} is ${JSON.stringify(word)}, expected ${expected}`)
}
