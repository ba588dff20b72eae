import type { PatternEngine } from '../values/pattern-engine.ts'
import { builtinFunctions } from './builtins.ts'
import type { Functions } from './function.ts'
import { dateFunctions } from './functions/dates.ts'
import { defaultFunctions } from './functions/defaults.ts'
import { dictFunctions } from './functions/dicts.ts'
import { encodingFunctions } from './functions/encoding.ts'
import { jsonFunctions } from './functions/json.ts'
import { listFunctions } from './functions/lists.ts'
import { mathFunctions } from './functions/math.ts'
import { pathFunctions } from './functions/paths.ts'
import { regexFunctions } from './functions/regex.ts'
import { semverFunctions } from './functions/semver.ts'
import { stringFunctions } from './functions/strings.ts'
import { urlFunctions } from './functions/url.ts'
import { yamlFunctions } from './functions/yaml.ts'

/** What functions may not take from the process. */
export interface Sources {
  /** Milliseconds since 1970, the clock of `now` and `ago`. */
  readonly now: () => number
  /** So many random bytes. */
  readonly random: (length: number) => Uint8Array
  readonly patterns: PatternEngine
}

/** All functions by name: text/template's own, Sprig's, and those of External Secrets Operator. None does I/O. */
export function allFunctions({ now, patterns }: Sources): Functions {
  return {
    ...builtinFunctions,
    ...stringFunctions,
    ...listFunctions,
    ...dictFunctions,
    ...defaultFunctions,
    ...jsonFunctions,
    ...mathFunctions,
    ...encodingFunctions,
    ...pathFunctions,
    ...regexFunctions(patterns),
    ...semverFunctions,
    ...urlFunctions,
    ...yamlFunctions,
    ...dateFunctions(now),
  }
}
