import { PRUNE_GRACE_MS } from '../../plan/prune.ts'
import { type Verdict, WHOLE } from './source.ts'

// Bundles that may have lost something are looked at twice: once to remember what was dropped, and when its grace is over
// to prune it.

/** Bundles to which a first look is owed, by their keys. */
export interface Dropping {
  readonly add: (key: string) => void
  readonly forget: (key: string) => void
  /** Takes what is owed when a run begins: what is dropped during a run is for the one after it. */
  readonly began: (key: string, names: Iterable<string>) => Looking
}

/** A run that may look at the whole of a bundle. */
export interface Looking {
  /** Nothing, unless it looked at the whole. */
  readonly concluded: (isPruned: boolean) => readonly Verdict[]
  /** A run that came to nothing leaves owed what was. */
  readonly ended: () => void
}

const AFTER_GRACE_MS = 5_000

/** Owes nothing yet. */
export function createDropping(): Dropping {
  const owed = new Set<string>()
  return {
    add: (key) => owed.add(key),
    forget: (key) => owed.delete(key),
    began: (key, names) => {
      const isWhole = [...names].includes(WHOLE)
      let isFirst = isWhole && owed.delete(key)
      return {
        concluded: (isPruned) => {
          const againInMs = isFirst && isPruned ? PRUNE_GRACE_MS + AFTER_GRACE_MS : undefined
          isFirst = false
          return isWhole ? [{ outcome: 'done', againInMs }] : []
        },
        ended: () => {
          if (isFirst) owed.add(key)
        },
      }
    },
  }
}
