import { type KubeApi, KubeError } from '../../kube/api.ts'
import {
  canonicalJson,
  dig,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../../model/json.ts'

// The status of bundles as a controller keeps it: alone to write it, it need not read it again; and a time that has moved
// on is worth a write a minute, not one each run.
//
//  differs from what is written │ written
//  ─────────────────────────────┼──────────────────────────────────────────
//  in nothing                   │ no
//  in times of syncs only       │ a minute after the last write, or at the end
//  in anything else             │ at once

/** How often times alone are written. */
export const TIMES_MS = 60_000

/** What status ConfigMaps hold, between runs. */
export interface StatusKeeper {
  /** The API server for status and events of one run. */
  readonly through: (kube: KubeApi) => KubeApi
  /** Writes down what was held back this long. Never rejects for a failure of the API server. */
  readonly flush: (kube: KubeApi, heldMs: number) => Promise<void>
  readonly isHolding: () => boolean
  /** A bundle that is gone took its status along. */
  readonly forget: (bundle: string) => void
}

type Apply = KubeApi['apply']

interface Kept {
  /** As the next run is to see it. */
  readonly object: JsonObject | undefined
  readonly writtenMs: number
  /** How it is to be written; undefined when it is. */
  readonly held: Parameters<Apply>[1] | undefined
}

/** Keeps nothing yet; `nowMs` is monotonic. */
export function createStatusKeeper(nowMs: () => number): StatusKeeper {
  const kept = new Map<string, Kept>()
  const write = async (kube: KubeApi, object: JsonObject, how: Parameters<Apply>[1]) => {
    const key = keyOf(object)
    try {
      const applied = await kube.apply(object, how)
      kept.set(key, { object, writtenMs: nowMs(), held: undefined })
      return applied
    } catch (error) {
      // Nobody knows what it holds now: the next run reads it.
      kept.delete(key)
      throw error
    }
  }
  return {
    through: (kube) => ({
      ...kube,
      get: async (ref) => {
        if (ref.kind !== 'ConfigMap') return kube.get(ref)
        const known = kept.get(`${ref.namespace}/${ref.name}`)
        if (known !== undefined) return known.object
        const object = await kube.get(ref)
        kept.set(`${ref.namespace}/${ref.name}`, { object, writtenMs: nowMs(), held: undefined })
        return object
      },
      apply: async (object, how) => {
        const known = kept.get(keyOf(object))
        const isFresh = known !== undefined && nowMs() - known.writtenMs < TIMES_MS
        if (!isFresh || !differsInTimesOnly(known.object, object)) return write(kube, object, how)
        kept.set(keyOf(object), { ...known, object, held: how })
        return { object, isCreated: false }
      },
    }),
    flush: async (kube, heldMs) => {
      for (const { object, writtenMs, held } of [...kept.values()]) {
        if (object === undefined || held === undefined || nowMs() - writtenMs < heldMs) continue
        await write(kube, object, held).catch((error: unknown) => {
          if (!(error instanceof KubeError)) throw error
        })
      }
    },
    isHolding: () => [...kept.values()].some(({ held }) => held !== undefined),
    forget: (bundle) => {
      for (const key of kept.keys()) if (key.startsWith(`${bundle}-status`)) kept.delete(key)
    },
  }
}

function keyOf(object: JsonObject): string {
  return `${text(dig(object, 'metadata', 'namespace'))}/${text(dig(object, 'metadata', 'name'))}`
}

/** Whether only the times of syncs differ; equal objects differ in nothing. */
function differsInTimesOnly(before: JsonObject | undefined, after: JsonObject): boolean {
  if (before === undefined) return false
  const [old, wanted] = [dataOf(before), dataOf(after)]
  const names = Object.keys(wanted)
  if (names.length !== Object.keys(old).length) return false
  const isSame = (name: string): boolean =>
    old[name] === wanted[name] || timeless(old[name]) === timeless(wanted[name])
  return (
    canonicalJson({ ...before, data: {} }) === canonicalJson({ ...after, data: {} }) &&
    names.every((name) => Object.hasOwn(old, name) && isSame(name))
  )
}

function dataOf(configMap: JsonObject): JsonObject {
  const data = member(configMap, 'data')
  return isObject(data) ? data : Object.create(null)
}

/** An entry as status-part.ts writes it, without what every sync moves on. */
function timeless(entry: JsonValue | undefined): string {
  const value = parsed(text(entry) ?? '')
  if (!isObject(value)) return canonicalJson(entry ?? null)
  return canonicalJson({ ...value, lastSync: null, nextRefresh: null })
}

function parsed(json: string): JsonValue | undefined {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
