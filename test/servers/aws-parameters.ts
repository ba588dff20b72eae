import { AwsFailure, allow, type Caller, listOf, type Operation, paged, textOf } from './aws-api.ts'
import { parameterWrites } from './aws-writes.ts'

// AWS Systems Manager's Parameter Store: what it holds, and its operations.

/** A value, or one with more to it. Values of a list are the versions 1, 2, 3 … */
export type ParameterSeed =
  | string
  | {
      /** Undefined for a parameter that AWS shows without a value. */
      readonly values: readonly (string | undefined)[]
      readonly type?: 'String' | 'StringList' | 'SecureString'
      readonly tags?: Readonly<Record<string, string>>
      /** Label → version. */
      readonly labels?: Readonly<Record<string, number>>
    }

interface StoredParameter {
  /** The last change, as it was asked for. */
  readonly made?: Readonly<Record<string, unknown>>
  readonly name: string
  readonly arn: string
  readonly type: string
  readonly values: (string | undefined)[]
  readonly tags: ReadonlyMap<string, string>
  readonly labels: ReadonlyMap<string, number>
}

export interface ParameterStore {
  /** Creates the parameter or gives it one more version. */
  readonly set: (name: string, value: ParameterSeed) => void
  readonly remove: (name: string) => void
  readonly find: (name: string) => StoredParameter | undefined
  readonly operations: Readonly<Record<string, Operation>>
}

type Input = Readonly<Record<string, unknown>>

export function parameterStore(region: string): ParameterStore {
  const stored = new Map<string, StoredParameter>()
  const find: Find = (id) => stored.get(id) ?? [...stored.values()].find(({ arn }) => arn === id)
  return {
    set: (name, seed) => {
      const known = stored.get(name)
      if (known !== undefined && typeof seed === 'string') known.values.push(seed)
      else stored.set(name, seeded(region, name, seed))
    },
    remove: (name) => stored.delete(name),
    find: (name) => stored.get(name),
    operations: {
      ...parameterWrites({
        find: (name) => stored.get(name),
        put: ({ name, type, values, tags, made }) => {
          const { arn, labels } = stored.get(name) ?? seeded(region, name, '')
          stored.set(name, { name, arn, labels, type, values, tags, made })
        },
        remove: (name) => stored.delete(name),
      }),
      'ssm:GetParameter': (caller, { Name, WithDecryption }) => ({
        Parameter: read(find, caller, {
          id: textOf(Name),
          action: 'ssm:GetParameter',
          isOpen: WithDecryption === true,
        }),
      }),
      'ssm:GetParameters': (caller, input) => getParameters(find, caller, input),
      'ssm:GetParametersByPath': (caller, input) => byPath([...stored.values()], caller, input),
      'ssm:DescribeParameters': (caller, input) => describe([...stored.values()], caller, input),
      'ssm:ListTagsForResource': (caller, { ResourceType, ResourceId }) => {
        allow(caller, 'ssm:ListTagsForResource', textOf(ResourceId))
        const parameter = ResourceType === 'Parameter' ? stored.get(textOf(ResourceId)) : undefined
        if (parameter === undefined) throw new AwsFailure('InvalidResourceId', '')
        return { TagList: [...parameter.tags].map(([Key, Value]) => ({ Key, Value })) }
      },
    },
  }
}

type Find = (id: string) => StoredParameter | undefined

function seeded(region: string, name: string, seed: ParameterSeed): StoredParameter {
  const {
    values,
    type = 'SecureString',
    tags = {},
    labels = {},
  } = typeof seed === 'string' ? { values: [seed] } : seed
  return {
    name,
    arn: `arn:aws:ssm:${region}:123456789012:parameter${name.startsWith('/') ? '' : '/'}${name}`,
    type,
    values: [...values],
    tags: new Map(Object.entries(tags)),
    labels: new Map(Object.entries(labels)),
  }
}

interface Reading {
  readonly id: string
  readonly action: string
  /** Whether the caller wants the value decrypted. */
  readonly isOpen: boolean
}

/** A name or ARN; a version or label behind the last colon. */
function read(find: Find, caller: Caller, { id, action, isOpen }: Reading): unknown {
  const [, plain = '', selector] = id.match(/^((?:arn:(?:[^:]*:){4})?[^:]*)(:.*)?$/) ?? []
  const parameter = find(plain)
  allow(caller, action, parameter?.name ?? plain)
  if (parameter === undefined) throw new AwsFailure('ParameterNotFound', '')
  const version = versionOf(parameter, selector?.slice(1))
  const value = version === undefined ? undefined : parameter.values[version - 1]
  if (version === undefined || version < 1 || version > parameter.values.length) {
    throw new AwsFailure('ParameterVersionNotFound', `Systems Manager could not find ${id}`)
  }
  return { ...shown(parameter, { version, value, isOpen }), Selector: selector }
}

