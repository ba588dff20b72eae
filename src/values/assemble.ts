import type { ExternalSecret } from '../model/external-secret.ts'
import type { Parity } from '../model/parity.ts'
import type { Answer, Read } from '../model/provider.ts'
import type { Assembled, PlannedRead } from './assembled.ts'
import type { PatternEngine } from './pattern-engine.ts'
import type { Transform } from './transform.ts'

export interface AssembleInput {
  readonly externalSecret: ExternalSecret
  /** Namespace of an ExternalSecret that names none. */
  readonly defaultNamespace: string
  readonly parity: Parity
  /** The answer to a read of `readsOf`, by `readKey`. */
  readonly answerTo: (read: Read) => Answer
  /** Needed when `needsOf` says so. */
  readonly patterns: PatternEngine | undefined
  readonly transform: Transform | undefined
}

/** What a rewrite of this ExternalSecret needs loaded before `assemble`. */
export function needsOf(externalSecret: ExternalSecret): {
  readonly patterns: boolean
  readonly transform: boolean
} {
  const rewrites = externalSecret.dataFrom.flatMap(({ rewrite }) => rewrite)
  return {
    patterns: rewrites.some((step) => Object.hasOwn(step, 'regexp')),
    transform: rewrites.some((step) => Object.hasOwn(step, 'transform')),
  }
}

/** Every read of an ExternalSecret, in the order of its entries: dataFrom first, then data (R17). */
export function readsOf(
  _externalSecret: ExternalSecret,
  _defaultNamespace: string,
): readonly PlannedRead[] {
  return []
}

/** Turns answers into the data of the target Secret. */
export function assemble(_input: AssembleInput): Assembled {
  return { outcome: 'complete', data: new Map(), gone: [] }
}
