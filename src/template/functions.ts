import { builtinFunctions } from './builtins.ts'
import type { Functions } from './function.ts'
import { defaultFunctions } from './functions/defaults.ts'
import { dictFunctions } from './functions/dicts.ts'
import { jsonFunctions } from './functions/json.ts'
import { listFunctions } from './functions/lists.ts'
import { mathFunctions } from './functions/math.ts'
import { stringFunctions } from './functions/strings.ts'

/** What functions may not take from the process. */
export interface Sources {
  /** Milliseconds since 1970, the clock of `now` and `ago`. */
  readonly now: () => number
  /** So many random bytes. */
  readonly random: (length: number) => Uint8Array
}

export function allFunctions(_sources: Sources): Functions {
  return {
    ...builtinFunctions,
    ...stringFunctions,
    ...listFunctions,
    ...dictFunctions,
    ...defaultFunctions,
    ...jsonFunctions,
    ...mathFunctions,
  }
}
