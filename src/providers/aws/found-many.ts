import type { Answer, Payload, Read } from '../../model/provider.ts'
import { compileNamePattern } from '../name-pattern.ts'
import { ProviderError } from '../provider.ts'

/** What `find` asks for. */
export type Find = Read & { readonly op: 'find' }

// More than any ExternalSecret can use: a Secret holds 1 MiB.
const FOUND_MAX = 5000

/** Throws ProviderError before any call when neither name nor tags are given, or the pattern does not compile. */
export async function nameMatcher({
  nameRegexp,
  tags,
}: Pick<Find, 'nameRegexp' | 'tags'>): Promise<(name: string) => boolean> {
  if (nameRegexp !== undefined) return compileNamePattern(nameRegexp)
  if (tags !== undefined && tags.size > 0) return () => true
  throw new ProviderError('invalid', 'unexpected find operator', 'find needs a name or tags')
}

/** Throws ProviderError: a pattern that matches everything must not read a whole account. */
export function refuseTooMany(found: number): void {
  if (found <= FOUND_MAX) return
  throw new ProviderError('invalid', `find matches more than ${FOUND_MAX} secrets`)
}

/**
 * One that cannot be read fails the whole find, for a partial answer would look like a deletion; one that has gone since
 * it was listed is gone.
 */
export function foundMany(names: readonly string[], answers: ReadonlyMap<string, Answer>): Answer {
  const payloads = new Map<string, Payload>()
  for (const name of names) {
    const answer = answers.get(name)
    if (answer?.outcome === 'failed') return answer
    if (answer?.outcome === 'found') payloads.set(name, answer.payload)
  }
  return { outcome: 'found-many', payloads }
}
