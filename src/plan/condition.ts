import type { ExternalSecret } from '../model/external-secret.ts'
import type { Condition, OutcomeError, OutcomeWord } from '../model/outcome.ts'
import type { Parity } from '../model/parity.ts'
import type { Change, Step } from './change.ts'

// ESO's condition Ready, in its words (§2.14): dashboards and Argo CD's health check know them. What failed is told by the
// cause, where ESO names the step only (R26).

// ESO's words, verbatim: alerts and people look for them (R26).
const STEP_MESSAGES: Readonly<Record<Step, string>> = {
  read: 'could not get secret data from provider',
  update: 'could not update secret',
  delete: 'could not delete secret',
  immutable: 'could not update secret, target is immutable',
  ownership: 'failed to take ownership of target secret',
  'owned-by-another': 'target is owned by another ExternalSecret',
}

// The rest is counted: conditions are read in a column.
const MESSAGE_ERRORS_MAX = 10

/** The condition after a failure. */
export function failedCondition(
  step: Step,
  errors: readonly OutcomeError[],
  parity: Parity,
): Condition {
  return {
    type: 'Ready',
    status: 'False',
    reason: 'SecretSyncedError',
    message: parity.conditionTellsCause ? causes(errors) : STEP_MESSAGES[step],
  }
}

function causes(errors: readonly OutcomeError[]): string {
  const told = errors
    .slice(0, MESSAGE_ERRORS_MAX)
    .map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
  const more = errors.length - told.length
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

/** The same about an object that is no Secret: ESO has words of its own for those. */
export function conditionOf(
  { target }: Pick<ExternalSecret, 'target'>,
  { reason, message, ...rest }: Condition,
): Condition {
  if (target.object === undefined) return { ...rest, reason, message }
  const word = RESOURCE_REASONS[reason] ?? reason
  return { ...rest, reason: word, message: message.replace(/^secret /, 'resource ') }
}

const RESOURCE_REASONS: Readonly<Partial<Record<Condition['reason'], Condition['reason']>>> = {
  SecretSynced: 'ResourceSynced',
  SecretSyncedError: 'ResourceSyncedError',
  SecretDeleted: 'ResourceDeleted',
  SecretMissing: 'ResourceMissing',
}

/** The condition once a change that is no refusal has been made. */
export function condition(change: Exclude<Change, { action: 'refuse' }>): Condition {
  const ready = { type: 'Ready', status: 'True' } as const
  switch (change.action) {
    case 'delete':
      return {
        ...ready,
        reason: 'SecretDeleted',
        message: 'secret deleted due to DeletionPolicy=Delete',
      }
    case 'retain':
      return { ...ready, reason: 'SecretSynced', message: RETAINED[change.because] }
    case 'skip':
      return change.because === 'missing'
        ? {
            ...ready,
            reason: 'SecretMissing',
            message: 'secret will not be created due to CreationPolicy=Merge',
          }
        : { ...ready, reason: 'SecretSynced', message: 'secret synced' }
    default:
      return { ...ready, reason: 'SecretSynced', message: 'secret synced' }
  }
}

const RETAINED: Readonly<Record<'policy' | 'seen-once' | 'keys-seen-once', string>> = {
  policy: 'secret retained due to DeletionPolicy=Retain',
  'seen-once':
    'secret retained: it is gone at the provider, and is deleted when a later run sees that again',
  'keys-seen-once':
    'secret retained: keys are gone at the provider, and are removed when a later run sees that again',
}

/** Plan to past tense. */
export const OUTCOME_WORDS: Readonly<Record<Change['action'], OutcomeWord>> = {
  create: 'created',
  update: 'updated',
  unchanged: 'unchanged',
  delete: 'deleted',
  retain: 'retained',
  skip: 'skipped',
  refuse: 'failed',
}
