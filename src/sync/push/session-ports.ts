import { HANDOFF_LABEL } from '../../handoff/names.ts'
import { readStoreOf } from '../../handoff/stores.ts'
import { KubeError } from '../../kube/api.ts'
import type { JsonObject } from '../../model/json.ts'
import { selectorText } from '../../model/label-selector.ts'
import { decodeStore, type Store, type StoreKind } from '../../model/store.ts'
import { openWriter } from '../../providers/push.ts'
import { createEngineLoader } from '../engines.ts'
import type { SessionPorts, SessionSettings } from '../session-context.ts'
import { type SourcesOfWork, sessionReading } from '../session-reading.ts'
import type { PushPorts } from './ports.ts'

/** How the pushes of a session reach the world. No provider has a dry run of its own: `server` plans like `client`. */
export function pushPortsFor(
  work: SourcesOfWork,
  settings: Pick<SessionSettings, 'parity' | 'dryRun' | 'policy' | 'controllerClass'>,
  {
    ports,
    calls,
    notices,
  }: {
    readonly ports: SessionPorts
    readonly calls: Map<string, number>
    readonly notices: Set<string>
  },
): PushPorts {
  const engines = createEngineLoader(ports)
  const { policy } = settings
  const reading = sessionReading(work, ports, { engines, calls, notices, policy })
  return {
    lookup: ports.credentials.lookup,
    secretsWith: (labels, namespace) =>
      ports.kube.list('v1', 'Secret', namespace, selectorText(labels)),
    storesOf: (kind, namespace) => storesOf(kind, namespace, { work, ports }),
    reading,
    engines,
    open: (store, { namespace, signal }) =>
      openWriter(store, { ...reading.contextFor(store, namespace), signal }),
    parity: settings.parity,
    controllerClass: settings.controllerClass,
    keepsLost: undefined,
    isDryRun: settings.dryRun !== 'none',
  }
}

/** By name, each once: given stores, then those that travel in ConfigMaps, then those of the CRDs, as when one is named. */
async function storesOf(
  kind: StoreKind,
  namespace: string,
  { work, ports }: { readonly work: SourcesOfWork; readonly ports: SessionPorts },
): Promise<readonly Store[]> {
  const isCluster = kind === 'ClusterSecretStore'
  const given = [...work.stores.values()].filter(
    (store) => store.kind === kind && (isCluster || store.namespace === namespace),
  )
  const home = isCluster ? work.storeNamespace : namespace
  const listed = (...[apiVersion, listedKind, scope, labels]: Parameters<typeof ports.kube.list>) =>
    presentOf(() => ports.kube.list(apiVersion, listedKind, scope, labels), ports.onRefused)
  const configMaps = await listed('v1', 'ConfigMap', home, `${HANDOFF_LABEL}=store`)
  const objects = await listed('external-secrets.io/v1', kind, isCluster ? '' : namespace)
  const handedOff = configMaps.flatMap((configMap) => readStoreOf(configMap, kind, home) ?? [])
  const custom = objects.map((object) => decodeStore({ ...object, kind }))
  const byName = new Map<string, Store>()
  for (const store of [...given, ...handedOff, ...custom]) {
    if (!byName.has(store.name)) byName.set(store.name, store)
  }
  return [...byName.values()]
}

/** Without the CRDs, and without a right to list, there are none for us. */
const ABSENT: ReadonlySet<string> = new Set(['forbidden', 'not-found', 'invalid'])

async function presentOf(
  list: () => Promise<readonly JsonObject[]>,
  onRefused: SessionPorts['onRefused'],
): Promise<readonly JsonObject[]> {
  try {
    return await list()
  } catch (error) {
    if (!(error instanceof KubeError) || !ABSENT.has(error.code)) throw error
    if (error.code === 'forbidden') onRefused?.(error)
    return []
  }
}
