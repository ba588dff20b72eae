import type { ReadyBundle } from './bundles.ts'
import type { ItemRef } from './source.ts'

// Which Secret belongs to which ExternalSecret, and in which version the last run left it: an event that tells that
// version is our own write, any other one is somebody else's, which is put right at once.

/** The target Secrets of all bundles, by `namespace/name`. */
export interface Targets {
  readonly replace: (key: string, bundle: ReadyBundle | undefined) => void
  /** An event; empty for a Secret that is gone. Answers whose Secret is not as it was left. */
  readonly seen: (secret: string, version: string) => readonly ItemRef[]
  readonly began: (key: string, names: Iterable<string>) => void
  /** The run has left the Secret in this version. Answers whether somebody else was at it meanwhile. */
  readonly ended: (key: string, name: string, version: string | undefined) => boolean
}

interface Target {
  readonly secret: string
  /** Undefined before the first run, which looks anyway. */
  left: string | undefined
  isRunning: boolean
  /** What was last seen during the run. */
  seen: string | undefined
}

/** No targets yet. */
export function createTargets(): Targets {
  const byBundle = new Map<string, Map<string, Target>>()
  const bySecret = new Map<string, Map<string, ItemRef>>()
  return {
    replace: (key, bundle) => {
      const before = byBundle.get(key) ?? new Map<string, Target>()
      for (const [name, { secret }] of before) bySecret.get(secret)?.delete(`${key} ${name}`)
      if (bundle === undefined) {
        byBundle.delete(key)
        return
      }
      const after = new Map<string, Target>()
      for (const { externalSecret } of bundle.work.candidates) {
        const { namespace, name, target } = externalSecret
        const secret = `${namespace}/${target.name}`
        const known = before.get(name)
        const fresh = { secret, left: undefined, isRunning: false, seen: undefined }
        after.set(name, known?.secret === secret ? known : fresh)
        const items = bySecret.get(secret) ?? new Map<string, ItemRef>()
        bySecret.set(secret, items.set(`${key} ${name}`, { batch: key, name }))
      }
      byBundle.set(key, after)
    },
    seen: (secret, version) =>
      [...(bySecret.get(secret)?.values() ?? [])].filter(({ batch, name }) => {
        const target = byBundle.get(batch)?.get(name)
        if (target === undefined) return false
        if (target.isRunning) target.seen = version
        return !target.isRunning && target.left !== undefined && target.left !== version
      }),
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
