import { decodeBundle } from '../../handoff/bundle.ts'
import { bundleName, HANDOFF_LABEL } from '../../handoff/names.ts'
import { dig, type JsonObject, text } from '../../model/json.ts'
import { specHash } from '../../plan/schedule.ts'
import { type Work, workOfDecoded } from '../work.ts'

// The bundles of a cluster, put together from ConfigMaps as they come: anchor and shards in any order. A set that is torn
// or newer than we are changes nothing: the last complete one goes on.

/** A bundle as it was last complete. */
export interface ReadyBundle {
  readonly namespace: string
  readonly app: string
  readonly work: Work
  readonly digest: string
  /** What each ExternalSecret asks for, by name. */
  readonly specs: ReadonlyMap<string, string>
  /** Value of the annotation that asks for all to be read; empty without it. */
  readonly forced: string
}

/** What has become of a bundle. */
export interface BundleNews {
  /** `namespace/app` in the form of names: `namespace/waybill-app`. */
  readonly key: string
  readonly before: ReadyBundle | undefined
  /** Undefined when its anchor is gone. */
  readonly after: ReadyBundle | undefined
  /** Why the last complete set stays; undefined when this is it. */
  readonly problem: string | undefined
}

/** All bundles that were seen. */
export interface Bundles {
  /** Takes a ConfigMap of a hand-off in; what it means is told by `news`. */
  readonly put: (configMap: JsonObject, isGone: boolean) => void
  /** What changed since it was asked last. */
  readonly news: () => readonly BundleNews[]
  readonly get: (key: string) => ReadyBundle | undefined
}

/** On an anchor: any new value has all of its ExternalSecrets read. */
export const FORCE_ANNOTATION = 'waybill.dev/force-sync'

interface Pieces {
  anchor: JsonObject | undefined
  readonly shards: Map<string, JsonObject>
  ready: ReadyBundle | undefined
  problem: string | undefined
}

/** None yet. */
export function createBundles(storeNamespace: string): Bundles {
  const all = new Map<string, Pieces>()
  const dirty = new Set<string>()
  return {
    put: (configMap, isGone) => {
      const place = placeOf(configMap)
      if (place === undefined) return
      const { key, name, isAnchor } = place
      const pieces = all.get(key) ?? {
        anchor: undefined,
        shards: new Map(),
        ready: undefined,
        problem: undefined,
      }
      all.set(key, pieces)
      if (isAnchor) pieces.anchor = isGone ? undefined : configMap
      else if (isGone) pieces.shards.delete(name)
      else pieces.shards.set(name, configMap)
      dirty.add(key)
    },
    news: () => {
      const keys = [...dirty]
      dirty.clear()
      return keys.flatMap((key) => {
        const pieces = all.get(key)
        const news = pieces && judge(key, pieces, storeNamespace)
        if (pieces?.anchor === undefined && pieces?.shards.size === 0) all.delete(key)
        return news === undefined ? [] : [news]
      })
    },
    get: (key) => all.get(key)?.ready,
  }
}

/** Undefined for what is no part of a bundle. */
function placeOf(
  configMap: JsonObject,
): { readonly key: string; readonly name: string; readonly isAnchor: boolean } | undefined {
  const namespace = text(dig(configMap, 'metadata', 'namespace')) ?? ''
  const name = text(dig(configMap, 'metadata', 'name')) ?? ''
  const part = dig(configMap, 'metadata', 'labels', HANDOFF_LABEL)
  if (part === 'anchor') return { key: `${namespace}/${name}`, name, isAnchor: true }
  const anchor = /^(.+)-\d{1,2}$/.exec(name)?.[1]
  if (part !== 'shard' || anchor === undefined) return undefined
  return { key: `${namespace}/${anchor}`, name, isAnchor: false }
}

/** Undefined when nothing is to be told. */
function judge(key: string, pieces: Pieces, storeNamespace: string): BundleNews | undefined {
  const before = pieces.ready
  if (pieces.anchor === undefined) {
    const isTold = before !== undefined || pieces.problem !== undefined
    pieces.ready = undefined
    pieces.problem = undefined
    return isTold ? { key, before, after: undefined, problem: undefined } : undefined
  }
  const read = decode(pieces.anchor, [...pieces.shards.values()], storeNamespace)
  if (typeof read === 'string') {
    if (read === pieces.problem) return undefined
    pieces.problem = read
    return { key, before, after: before, problem: read }
  }
  pieces.ready = read
  pieces.problem = undefined
  return { key, before, after: read, problem: undefined }
}

/** The bundle, or why it cannot be used. */
function decode(
  anchor: JsonObject,
  shards: readonly JsonObject[],
  storeNamespace: string,
): ReadyBundle | string {
  const bundle = decodeBundle(anchor, shards)
  if (bundle.outcome === 'unusable') return bundle.message
  // Trust: an anchor that speaks of another app would own that app's Secrets.
  if (bundleName(bundle.app) !== dig(anchor, 'metadata', 'name')) {
    return `ConfigMap ${text(dig(anchor, 'metadata', 'name'))} is the bundle of another app`
  }
  const work = workOfDecoded(anchor, bundle, storeNamespace)
  const own = work.candidates.map(({ externalSecret }) => externalSecret)
  return {
    namespace: bundle.namespace,
    app: bundle.app,
    work: { ...work, periodSeconds: 0 },
    digest: bundle.digest,
    specs: new Map(own.map((one) => [one.name, specHash(one)])),
    forced: text(dig(anchor, 'metadata', 'annotations', FORCE_ANNOTATION)) ?? '',
  }
}
