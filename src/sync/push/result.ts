import type { OutcomeError } from '../../model/outcome.ts'
import type { SyncedPushSecrets } from '../../model/push.ts'
import type { PushSecret } from '../../model/push-secret.ts'

/** A failure in words. */
export interface Told {
  readonly code: string
  readonly message: string
}

/** What became of one remote secret; names only, never a value. */
export interface PushedChange {
  /** `SecretStore/name` or `ClusterSecretStore/name`. */
  readonly store: string
  readonly remoteKey: string
  /** Properties of it that were pushed; empty when it was the whole secret. */
  readonly properties: readonly string[]
  readonly action: 'created' | 'updated' | 'deleted' | 'unchanged' | 'skipped' | 'refused'
}

/** ESO's condition of a PushSecret, in its words. */
export interface PushCondition {
  readonly type: 'Ready'
  readonly status: 'True' | 'False'
  readonly reason: 'Synced' | 'Errored' | 'SourceDeleted'
  readonly message: string
}

/** What one run did for one PushSecret. */
export interface PushOutcome {
  /** `namespace/name` */
  readonly pushSecret: string
  /** `pushed`: something was written or removed; `skipped`: it is not ours to push. */
  readonly outcome: 'pushed' | 'unchanged' | 'skipped' | 'failed'
  readonly condition: PushCondition
  readonly errors: readonly OutcomeError[]
  readonly changes: readonly PushedChange[]
  /** To be remembered: what deletionPolicy Delete takes back later. Of a dry run it is what was remembered before. */
  readonly synced: SyncedPushSecrets
  /** The errors are the cluster's, not a provider's or the author's. */
  readonly isClusterFailure: boolean
}

/** What has happened to one PushSecret, before it is put in words. */
export interface PushParts {
  readonly changes: readonly PushedChange[]
  readonly errors: readonly OutcomeError[]
  readonly synced: SyncedPushSecrets
}

// The rest is counted: conditions are read in a column.
const MESSAGE_ERRORS_MAX = 10

/** The outcome of a push that was tried. */
export function pushedOutcome(pushSecret: PushSecret, parts: PushParts): PushOutcome {
  const { changes, errors } = parts
  const isChanged = changes.some(({ action }) => CHANGING.has(action))
  const done = isChanged ? 'pushed' : 'unchanged'
  const kept =
    pushSecret.updatePolicy === 'IfNotExists' ? '. Existing secrets in providers unchanged.' : ''
  return {
    ...parts,
    pushSecret: subjectOf(pushSecret),
    outcome: errors.length === 0 ? done : 'failed',
    condition:
      errors.length === 0
        ? ready('True', 'Synced', `PushSecret synced successfully${kept}`)
        : ready('False', 'Errored', `set secret failed: ${told(errors)}`),
    isClusterFailure: false,
  }
}

const CHANGING: ReadonlySet<string> = new Set(['created', 'updated', 'deleted'])

/** The source is gone, and what was pushed of it as well. */
export function withdrawnOutcome(
  pushSecret: PushSecret,
  parts: PushParts,
  words: string,
): PushOutcome {
  const outcome = pushedOutcome(pushSecret, parts)
  if (parts.errors.length > 0) return outcome
  return { ...outcome, condition: ready('False', 'SourceDeleted', words) }
}

/** Nothing was tried: everything that is remembered stays so. */
export function failedOutcome(
  pushSecret: PushSecret,
  errors: readonly OutcomeError[],
  { synced, isClusterFailure = false }: { synced: SyncedPushSecrets; isClusterFailure?: boolean },
): PushOutcome {
  return {
    pushSecret: subjectOf(pushSecret),
    outcome: 'failed',
    condition: ready('False', 'Errored', told(errors)),
    errors,
    changes: [],
    synced,
    isClusterFailure,
  }
}

/** Left to somebody else, or to another time. */
export function skippedOutcome(
  pushSecret: PushSecret,
  message: string,
  synced: SyncedPushSecrets,
): PushOutcome {
  return {
    pushSecret: subjectOf(pushSecret),
    outcome: 'skipped',
    condition: ready('True', 'Synced', message),
    errors: [],
    changes: [],
    synced,
    isClusterFailure: false,
  }
}

function subjectOf({ namespace, name }: PushSecret): string {
  return `${namespace}/${name}`
}

function ready(
  status: PushCondition['status'],
  reason: PushCondition['reason'],
  message: string,
): PushCondition {
  return { type: 'Ready', status, reason, message }
}

function told(errors: readonly OutcomeError[]): string {
  const shown = errors
    .slice(0, MESSAGE_ERRORS_MAX)
    .map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
  const more = errors.length - shown.length
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}
