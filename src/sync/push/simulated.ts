import { dig } from '../../model/json.ts'
import { selects } from '../../model/label-selector.ts'
import { DEFAULT_CLASS } from '../../model/store.ts'
import { OPEN_POLICY } from '../../model/store-policy.ts'
import { base64, record, secretObject } from '../../plan/secret-object.ts'
import type { PushCandidate } from '../candidates.ts'
import type { SimulatedCluster } from '../simulation.ts'
import { decodeSynced } from './memory.ts'
import type { PushPorts } from './ports.ts'
import { pushOne } from './push.ts'
import { failedOutcome, type PushOutcome } from './result.ts'
import { simulatedWriters } from './simulated-writer.ts'

// Pushes without a cluster and without a provider: the Secrets are those that a simulation has left, the providers its
// fixtures. Everything else is the code of a real run.

/** One PushSecret after the other; the n-th sees what those before it wrote. */
export async function simulatePushes(
  candidates: readonly PushCandidate[],
  cluster: SimulatedCluster,
): Promise<readonly PushOutcome[]> {
  const ports = portsOf(cluster)
  const outcomes: PushOutcome[] = []
  for (const { pushSecret, errors } of candidates) {
    // Only an object that was read from a cluster remembers what was pushed.
    const remembered = decodeSynced(dig(pushSecret.object, 'status', 'syncedPushSecrets'))
    outcomes.push(
      errors.length > 0
        ? failedOutcome(pushSecret, errors, { synced: remembered })
        : await pushOne(pushSecret, remembered, ports),
    )
  }
  return outcomes
}

const NO_HURRY_MS = 3_600_000

function portsOf({ simulation, gate, secrets }: SimulatedCluster): PushPorts {
  const { existing, stores, fixtures, generators, engines, parity } = simulation
  const objectOf = (key: string) => {
    const secret = secrets.get(key)
    return secret && secretObject(secret, base64)
  }
  return {
    lookup: async (kind, namespace, name) => {
      const key = `${namespace}/${name}`
      const configMap = existing.configMaps.get(key)
      if (kind === 'Secret') return objectOf(key)
      return kind === 'ConfigMap' && configMap
        ? { data: record(configMap, (text) => text) }
        : undefined
    },
    secretsWith: async (labels, namespace) =>
      [...secrets].flatMap(([key, secret]) => {
        const isMeant = key === `${namespace}/${secret.name}` && selects(labels, secret.labels)
        return isMeant ? [secretObject(secret, base64)] : []
      }),
    storesOf: async (kind, namespace) =>
      [...stores.values()].filter(
        (store) =>
          store.kind === kind && (kind === 'ClusterSecretStore' || store.namespace === namespace),
      ),
    reading: {
      gate,
      policy: OPEN_POLICY,
      generators,
      signal: new AbortController().signal,
      deadlineMs: NO_HURRY_MS,
    },
    engines,
    open: simulatedWriters(fixtures),
    parity,
    // The end state: guards that need another look count as passed.
    keepsLost: undefined,
    // Into memory, so that the next one finds it.
    controllerClass: DEFAULT_CLASS,
    isDryRun: false,
  }
}
