import { stringMap } from '../../model/external-secret.ts'
import { dig } from '../../model/json.ts'
import { selects } from '../../model/label-selector.ts'
import type { OutcomeError } from '../../model/outcome.ts'
import type { PushSecret, PushStoreRef } from '../../model/push-secret.ts'
import { isOfClass, type Store, type StoreKind, storeKey } from '../../model/store.ts'
import { codeOfProvider } from '../../values/codes.ts'
import type { PushPorts } from './ports.ts'

/** A store that is pushed to. */
export interface PushStore {
  /** `Kind/name`, as the status of a PushSecret calls it. */
  readonly name: string
  readonly store: Store
  readonly labels: ReadonlyMap<string, string>
}

/** The stores of a PushSecret, and what is wrong with its references. */
export interface PushStores {
  readonly stores: readonly PushStore[]
  readonly errors: readonly OutcomeError[]
  /** References to stores of other controllers: they push there, not we. */
  readonly foreign: number
}

/** `Kind/name` → reference. */
export function storeRefOf(name: string): { readonly kind: StoreKind; readonly name: string } {
  const isCluster = name.startsWith('ClusterSecretStore/')
  return {
    kind: isCluster ? 'ClusterSecretStore' : 'SecretStore',
    name: name.slice(name.indexOf('/') + 1),
  }
}

/** Finds every store once, whether it is named or selected. Throws KubeError when a selector cannot be asked. */
export async function findStores(pushSecret: PushSecret, ports: PushPorts): Promise<PushStores> {
  const stores = new Map<string, PushStore>()
  const errors: OutcomeError[] = []
  let foreign = 0
  for (const [at, ref] of pushSecret.storeRefs.entries()) {
    for (const { kind, name } of await namesOf(ref, pushSecret.namespace, ports)) {
      const found = await enter(
        { kind, name, field: `spec.secretStoreRefs[${at}]` },
        pushSecret,
        ports,
      )
      if ('error' in found) errors.push(found.error)
      else if (isOfClass(found.store.controller, ports.controllerClass))
        stores.set(found.name, found)
      else foreign++
    }
  }
  return { stores: [...stores.values()], errors, foreign }
}

async function namesOf(
  { kind, name, labelSelector }: PushStoreRef,
  namespace: string,
  { storesOf }: PushPorts,
): Promise<readonly { readonly kind: StoreKind; readonly name: string }[]> {
  if (labelSelector === undefined) return [{ kind, name }]
  const all = await storesOf(kind, namespace)
  const selected = all.filter((store) => selects(labelSelector, labelsOf(store)))
  return selected.map((store) => ({ kind, name: store.name }))
}

function labelsOf({ object }: Store): ReadonlyMap<string, string> {
  return stringMap(dig(object, 'metadata', 'labels')) ?? new Map()
}

/** One store that this namespace may use, or why not. */
export async function enter(
  {
    kind,
    name,
    field,
  }: { readonly kind: StoreKind; readonly name: string; readonly field: string },
  { namespace }: PushSecret,
  { reading }: PushPorts,
): Promise<PushStore | { readonly error: OutcomeError }> {
  const found = await reading.gate(storeKey(kind, namespace, name), namespace)
  if (found.outcome === 'failed') {
    const { code, message } = found.failure
    return { error: { code: codeOfProvider(code), field, message } }
  }
  return { name: `${kind}/${name}`, store: found.store, labels: labelsOf(found.store) }
}
