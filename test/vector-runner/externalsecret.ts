import { decodeExternalSecret } from '../../src/model/external-secret.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { OutcomeError } from '../../src/model/outcome.ts'
import { parityOf } from '../../src/model/parity.ts'
import { decodeStore, storeKey } from '../../src/model/store.ts'
import { desiredFor, valuesFor } from '../../src/plan/settle.ts'
import { createEngineLoader } from '../../src/sync/engines.ts'
import { simulatedGenerators } from '../../src/sync/generators.ts'
import { valuesOnly } from '../../src/sync/simulation.ts'
import { readSecret, TEMPLATE_CATEGORIES, writeSecret } from './apply.ts'
import { type Call, VectorError } from './case.ts'

const parity = parityOf('eso')
const engines = createEngineLoader({
  nowMs: () => Date.now(),
  randomBytes: (length) => new Uint8Array(length),
})

/** Our codes → the categories of the vectors. */
const CATEGORIES: Readonly<Record<string, string>> = {
  ...TEMPLATE_CATEGORIES,
  SecretNotFound: 'no-secret',
  PropertyNotFound: 'no-property',
  EmptySecret: 'empty',
  NotJson: 'json',
  UnknownStrategy: 'strategy',
  InvalidKey: 'invalid-key',
  KeyCollision: 'collision',
  NullByte: 'null-byte',
  InvalidPattern: 'compile',
  Invalid: 'compile',
  Conflict: 'conflict',
  PriorityNotFound: 'priority',
  IntoMissing: 'into',
  InvalidEntry: 'error',
  StoreNotFound: 'store-not-found',
  StoreNotPermitted: 'denied',
}

/** Fetch and merge from fake stores, then the template: the steps of `simulate` without its policies. */
export const externalsecret: Call = async (input) => {
  const externalSecret = decodeExternalSecret(input.externalSecret as JsonObject)
  const stores = ((input.stores ?? []) as JsonObject[]).map(decodeStore)
  const { foreign, sources } = await valuesOnly(externalSecret, {
    stores: new Map(
      stores.map((store) => [storeKey(store.kind, store.namespace, store.name), store]),
    ),
    existing: {
      secrets: new Map(),
      configMaps: new Map(),
      namespaces: new Map([['ns', new Map([['team', 'a']])]]),
    },
    fixtures: new Map(),
    generators: simulatedGenerators(new Map(), new Map()),
    parity,
    adopts: true,
    esoMarks: false,
    engines,
  })
  if (foreign !== undefined) throw new VectorError('controller-class', foreign)
  const valued = valuesFor(externalSecret, sources, parity)
  if (valued.outcome === 'failed') throw failure(valued.errors)
  const existing =
    input.existing === undefined
      ? undefined
      : readSecret(input.existing as Parameters<typeof readSecret>[0])
  const desired = desiredFor({ externalSecret, parity }, { data: valued.data, existing }, sources)
  if (desired.outcome === 'failed') throw failure(desired.errors)
  return writeSecret(desired.secret)
}

function failure([first]: readonly OutcomeError[]): VectorError {
  const code = first?.code ?? ''
  return new VectorError(CATEGORIES[code] ?? code, first?.message)
}
