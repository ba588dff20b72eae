import type { JsonValue } from '../../model/json.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import type { Generated, Run } from './generated.ts'

/** A kind that asks somebody else for what it gives. Throws ProviderError. */
export type Ask = (spec: JsonValue | undefined, context: OpenContext) => Promise<Generated>

/** The generators with a provider, loaded on first need: they bring SDKs. */
export function asking(load: () => Promise<Ask>): Run {
  return async (spec, { context }) => {
    if (context !== undefined) return (await load())(spec, context)
    throw new ProviderError('unsupported', 'this generator asks a provider, and there is none here')
  }
}
