import { AwsFailure, allow, type Caller, listOf, type Operation, paged, textOf } from './aws-api.ts'
import type { AwsSecret, AwsStore } from './aws-secrets.ts'
import { secretsWrites } from './aws-writes.ts'

// The operations of AWS Secrets Manager.

interface Filter {
  readonly Key: string
  readonly Values: readonly string[]
}

/** By `service:Operation`. */
export function secretsOperations(
  store: AwsStore,
  batch: 'allowed' | 'denied' | 'unknown',
): Readonly<Record<string, Operation>> {
  return {
    'secretsmanager:GetSecretValue': (caller, input) => getSecretValue(store, caller, input),
    ...(batch === 'unknown'
      ? {}
      : {
          'secretsmanager:BatchGetSecretValue': (caller: Caller, input) =>
            batchGetSecretValue(
              store,
              batch === 'denied' ? { ...caller, isAllowed: () => false } : caller,
              input,
            ),
        }),
    'secretsmanager:DescribeSecret': (caller, { SecretId }) =>
      description(locate(store, caller, 'DescribeSecret', textOf(SecretId))),
    'secretsmanager:ListSecrets': (caller, input) => {
      allow(caller, 'secretsmanager:ListSecrets', '*')
      const { page, NextToken } = paged(filtered(store, input.Filters), input, 100)
      return { SecretList: page.map(description), NextToken }
    },
    ...secretsWrites(store),
  }
}

function locate(store: AwsStore, caller: Caller, action: string, id: string): AwsSecret {
  const secret = store.find(id)
  allow(caller, `secretsmanager:${action}`, secret?.name ?? id)
  if (secret !== undefined) return secret
  throw new AwsFailure(
    'ResourceNotFoundException',
    "Secrets Manager can't find the specified secret.",
  )
}

function getSecretValue(
  store: AwsStore,
  caller: Caller,
  { SecretId, VersionId, VersionStage }: Readonly<Record<string, unknown>>,
): unknown {
  const secret = locate(store, caller, 'GetSecretValue', textOf(SecretId))
  if (secret.deletion !== undefined) {
    throw new AwsFailure(
      secret.deletion,
      "You can't perform this operation on the secret because it was marked for deletion.",
    )
  }
  const stage = VersionStage ?? (VersionId === undefined ? 'AWSCURRENT' : undefined)
  const version = secret.versions.find(
    (entry) =>
      (VersionId === undefined || entry.id === VersionId) &&
      (stage === undefined || entry.stages.includes(String(stage))),
  )
  if (version === undefined) {
    const what = stage === undefined ? `VersionId: ${VersionId}` : `staging label: ${stage}`
    throw new AwsFailure(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${what}`,
    )
  }
  return {
    ARN: secret.arn,
    CreatedDate: version.createdMs / 1000,
    Name: secret.name,
    SecretString: version.text,
    SecretBinary:
      version.binary === undefined ? undefined : Buffer.from(version.binary).toString('base64'),
    VersionId: version.id,
    VersionStages: version.stages,
  }
}

/** Answers come in an order of their own, as AWS says they may. */
function batchGetSecretValue(
  store: AwsStore,
  caller: Caller,
  input: Readonly<Record<string, unknown>>,
): unknown {
  allow(caller, 'secretsmanager:BatchGetSecretValue', '*')
  const { SecretIdList, Filters } = input
  const list = SecretIdList === undefined ? searched(store, caller, Filters) : listed(input)
  const { page, NextToken } = paged(list, SecretIdList === undefined ? input : {}, 20)
  const SecretValues: unknown[] = []
  const Errors: unknown[] = []
  for (const SecretId of page.toReversed()) {
    try {
      SecretValues.push(getSecretValue(store, caller, { SecretId }))
    } catch (error) {
      if (!(error instanceof AwsFailure)) throw error
      Errors.push({ SecretId, ErrorCode: error.code, Message: error.message })
    }
  }
  return { SecretValues, Errors, NextToken }
}

function searched(store: AwsStore, caller: Caller, filters: unknown): readonly string[] {
  allow(caller, 'secretsmanager:ListSecrets', '*')
  return filtered(store, filters).map(({ name }) => name)
}

function listed({ SecretIdList, Filters }: Readonly<Record<string, unknown>>): readonly string[] {
  if (Filters !== undefined) {
    throw new AwsFailure('InvalidParameterException', 'Either SecretIdList or Filters')
  }
  const ids = listOf(SecretIdList)
  if (ids.length > 0 && ids.length <= 20) return ids
  throw new AwsFailure('ValidationException', 'SecretIdList must have length between 1 and 20')
}

function description(secret: AwsSecret): unknown {
  const stages = Object.fromEntries(secret.versions.map(({ id, stages }) => [id, stages]))
  return {
    ARN: secret.arn,
    Name: secret.name,
    Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
    VersionIdsToStages: stages,
    DeletedDate: secret.deletion === undefined ? undefined : 1_700_000_000,
  }
}

/** AWS compares filter values as prefixes, and tag keys and tag values independently of each other. */
function filtered(store: AwsStore, filters: unknown): readonly AwsSecret[] {
  const wanted = (filters ?? []) as readonly Filter[]
  const candidates = store.all().filter(({ deletion }) => deletion === undefined)
  return candidates.filter((secret) =>
    wanted.every(({ Key, Values }) =>
      Values.some((value) => textsOf(secret, Key).some((text) => text.startsWith(value))),
    ),
  )
}

function textsOf({ name, tags }: AwsSecret, key: string): readonly string[] {
  switch (key) {
    case 'name':
      return [name]
    case 'tag-key':
      return [...tags.keys()]
    case 'tag-value':
      return [...tags.values()]
    default:
      return [name, ...tags.keys(), ...tags.values()]
  }
}
