import type { PatternEngine } from '../values/pattern-engine.ts'
import { builtinFunctions } from './builtins.ts'
import { fail } from './failure.ts'
import type { Functions } from './function.ts'
import { type CertificateSources, certificateFunctions } from './functions/certificates.ts'
import { dateFunctions } from './functions/dates.ts'
import { defaultFunctions } from './functions/defaults.ts'
import { dictFunctions } from './functions/dicts.ts'
import { encodingFunctions } from './functions/encoding.ts'
import { hashFunctions } from './functions/hashes.ts'
import { jsonFunctions } from './functions/json.ts'
import { keyFunctions } from './functions/keys.ts'
import { listFunctions } from './functions/lists.ts'
import { mathFunctions } from './functions/math.ts'
import { pathFunctions } from './functions/paths.ts'
import { pemFunctions } from './functions/pem.ts'
import { pkcs12Functions } from './functions/pkcs12.ts'
import { randomFunctions } from './functions/random.ts'
import { regexFunctions } from './functions/regex.ts'
import { semverFunctions } from './functions/semver.ts'
import { stringFunctions } from './functions/strings.ts'
import { urlFunctions } from './functions/url.ts'
import { yamlFunctions } from './functions/yaml.ts'

/**
 * What functions may not take from the process. A source that is undefined makes its functions fail, where output must be
 * repeatable.
 */
export interface Sources {
  /** Milliseconds since 1970, the clock of `now` and `ago`. */
  readonly now: (() => number) | undefined
  /** So many random bytes. */
  readonly random: ((length: number) => Uint8Array) | undefined
  /** A new private key as PKCS#8 in DER. */
  readonly generateKey: CertificateSources['generateKey'] | undefined
  readonly patterns: PatternEngine
}

/**
 * A function without its source fails only when called: a template that never asks the time may be
 * rendered.
 */
function refuse(what: string): () => never {
  return () => fail(`no ${what} here, where output must be repeatable`)
}

/** All functions by name: text/template's own, Sprig's, and those of External Secrets Operator. None does I/O. */
export function allFunctions(sources: Sources): Functions {
  const now = sources.now ?? refuse('clock')
  const random = sources.random ?? refuse('randomness')
  const generateKey = sources.generateKey ?? refuse('new keys')
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
    ...regexFunctions(sources.patterns),
    ...semverFunctions,
    ...urlFunctions,
    ...yamlFunctions,
    ...pemFunctions,
    ...keyFunctions,
    ...pkcs12Functions,
    ...hashFunctions(random),
    ...randomFunctions(random),
    ...certificateFunctions({ now, random, generateKey }),
    ...dateFunctions(now),
  }
}
