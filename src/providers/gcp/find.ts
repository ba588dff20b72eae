import { dig, text } from '../../model/json.ts'
import type { Answer, Payload, Read } from '../../model/provider.ts'
import { inLanes } from '../lanes.ts'
import { compileNamePattern } from '../name-pattern.ts'
import { ProviderError } from '../provider.ts'
import { listed, type OpenSecrets, parentOf } from './ask.ts'
import { lastSegment, readVersion } from './versions.ts'

type Find = Read & { readonly op: 'find' }

// More than any ExternalSecret can use: a Secret holds 1 MiB.
const FOUND_MAX = 5000
const LANES = 16

/**
 * Secrets by name pattern, path (a prefix of the name) and labels (R159). Google's filters only narrow the list: what
 * it holds is compared again here, exactly. One secret that cannot be read fails the whole find, for a partial answer
 * would look like a deletion.
 *
 * Upstream: ESO does not look at tags when a name is given, and lists tags of the global secrets even for a location.
 */
export async function findSecrets(
  secrets: OpenSecrets,
  read: Find,
  signal: AbortSignal,
): Promise<Answer> {
  const { nameRegexp, tags } = read
  if (nameRegexp === undefined && (tags === undefined || tags.size === 0)) {
    throw new ProviderError('invalid', 'unexpected find operator', 'find needs a name or tags')
  }
  const isMatch = nameRegexp === undefined ? () => true : await compileNamePattern(nameRegexp)
  const keys = await listKeys(secrets, read, { isMatch, signal })
  const answers = await inLanes(keys, LANES, (key) =>
    readVersion(secrets, { key, version: 'latest' }, signal),
  )
  const payloads = new Map<string, Payload>()
  for (const [at, key] of keys.entries()) {
    const answer = answers[at]
    if (answer?.outcome === 'failed') return answer
    if (answer?.outcome === 'absent' && answer.gone !== undefined) {
      // Upstream: an error, too. A key that goes missing because a version was turned off would be a surprise.
      throw new ProviderError('invalid', `find: ${answer.gone}`, ENABLE)
    }
    if (answer?.outcome === 'found') payloads.set(key, answer.payload)
  }
  return { outcome: 'found-many', payloads }
}

const ENABLE =
  'enable the version, delete the secret, or set secretVersionSelectionPolicy: LatestOrFetch'

/** Sorted ids. */
async function listKeys(
  secrets: OpenSecrets,
  { path: prefix = '', tags = new Map() }: Find,
  {
    isMatch,
    signal,
  }: { readonly isMatch: (name: string) => boolean; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const path = `${parentOf(secrets)}/secrets`
  const filter = filterOf(prefix, tags)
  const question = { method: 'ListSecrets', path, filter, key: '' } as const
  const keys: string[] = []
  for await (const { name, labels } of listed(secrets, question, signal)) {
    const id = lastSegment(text(name) ?? '')
    const hasTags = [...tags].every(([key, value]) => text(dig(labels, key)) === value)
    if (id !== '' && id.startsWith(prefix) && hasTags && isMatch(id)) keys.push(id)
    if (keys.length <= FOUND_MAX) continue
    throw new ProviderError('invalid', `find matches more than ${FOUND_MAX} secrets`)
  }
  return keys.sort()
}

/** What Google's filter language takes for a plain word; anything else is left to us. */
const WORD = /^[\w-]+$/

/** `name:` finds a piece anywhere in a name. */
function filterOf(path: string, tags: ReadonlyMap<string, string>): string {
  const terms = [...tags]
    .filter(([key, value]) => WORD.test(key) && WORD.test(value))
    .map(([key, value]) => `labels.${key}=${value}`)
  if (WORD.test(path)) terms.push(`name:${path}`)
  return terms.join(' ')
}
