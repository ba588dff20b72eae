import type { Store } from '../model/store.ts'
import {
  type BundleSourcePorts,
  type BundleSourceSettings,
  createBundleSource,
} from '../sync/controller/bundle-source.ts'
import {
  createExternalSecretSource,
  type ExternalSecretPorts,
  type ExternalSecretSource,
} from '../sync/controller/external-secret-source.ts'
import { createFanOutSource } from '../sync/controller/fan-out-source.ts'
import { createPushSource } from '../sync/controller/push-source.ts'
import type { Source } from '../sync/controller/source.ts'
import { createSources } from '../sync/controller/sources.ts'
import { createStoreSource, type StorePorts } from '../sync/controller/store-source.ts'
import type { Runs } from './controller-runs.ts'
import type { OptionValues } from './invocation.ts'
import type { ObjectReports } from './object-reports.ts'

// What the controller works through: bundles, and the objects of External Secrets if their definitions are installed.

/** What the sources need of the world. */
export interface SourceWorld
  extends Omit<BundleSourcePorts, 'onStoreChanged'>,
    ObjectReports,
    Pick<Runs, 'openKube'> {
  readonly onObjects: ExternalSecretPorts['onRun']
  readonly onHealth: StorePorts['onHealth']
  readonly onStoreGone: StorePorts['onStoreGone']
  readonly onWords: (words: string) => void
  /** Says the same thing rarely. */
  readonly warn: (words: string) => void
  /** Since the epoch. */
  readonly wallMs: () => number
}

/** Every source, each under the word that its batches begin with. */
export function createAllSources(
  settings: BundleSourceSettings,
  world: SourceWorld,
  options: OptionValues,
): Source {
  // A store may travel in a ConfigMap and be read by objects, and the other way round.
  const readers: ((store: Store) => void)[] = []
  const onStoreChanged = (store: Store): void => {
    for (const storeChanged of readers) storeChanged(store)
  }
  const bundle = createBundleSource(settings, { ...world, onStoreChanged })
  readers.push(bundle.storeChanged)
  if (options.text('crds') === 'none') return createSources({ bundle })
  const objects = objectsOf(settings, { ...world, onStoreChanged })
  readers.push(objects.object.storeChanged)
  const push = createPushSource(settings, world)
  const isOfCluster = settings.namespace === ''
  return createSources({
    bundle,
    ...objects,
    push,
    ...(isOfCluster && { fan: fanOutsOf(settings, world) }),
  })
}

/** ExternalSecrets and stores that are objects of the cluster. */
function objectsOf(
  { namespace, storeNamespace, session, isOurs }: BundleSourceSettings,
  world: SourceWorld & Pick<BundleSourcePorts, 'onStoreChanged'>,
): { readonly object: ExternalSecretSource; readonly store: Source } {
  const settings = { ...session, namespace, storeNamespace, isOurs }
  const object = createExternalSecretSource(settings, { ...world, onRun: world.onObjects })
  const store = createStoreSource(settings, { ...world, onChanged: world.onStoreChanged })
  return { object, store }
}

/** Of the whole cluster: a controller of one namespace has no business with the others. */
function fanOutsOf({ session, isOurs }: BundleSourceSettings, world: SourceWorld): Source {
  const { fieldManager, adopts } = session
  const kinds = ['ClusterExternalSecret', 'ClusterPushSecret'] as const
  return createFanOutSource({ kinds, fieldManager, adopts, isOurs }, world)
}
