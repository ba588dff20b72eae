import type { JsonValue } from '../../model/json.ts'
import type { SecretValue } from '../../model/secret-value.ts'
import type { OpenContext } from '../provider.ts'
import type { RandomBytes } from './draw.ts'

/** What one generator gives: its output keys and their values. */
export type Generated = ReadonlyMap<string, SecretValue>

/** Randomness is injected; it must be fit for keys, for it becomes passwords. */
export interface GeneratorSources {
  readonly randomBytes: RandomBytes
  /** What a generator with a provider may use of the world, fenced to one namespace; undefined where there is no world. */
  readonly context: OpenContext | undefined
}

/** One kind of generator. Throws ProviderError `invalid` for a spec that it cannot use. */
export type Run = (spec: JsonValue | undefined, sources: GeneratorSources) => Promise<Generated>
