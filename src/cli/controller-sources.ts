import {
  type BundleSourcePorts,
  type BundleSourceSettings,
  createBundleSource,
} from '../sync/controller/bundle-source.ts'
import type { Source } from '../sync/controller/source.ts'
import { createSources } from '../sync/controller/sources.ts'
import type { Runs } from './controller-runs.ts'
import type { OptionValues } from './invocation.ts'

// What the controller works through: bundles, and the objects of External Secrets if their definitions are installed.

/** What the sources need of the world. */
export interface SourceWorld extends BundleSourcePorts, Pick<Runs, 'openKube'> {
  /** Since the epoch. */
  readonly wallMs: () => number
}

/** Every source, each under the word that its batches begin with. */
export function createAllSources(
  settings: BundleSourceSettings,
  world: SourceWorld,
  _options: OptionValues,
): Source {
  const bundle = createBundleSource(settings, world)
  return createSources({ bundle })
}
