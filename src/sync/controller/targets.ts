import type { ExternalSecret } from '../../model/external-secret.ts'
import { targetId } from '../../model/target-kind.ts'
import { type AsLeft, fingerprint } from '../as-left.ts'
import type { ReadyBundle } from './bundles.ts'
import { dropFrom, putInto } from './nested.ts'
import type { ItemRef } from './source.ts'

// Which Secret belongs to which ExternalSecret, and in which version the last run left it: an event that tells that
// version is our own write, any other one is somebody else's, which is put right at once.

/** The target Secrets of all bundles, by `namespace/name`. */
export interface Targets {
  readonly replace: (key: string, bundle: ReadyBundle | undefined) => void
  /** An event; empty for a Secret that is gone. Answers whose Secret is not as it was left. */
  readonly seen: (secret: string, version: string) => readonly ItemRef[]
  readonly began: (key: string, names: Iterable<string>) => void
  /** What runs of this bundle know of Secrets that nobody has touched since. */
  readonly asLeft: (key: string) => AsLeftIn
  /** The run has left the Secret in this version. Answers whether somebody else was at it meanwhile. */
  readonly ended: (key: string, name: string, version: string | undefined) => boolean
}

/** In a process whose randomness this is: without it, what is remembered of values is of no use. */
export type AsLeftIn = (randomBytes: (length: number) => Uint8Array) => AsLeft

interface Target {
  readonly secret: string
  /** Undefined before the first run, which looks anyway. */
  left: string | undefined
  isRunning: boolean
  /** What was last seen during the run. */
  seen: string | undefined
  /** When a run last found nothing to do: for which wish, and in which version. */
  settled: { readonly wish: string; readonly version: string } | undefined
  /** Uid of the anchor that owned it then. */
  anchor: string | undefined
}

/** No targets yet; `isHeard`: whether every event so far has come. */
export function createTargets(isHeard: () => boolean): Targets {
  const versions = new Map<string, string>()
  let wishKey: Uint8Array | undefined
  const byBundle = new Map<string, Map<string, Target>>()
  const bySecret = new Map<string, Map<string, ItemRef>>()
  return {
    replace: (key, bundle) => {
      const before = byBundle.get(key) ?? new Map<string, Target>()
      for (const [name, { secret }] of before) dropFrom(bySecret, secret, `${key} ${name}`)
      if (bundle === undefined) {
        byBundle.delete(key)
        return
      }
      const after = new Map<string, Target>()
      for (const { externalSecret } of bundle.work.candidates) {
        const { namespace, name } = externalSecret
        const secret = `${namespace}/${targetId(externalSecret)}`
        after.set(name, targetAfter(before.get(name), secret, bundle.work.anchor?.uid))
        putInto(bySecret, secret, [`${key} ${name}`, { batch: key, name }])
      }
      byBundle.set(key, after)
    },
    seen: (secret, version) => {
      if (version === '') versions.delete(secret)
      else versions.set(secret, version)
      return [...(bySecret.get(secret)?.values() ?? [])].filter(({ batch, name }) => {
        const target = byBundle.get(batch)?.get(name)
        if (target === undefined) return false
        if (target.isRunning) target.seen = version
        return !target.isRunning && target.left !== undefined && target.left !== version
      })
    },
    asLeft: (key) => (randomBytes) => {
      wishKey ??= randomBytes(32)
      return memoryOf(({ name }) => byBundle.get(key)?.get(name), {
        isStill: (secret, version) => isHeard() && versions.get(secret) === version,
        wishKey,
      })
    },
    began: (key, names) => {
      for (const name of names) {
        const target = byBundle.get(key)?.get(name)
        if (target !== undefined) Object.assign(target, { isRunning: true, seen: undefined })
      }
    },
    ended: (key, name, version) => {
      const target = byBundle.get(key)?.get(name)
      if (target === undefined) return false
      target.isRunning = false
      if (version === undefined) return false
      target.left = version
      return target.seen !== undefined && target.seen !== version
    },
  }
}

/** A new anchor has to become the owner: with it, nothing is settled. */
function targetAfter(
  known: Target | undefined,
  secret: string,
  anchor: string | undefined,
): Target {
  if (known?.secret !== secret) return newTarget(secret, anchor)
  return known.anchor === anchor ? known : Object.assign(known, { anchor, settled: undefined })
}

function newTarget(secret: string, anchor: string | undefined): Target {
  return { secret, left: undefined, isRunning: false, seen: undefined, settled: undefined, anchor }
}

/** What is known of the targets of one bundle. */
function memoryOf(
  targetOf: (externalSecret: ExternalSecret) => Target | undefined,
  {
    isStill,
    wishKey,
  }: {
    readonly isStill: (secret: string, version: string) => boolean
    readonly wishKey: Uint8Array
  },
): AsLeft {
  return {
    versionOf: (externalSecret) => {
      const target = targetOf(externalSecret)
      const version = target?.settled?.version
      if (target === undefined || version === undefined) return undefined
      return isStill(target.secret, version) ? version : undefined
    },
    isSameWish: (externalSecret, wish) =>
      targetOf(externalSecret)?.settled?.wish === fingerprint(externalSecret, wish, wishKey),
    remember: (externalSecret, version, wish) => {
      const target = targetOf(externalSecret)
      if (target === undefined) return
      target.settled = { version, wish: fingerprint(externalSecret, wish, wishKey) }
    },
  }
}
