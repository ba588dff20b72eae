import { dig, isArray, isObject, type JsonObject, type JsonValue, member } from '../model/json.ts'
import { selects } from '../model/label-selector.ts'
import type { ProviderFailure } from '../model/provider.ts'
import type { Store } from '../model/store.ts'
import type { PatternEngine } from '../values/pattern-engine.ts'

// Who may use a ClusterSecretStore (R11, MT-4): no conditions = every namespace; else one of them has to hold, and inside
// one any of its members suffices. Regexes are unanchored, names are compared exactly.
//
// Trust: a store of a ConfigMap has seen no API server, which would refuse a condition of the wrong form. Such a one holds
// for nobody: to leave it out would open the store to everybody.

/** The namespace that asks. `labels` is undefined when they could not be read: then no selector holds. */
export interface Asking {
  readonly namespace: string
  readonly labels: ReadonlyMap<string, string> | undefined
  /** Needed when `usesPatterns`. */
  readonly patterns: PatternEngine | undefined
}

/** What the conditions of a store make the caller read or load first. */
export function conditionNeeds({ object }: Store): { labels: boolean; patterns: boolean } {
  const conditions = conditionsOf(object) ?? []
  return {
    labels: conditions.some((condition) => member(condition, 'namespaceSelector') !== undefined),
    patterns: conditions.some((condition) => texts(condition, 'namespaceRegexes').length > 0),
  }
}

/** Whether the store says who may use it. */
export function hasConditions({ object }: Store): boolean {
  return conditionsOf(object) !== undefined
}

/** Why the namespace may not use the store; undefined when it may. */
export function refusalOf(store: Store, asking: Asking): ProviderFailure | undefined {
  const conditions = store.kind === 'ClusterSecretStore' ? conditionsOf(store.object) : undefined
  if (conditions === undefined) return undefined
  for (const condition of conditions) {
    const verdict = holds(condition, asking)
    if (verdict === true) return undefined
    if (verdict !== false) return verdict
  }
  const { namespace } = asking
  return {
    code: 'store-not-permitted',
    message: `using cluster store "${store.name}" is not allowed from namespace "${namespace}": denied by spec.condition`,
    hint: undefined,
  }
}

/** Undefined when there are none, so that the store is open. */
function conditionsOf(object: JsonObject): readonly JsonValue[] | undefined {
  const conditions = dig(object, 'spec', 'conditions') ?? []
  if (!isArray(conditions)) return [conditions]
  return conditions.length === 0 ? undefined : conditions
}

function holds(condition: JsonValue, asking: Asking): boolean | ProviderFailure {
  const { namespace } = asking
  const selector = member(condition, 'namespaceSelector')
  if (isObject(selector) && asking.labels !== undefined && selects(selector, asking.labels)) {
    return true
  }
  if (texts(condition, 'namespaces').includes(namespace)) return true
  for (const source of texts(condition, 'namespaceRegexes')) {
    const compiled = asking.patterns?.compile(source)
    if (compiled === undefined) continue
    if (compiled.failure !== undefined) return invalidPattern(compiled.failure.message)
    if (compiled.value.matches(new TextEncoder().encode(namespace))) return true
  }
  return false
}

function invalidPattern(message: string): ProviderFailure {
  return { code: 'invalid', message: `namespaceRegexes: ${message}`, hint: undefined }
}

function texts(object: JsonValue | undefined, name: string): readonly string[] {
  const items = member(object, name)
  return isArray(items) ? items.filter((item) => typeof item === 'string') : []
}
