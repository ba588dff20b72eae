import {
  DescribeParametersCommand,
  GetParametersByPathCommand,
  type Parameter,
  type ParameterMetadata,
  type ParameterStringFilter,
} from '@aws-sdk/client-ssm'
import type { Answer } from '../../model/provider.ts'
import { found, searched } from './answer.ts'
import { AwsCallFailure } from './caller.ts'
import { type Find, foundMany, nameMatcher, refuseTooMany } from './found-many.ts'
import { notFromAws, type OpenParameters, parameterPayload } from './parameter.ts'
import { parameterValues } from './parameter-batch.ts'

// R131. By name: GetParametersByPath, which brings the values; where IAM does not allow it, DescribeParameters and the
// parameters in tens. By tags: DescribeParameters, whose tag filters are exact pairs. With a name, tags do not count,
// as in ESO. The prefix of the store is a fence here as well: nothing outside of it is found.

/** Parameters by name pattern or tags, below a path. Names are whole names, prefix included. */
export function answerFind(
  parameters: OpenParameters,
  read: Find,
  signal: AbortSignal,
): Promise<Answer> {
  const id = read.path ?? '*'
  return searched(parameters, { id, action: 'DescribeParameters' }, async () => {
    const isMatch = await nameMatcher(read)
    const wanted = (name: string): boolean => name.startsWith(parameters.prefix) && isMatch(name)
    const path = pathOf(parameters, read)
    if (read.nameRegexp !== undefined) {
      const answers = await belowPath(parameters, { path, wanted }, signal)
      if (answers !== undefined) return foundMany([...answers.keys()].sort(), answers)
    }
    const tags = read.nameRegexp === undefined ? (read.tags ?? new Map()) : new Map()
    const filters = filtersOf(path, tags)
    const names = await describedNames(parameters, { filters, wanted }, signal)
    return foundMany(names, await parameterValues(parameters, names, signal))
  })
}

/** The folder that holds all that is wanted; the root when neither path nor prefix names one. */
function pathOf({ prefix }: OpenParameters, { path }: Find): string {
  if (path !== undefined && path !== '') return path.startsWith(prefix) ? path : prefix + path
  const folder = prefix.slice(0, prefix.lastIndexOf('/'))
  return folder.startsWith('/') ? folder : '/'
}

/** Which parameters of a page count. */
interface Wanted {
  readonly path: string
  readonly wanted: (name: string) => boolean
}

/** Values by name; undefined where the call is not allowed, for another way is left. */
async function belowPath(
  { client, call }: OpenParameters,
  { path, wanted }: Wanted,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer> | undefined> {
  const answers = new Map<string, Answer>()
  try {
    const pages = allPages<Parameter>(async (NextToken) => {
      const input = { Path: path, Recursive: true, WithDecryption: true, MaxResults: 10, NextToken }
      const command = new GetParametersByPathCommand(input)
      const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
      const page = await call('ssm:GetParametersByPath', send, signal)
      return { items: page.Parameters, token: page.NextToken }
    })
    for await (const parameter of pages) {
      const { Name: name = '' } = parameter
      if (wanted(name)) answers.set(name, found(parameterPayload(parameter)))
      refuseTooMany(answers.size)
    }
    return answers
  } catch (error) {
    if (error instanceof AwsCallFailure && error.fault.cause === 'forbidden') return undefined
    throw error
  }
}

/** AWS's own filters, exact ones: a folder with all below it, and pairs of tags. */
function filtersOf(
  path: string,
  tags: ReadonlyMap<string, string>,
): readonly ParameterStringFilter[] {
  const below = path === '/' ? [] : [{ Key: 'Path', Option: 'Recursive', Values: [path] }]
  const pairs = [...tags].map(([key, value]) => ({
    Key: `tag:${key}`,
    Option: 'Equals',
    Values: [value],
  }))
  return [...pairs, ...below]
}

/** Names sorted by code unit: what is found must not depend on the order of AWS's list. */
async function describedNames(
  { client, call }: OpenParameters,
  {
    filters,
    wanted,
  }: { readonly filters: readonly ParameterStringFilter[]; readonly wanted: Wanted['wanted'] },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const pages = allPages<ParameterMetadata>(async (NextToken) => {
    const ParameterFilters = filters.length === 0 ? undefined : [...filters]
    const command = new DescribeParametersCommand({ ParameterFilters, MaxResults: 50, NextToken })
    const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
    const page = await call('ssm:DescribeParameters', send, signal)
    return { items: page.Parameters, token: page.NextToken }
  })
  const names: string[] = []
  for await (const { Name: name = '' } of pages) {
    if (wanted(name)) names.push(name)
    refuseTooMany(names.length)
  }
  return names.sort()
}

/** One page as it came. */
interface Page<Item> {
  readonly items: readonly Item[] | undefined
  readonly token: string | undefined
}

/** The items of all pages. A page may be empty and still not be the last. */
async function* allPages<Item>(
  next: (token: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item> {
  let token: string | undefined
  do {
    const page = await next(token)
    if (page.items === undefined) throw notFromAws('a search without a list')
    yield* page.items
    token = page.token
  } while (token !== undefined && token !== '')
}
