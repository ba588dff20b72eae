import { KubeError } from '../kube/api.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import type { Condition, OutcomeError, OutcomeWord } from '../model/outcome.ts'
import type { Parity } from '../model/parity.ts'
import type { Secret } from '../model/secret.ts'
import { type Change, type Refusal, refuse } from '../plan/change.ts'
import { condition, conditionOf, failedCondition, OUTCOME_WORDS } from '../plan/condition.ts'

/** Names of data keys that a write touches; never a value. */
export interface KeyChanges {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

/** What one run did for one ExternalSecret: a result of the SyncReport. */
export interface RunResult {
  /** `namespace/name` */
  readonly externalSecret: string
  /** `namespace/name` of the Secret; of anything else `Kind/namespace/name`. */
  readonly target: string
  readonly outcome: OutcomeWord
  readonly condition: Condition
  readonly errors: readonly OutcomeError[]
  /** RFC 3339; undefined when nothing is due by time. */
  readonly nextRefresh: string | undefined
  readonly keys: KeyChanges
  /** The Secret was left as it is, but for its owner, which was made anew: else the collector would have deleted it. */
  readonly restamped?: true
  /** The errors are the cluster's, not a provider's or the author's. */
  readonly isClusterFailure: boolean
}

const NO_KEYS: KeyChanges = { added: [], changed: [], removed: [] }

/** The result of a change that was made, or refused. */
export function resultOfChange(
  externalSecret: ExternalSecret,
  change: Change,
  { parity, nextRefresh }: { readonly parity: Parity; readonly nextRefresh: string | undefined },
): RunResult {
  const isRefused = change.action === 'refuse'
  return {
    ...subject(externalSecret),
    outcome: OUTCOME_WORDS[change.action],
    condition: conditionOf(
      externalSecret,
      isRefused ? failedCondition(change.step, change.errors, parity) : condition(change),
    ),
    errors: isRefused ? change.errors : [],
    nextRefresh,
    keys: keysOf(change),
    isClusterFailure: false,
  }
}

function subject({ namespace, name, target }: ExternalSecret): {
  readonly externalSecret: string
  readonly target: string
} {
  const kind = target.object === undefined ? '' : `${target.object.kind}/`
  return { externalSecret: `${namespace}/${name}`, target: `${kind}${namespace}/${target.name}` }
}

/** An ExternalSecret that this run leaves alone. */
export function skipped(
  externalSecret: ExternalSecret,
  message: string,
  {
    errors = [],
    nextRefresh,
  }: { errors?: readonly OutcomeError[]; nextRefresh?: string | undefined },
): RunResult {
  const isWell = errors.length === 0
  return {
    ...subject(externalSecret),
    outcome: 'skipped',
    condition: conditionOf(externalSecret, {
      type: 'Ready',
      status: isWell ? 'True' : 'False',
      reason: isWell ? 'SecretSynced' : 'SecretSyncedError',
      message,
    }),
    errors,
    nextRefresh,
    keys: NO_KEYS,
    isClusterFailure: false,
  }
}

/** Which keys a change adds, replaces and removes; none for changes that write nothing. */
function keysOf(change: Change): KeyChanges {
  if (change.action === 'create') return { ...NO_KEYS, added: [...change.desired.data.keys()] }
  if (change.action === 'delete') {
    return { ...NO_KEYS, removed: [...(change.observed?.data.keys() ?? [])] }
  }
  return change.action === 'update' ? difference(change.observed, change.desired) : NO_KEYS
}

/** Values are compared in memory; only the names of keys leave. */
function difference(before: Secret, after: Secret): KeyChanges {
  const keys = [...after.data.keys()]
  return {
    added: keys.filter((key) => !before.data.has(key)),
    changed: keys.filter((key) => {
      const old = before.data.get(key)
      const value = after.data.get(key)
      return old !== undefined && value !== undefined && !old.equals(value)
    }),
    removed: [...before.data.keys()].filter((key) => !after.data.has(key)),
  }
}

/** API server codes as outcomes name them; the rest is unavailable. */
const CODES: Readonly<Partial<Record<KubeError['code'], string>>> = {
  conflict: 'Conflict',
  forbidden: 'Forbidden',
  unauthorized: 'Unauthorized',
  invalid: 'Invalid',
  'too-large': 'TooLarge',
  'not-found': 'NotFound',
  timeout: 'Timeout',
  throttled: 'Throttled',
  untrusted: 'Untrusted',
}

/** For failures that the user can mend; others pass by themselves. */
const ADVICE: Readonly<Partial<Record<KubeError['code'], string>>> = {
  unauthorized: 'the token has expired or is of another cluster: log in again',
  untrusted: 'give the kubeconfig the certificate-authority-data of this cluster',
}

/**
 * What was thrown, as a refusal. Anything but a KubeError is a bug of ours: it costs this ExternalSecret and no other, and
 * its text, which may quote a value, stays here.
 */
export function refusalOfError(error: unknown): Refusal {
  if (error instanceof KubeError) {
    const code = CODES[error.code] ?? 'Unavailable'
    const advice = ADVICE[error.code]
    const message = advice === undefined ? error.message : `${error.message}; ${advice}`
    return refuse('update', code, { field: '', message })
  }
  const name = error instanceof Error ? error.name : 'unknown'
  return refuse('update', 'Internal', {
    field: '',
    message: `internal error ${name}, please report it`,
  })
}
