import type { ExternalSecret } from '../model/external-secret.ts'
import type { Parity } from '../model/parity.ts'
import type { ObservedSecret } from '../model/secret.ts'
import type { Change } from '../plan/change.ts'
import type { Claim } from '../plan/marks.ts'
import type { AsLeft } from './as-left.ts'
import type { Lookup } from './credentials.ts'
import type { EngineLoader } from './engines.ts'
import type { Lanes } from './lanes.ts'
import type { ReadingOptions } from './reading.ts'
import { type RunResult, resultOfChange } from './result.ts'
import type { Statuses } from './status-part.ts'
import type { Target, WriteChange } from './target.ts'

// What the steps of a run pass on to each other.

/** What the caller decides about a run. */
export interface RunOptions {
  readonly parity: Parity
  /** Computes, and writes nothing. */
  readonly isDryRun: boolean
  /** Names, or `namespace/name`, of ExternalSecrets that are read whether they are due or not. */
  readonly force: ReadonlySet<string>
  readonly claimOf: (externalSecret: ExternalSecret) => Claim
  /** Whether it is this run's: an Indexed Job shares them out. */
  readonly isMine: (externalSecret: ExternalSecret) => boolean
  /** What names another is left alone (R8). */
  readonly controllerClass: string
  /** More deletions at once than a quarter are meant. */
  readonly confirmsDeletions: boolean
  /** Namespaces whose Secrets are nobody's targets (MT-7). */
  readonly forbiddenNamespaces: ReadonlySet<string>
}

/** How a run reaches the world; a simulation has ports of its own. */
export interface RunPorts {
  readonly target: Target
  readonly lookup: Lookup
  readonly reading: ReadingOptions
  readonly engines: EngineLoader
  /** Undefined: every Secret is looked at. */
  readonly asLeft: AsLeft | undefined
  readonly nowMs: () => number
  readonly signal: AbortSignal
}

/** One ExternalSecret after the run; `secretVersion`, `madeKeys` and `isGone` are what the status remembers. */
export interface Done {
  readonly externalSecret: ExternalSecret
  readonly result: RunResult
  readonly secretVersion: string
  readonly madeKeys?: number | undefined
  readonly isGone: boolean
  /** Entries that were left out because the provider says that they are not there (R24), e.g. `spec.data[0]`. */
  readonly missing?: readonly string[]
  /** Whether its reads were asked, so that the status gets a new time. */
  readonly isRead: boolean
}

/** What every step of one run shares. */
export interface Context {
  readonly options: RunOptions
  readonly ports: RunPorts
  readonly statuses: Statuses
  readonly lanes: Lanes
}

/** Ready to be read. */
export interface Due {
  readonly externalSecret: ExternalSecret
  readonly observed: ObservedSecret | undefined
  /** The version that it is known to have still: then it was not looked at. */
  readonly leftAs: string | undefined
}

/** A deletion waits until the run knows how many there are. */
export interface Deletion {
  readonly externalSecret: ExternalSecret
  readonly deletion: Extract<WriteChange, { action: 'delete' }>
}

/** Left as it is, its reads not asked. */
export function leave(externalSecret: ExternalSecret, result: RunResult): Done {
  return { externalSecret, result, secretVersion: '', isGone: false, isRead: false }
}

/** Refused before or instead of a write. */
export function untouched(
  externalSecret: ExternalSecret,
  change: Change,
  parity: Parity,
  isClusterFailure = false,
): Done {
  const result = resultOfChange(externalSecret, change, { parity, nextRefresh: undefined })
  return leave(externalSecret, { ...result, isClusterFailure })
}
