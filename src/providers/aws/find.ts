import { ListSecretsCommand, type SecretListEntry } from '@aws-sdk/client-secrets-manager'
import type { Answer } from '../../model/provider.ts'
import { ProviderError } from '../provider.ts'
import { searched } from './answer.ts'
import { currentVersions } from './current.ts'
import { type Find, foundMany, nameMatcher, refuseTooMany } from './found-many.ts'
import type { OpenSecrets } from './single.ts'

/**
 * Secrets by name pattern, path and tags. Names are whole names, prefix included.
 *
 * Upstream: ESO trusts AWS's filters, which compare prefixes and take tag keys and tag values apart, so it finds too much
 * (R125), and it drops what it may not read (R126). Here the list only narrows: tags are compared as exact pairs, and
 * one secret that cannot be read fails the whole find, for a partial answer would look like a deletion.
 */
export function answerFind(secrets: OpenSecrets, read: Find, signal: AbortSignal): Promise<Answer> {
  return searched(secrets, { id: read.path ?? '*', action: 'ListSecrets' }, async () => {
    const names = await findNames(secrets, read, signal)
    return foundMany(names, await currentVersions(secrets, names, signal))
  })
}

/**
 * Names sorted by code unit. Throws ProviderError before any call when neither name nor tags are
 * given.
 */
async function findNames(
  secrets: OpenSecrets,
  { nameRegexp, path = '', tags = new Map() }: Find,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const isMatch = await nameMatcher({ nameRegexp, tags })
  const start = path.startsWith(secrets.prefix) ? path : secrets.prefix + path
  const names: string[] = []
  for await (const entry of listed(secrets, { start, tags }, signal)) {
    const { Name: name = '' } = entry
    if (name.startsWith(start) && isMatch(name) && hasTags(entry, tags)) names.push(name)
    refuseTooMany(names.length)
  }
  // By name, whatever the order of the list: what is found must not depend on AWS's mood.
  return names.sort()
}

/** What AWS may filter by; all of it is checked again here. */
interface Narrowing {
  readonly start: string
  readonly tags: ReadonlyMap<string, string>
}

/**
 * All pages. AWS's filters compare prefixes, so the list may hold too much: `findNames` looks
 * again.
 */
async function* listed(
  { client, call }: OpenSecrets,
  { start, tags }: Narrowing,
  signal: AbortSignal,
): AsyncGenerator<SecretListEntry> {
  const filters = [
    ...(start === '' ? [] : [{ Key: 'name' as const, Values: [start] }]),
    ...[...tags.keys()].map((key) => ({ Key: 'tag-key' as const, Values: [key] })),
    ...[...tags.values()]
      .filter((value) => value !== '')
      .map((value) => ({ Key: 'tag-value' as const, Values: [value] })),
  ]
  let token: string | undefined
  do {
    const command = new ListSecretsCommand({
      MaxResults: 100,
      NextToken: token,
      Filters: filters.length === 0 ? undefined : filters,
    })
    const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
    const page = await call('secretsmanager:ListSecrets', send, signal)
    // Any JSON of any server would pass for an empty list.
    if (page.SecretList === undefined) {
      throw new ProviderError('malformed', 'secretsmanager searched ListSecrets without a list')
    }
    yield* page.SecretList
    token = page.NextToken
  } while (token !== undefined && token !== '')
}

/** Exact pairs (R125): key and value of one and the same tag. */
function hasTags({ Tags = [] }: SecretListEntry, wanted: ReadonlyMap<string, string>): boolean {
  return [...wanted].every(([key, value]) =>
    Tags.some((tag) => tag.Key === key && (tag.Value ?? '') === value),
  )
}
