import type { JsonObject } from '../model/json.ts'
import type { Condition, OutcomeError, OutcomeWord } from '../model/outcome.ts'
import type { Parity } from '../model/parity.ts'
import { condition, conditionOf, failedCondition, OUTCOME_WORDS } from '../plan/condition.ts'
import { secretAfter } from '../plan/secret-after.ts'
import { targetObject } from '../plan/secret-object.ts'
import type { Candidate, Simulated } from './simulation.ts'

/** One result of a SimulationReport: a public contract (design §2). */
export interface SimulationResult {
  /** `namespace/name` */
  readonly externalSecret: string
  readonly outcome: OutcomeWord
  /** A v1 Secret. */
  readonly secret: JsonObject | null
  /** What is written instead of a Secret; only of an ExternalSecret with `target.manifest`. */
  readonly object?: JsonObject
  readonly condition: Condition
  readonly errors: readonly OutcomeError[]
}

/** Puts one result into the words of the report; `isShown` decides whether values are seen. */
export function resultOf(
  candidate: Candidate,
  simulated: Simulated,
  { parity, isShown }: { readonly parity: Parity; readonly isShown: boolean },
): SimulationResult {
  const { namespace, name, target } = candidate.externalSecret
  const externalSecret = `${namespace}/${name}`
  if (simulated.outcome !== 'settled') {
    const { errors } = simulated
    return {
      externalSecret,
      outcome: simulated.outcome === 'invalid' ? 'failed' : 'skipped',
      secret: null,
      condition: conditionOf(candidate.externalSecret, failedCondition('read', errors, parity)),
      errors,
    }
  }
  const { change } = simulated.settled
  const outcome = OUTCOME_WORDS[change.action]
  if (change.action === 'refuse') {
    const { step, errors } = change
    const failure = conditionOf(candidate.externalSecret, failedCondition(step, errors, parity))
    return { externalSecret, outcome, secret: null, condition: failure, errors }
  }
  const secret = secretAfter(change)
  const made = secret && targetObject(secret, target.object, isShown)
  return {
    externalSecret,
    outcome,
    secret: target.object === undefined ? (made ?? null) : null,
    ...(target.object !== undefined && made !== undefined && { object: made }),
    condition: conditionOf(candidate.externalSecret, condition(change)),
    errors: [],
  }
}
