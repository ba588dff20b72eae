import { isObject, type JsonValue } from '../../model/json.ts'
import { decodeStore } from '../../model/store.ts'
import type { OpenContext } from '../provider.ts'
import type { Opening } from '../references.ts'

/** A generator's spec as the store that it asks: a store of its own namespace, with the settings of `provider`. */
export function ownStore(
  provider: string,
  spec: JsonValue | undefined,
  context: OpenContext,
): Opening {
  const store = decodeStore({
    kind: 'SecretStore',
    metadata: { name: '', namespace: context.namespace },
    spec: { provider: { [provider]: isObject(spec) ? spec : {} } },
  })
  return { store, context }
}
