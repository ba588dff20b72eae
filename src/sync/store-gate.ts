import type { ExternalSecret } from '../model/external-secret.ts'
import type { ProviderFailure } from '../model/provider.ts'
import { isOfClass, type Store, type StoreKey, type StoreKind } from '../model/store.ts'
import { conditionNeeds, hasConditions, refusalOf } from '../plan/store-conditions.ts'
import { readsOf } from '../values/assemble.ts'
import type { EngineLoader } from './engines.ts'

/** A reference to a store. `namespace` is that of the ExternalSecret, for both kinds. */
export interface StoreAsk {
  readonly key: StoreKey
  readonly kind: StoreKind
  readonly name: string
  readonly namespace: string
}

/** A store as found, or why it cannot be used. */
export type FoundStore =
  | { readonly outcome: 'found'; readonly store: Store }
  | { readonly outcome: 'failed'; readonly failure: ProviderFailure }

/** Where stores and namespaces are looked up: a cluster, or what the command line gave. */
export interface StoreSources {
  readonly find: (ask: StoreAsk) => Promise<FoundStore>
  /** Undefined when the namespace or its labels cannot be read: selectors then refuse. */
  readonly labelsOf: (namespace: string) => Promise<ReadonlyMap<string, string> | undefined>
}

/** Finds each store once per namespace, and asks whether the namespace may use it (MT-4). */
export type StoreGate = (key: StoreKey, namespace: string) => Promise<FoundStore>

/** How strictly a gate judges, and how much it says. */
export interface GateRules {
  /** A ClusterSecretStore without conditions serves nobody (MT-4). */
  readonly requiresConditions: boolean
  /** A store that may not be used looks like one that does not exist (MT-10). */
  readonly isDiscreet: boolean
}

/** For stores that whoever asks has written. */
const FRANK: GateRules = { requiresConditions: false, isDiscreet: false }

/** Each pair of store and namespace is judged once per run, before any credential is read. */
export function createStoreGate(
  sources: StoreSources,
  engines: EngineLoader,
  rules: GateRules = FRANK,
): StoreGate {
  const known = new Map<string, Promise<FoundStore>>()
  return (key, namespace) => {
    const id = `${namespace} ${key}`
    const found = known.get(id) ?? enter(askOf(key, namespace), { sources, engines, rules })
    known.set(id, found)
    return found
  }
}

/** Takes a store's key apart; the namespace is that of the reader. */
export function askOf(key: StoreKey, namespace: string): StoreAsk {
  const isCluster = key.startsWith('ClusterSecretStore/')
  const name = key
    .split('/')
    .slice(isCluster ? 1 : 2)
    .join('/')
  return { key, kind: isCluster ? 'ClusterSecretStore' : 'SecretStore', name, namespace }
}

/**
 * Conditions of a cluster store for this namespace (R10, R11); a SecretStore serves its own by its
 * key.
 */
async function enter(
  ask: StoreAsk,
  { sources: { find, labelsOf }, engines, rules }: Gate,
): Promise<FoundStore> {
  const found = await find(ask)
  if (found.outcome === 'failed' || found.store.kind === 'SecretStore') return found
  const { namespace } = ask
  const needs = conditionNeeds(found.store)
  const failure = refusalOf(found.store, {
    namespace,
    labels: needs.labels ? await labelsOf(namespace) : undefined,
    patterns: needs.patterns ? await engines.patterns() : undefined,
  })
  const isUnconditional = rules.requiresConditions && !hasConditions(found.store)
  if (failure === undefined && !isUnconditional) return found
  if (rules.isDiscreet || failure === undefined) return storeNotFound(ask)
  return { outcome: 'failed', failure }
}

/** What a gate judges by. */
interface Gate {
  readonly sources: StoreSources
  readonly engines: EngineLoader
  readonly rules: GateRules
}

/** The same text for a store that is absent and for one that may not be seen (MT-10). */
export function storeNotFound({ kind, name, namespace }: StoreAsk): FoundStore {
  const where = kind === 'SecretStore' ? ` in namespace ${namespace}` : ''
  return {
    outcome: 'failed',
    failure: {
      code: 'store-not-found',
      message: `${kind} "${name}" was not found${where}, or may not be used from namespace ${namespace}`,
      hint: 'create it, or correct the reference to it',
    },
  }
}

/** R8: the first store that belongs to another controller class; then the ExternalSecret is left alone. */
export async function foreignClass(
  externalSecret: ExternalSecret,
  namespace: string,
  { gate, controllerClass }: { readonly gate: StoreGate; readonly controllerClass: string },
): Promise<{ readonly field: string; readonly message: string } | undefined> {
  for (const { field, read } of readsOf(externalSecret, namespace)) {
    if (read.op === 'generate') continue
    const found = await gate(read.store, namespace)
    if (found.outcome === 'failed') continue
    const { controller } = found.store
    if (isOfClass(controller, controllerClass)) continue
    return { field, message: `${read.store} belongs to controller class "${controller}"` }
  }
  return undefined
}