function versionOf(
  { values, labels }: StoredParameter,
  selector: string | undefined,
): number | undefined {
  if (selector === undefined) return values.length
  return /^\d+$/.test(selector) ? Number(selector) : labels.get(selector)
}

function shown(
  { name, arn, type }: StoredParameter,
  { version, value, isOpen }: { version: number; value: string | undefined; isOpen: boolean },
): Record<string, unknown> {
  const isSealed = type === 'SecureString' && !isOpen
  return {
    Name: name,
    ARN: arn,
    Type: type,
    Value: isSealed ? `sealed-${name}` : value,
    Version: version,
    DataType: 'text',
    LastModifiedDate: 1_700_000_000,
  }
}

/** One name that may not be read refuses the call; what is not there is listed as invalid, versions too. */
function getParameters(find: Find, caller: Caller, { Names, WithDecryption }: Input): unknown {
  const ids = listOf(Names)
  if (ids.length === 0 || ids.length > 10) {
    throw new AwsFailure('ValidationException', 'names must have length between 1 and 10')
  }
  if (new Set(ids).size < ids.length) {
    throw new AwsFailure('ValidationException', 'There are two parameters with the same name')
  }
  const Parameters: unknown[] = []
  const InvalidParameters: string[] = []
  for (const id of ids.toSorted()) {
    try {
      const isOpen = WithDecryption === true
      Parameters.push(read(find, caller, { id, action: 'ssm:GetParameters', isOpen }))
    } catch (error) {
      if (!(error instanceof AwsFailure) || error.code === 'AccessDeniedException') throw error
      InvalidParameters.push(id)
    }
  }
  return { Parameters, InvalidParameters }
}

function byPath(all: readonly StoredParameter[], caller: Caller, input: Input): unknown {
  const { Path, Recursive, WithDecryption } = input
  const path = textOf(Path)
  allow(caller, 'ssm:GetParametersByPath', path)
  if (!path.startsWith('/')) {
    throw new AwsFailure('ValidationException', 'The parameter path must start with a slash')
  }
  if (Number(input.MaxResults ?? 10) > 10) {
    throw new AwsFailure('ValidationException', 'maxResults must be at most 10')
  }
  const below = all.filter(({ name }) => isBelow(name, path, Recursive === true))
  const { page, NextToken } = paged(below, input, 10)
  const isOpen = WithDecryption === true
  const Parameters = page.map((parameter) =>
    shown(parameter, {
      version: parameter.values.length,
      value: parameter.values.at(-1) ?? '',
      isOpen,
    }),
  )
  return { Parameters, NextToken }
}

/** A name without a slash lies at the root. */
function isBelow(name: string, path: string, isRecursive: boolean): boolean {
  const full = name.startsWith('/') ? name : `/${name}`
  const start = path.endsWith('/') ? path : `${path}/`
  return full.startsWith(start) && (isRecursive || !full.slice(start.length).includes('/'))
}

interface Filter {
  readonly Key: string
  readonly Option?: string
  readonly Values?: readonly string[]
}

/** Tag filters are exact pairs here, unlike those of Secrets Manager. */
function describe(all: readonly StoredParameter[], caller: Caller, input: Input): unknown {
  allow(caller, 'ssm:DescribeParameters', '*')
  const filters = (input.ParameterFilters ?? []) as readonly Filter[]
  const found = all.filter((parameter) => filters.every((filter) => isMatch(parameter, filter)))
  const { page, NextToken } = paged(found, input, 50)
  return {
    Parameters: page.map(({ name, arn, type }) => ({ Name: name, ARN: arn, Type: type })),
    NextToken,
  }
}

function isMatch({ name, tags }: StoredParameter, { Key, Option, Values = [] }: Filter): boolean {
  if (Key === 'Path') return Values.some((path) => isBelow(name, path, Option === 'Recursive'))
  if (!Key.startsWith('tag:') || Option !== 'Equals') {
    throw new AwsFailure('InvalidFilterKey', Key)
  }
  return Values.includes(tags.get(Key.slice(4)) ?? '\0')
}
