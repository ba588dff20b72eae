import type { JsonObject } from '../model/json.ts'
import type { Condition, OutcomeError, OutcomeWord } from '../model/outcome.ts'
import type { Parity } from '../model/parity.ts'
import type { SecretValue } from '../model/secret-value.ts'
import { condition, failedCondition, OUTCOME_WORDS } from '../plan/condition.ts'
import { secretAfter } from '../plan/secret-after.ts'
import { secretObject } from '../plan/secret-object.ts'
import type { Candidate, Simulated } from './simulation.ts'

/** One result of a SimulationReport: a public contract (design §2). */
export interface SimulationResult {
  /** `namespace/name` */
  readonly externalSecret: string
  readonly outcome: OutcomeWord
  /** A v1 Secret. */
  readonly secret: JsonObject | null
  readonly condition: Condition
  readonly errors: readonly OutcomeError[]
}

/** Puts one result into the words of the report; `show` decides whether values are seen. */
export function resultOf(
  { externalSecret: { namespace, name } }: Candidate,
  simulated: Simulated,
  { parity, show }: { readonly parity: Parity; readonly show: (value: SecretValue) => string },
): SimulationResult {
  const externalSecret = `${namespace}/${name}`
  if (simulated.outcome !== 'settled') {
    const { errors } = simulated
    return {
      externalSecret,
      outcome: simulated.outcome === 'invalid' ? 'failed' : 'skipped',
      secret: null,
      condition: failedCondition('read', errors, parity),
      errors,
    }
  }
  const { change } = simulated.settled
  const outcome = OUTCOME_WORDS[change.action]
  if (change.action === 'refuse') {
    const { step, errors } = change
    const failure = failedCondition(step, errors, parity)
    return { externalSecret, outcome, secret: null, condition: failure, errors }
  }
  const secret = secretAfter(change)
  return {
    externalSecret,
    outcome,
    secret: secret === undefined ? null : secretObject(secret, show),
    condition: condition(change),
    errors: [],
  }
}
