import { AwsFailure, allow, type Caller, listOf, type Operation, textOf } from './aws-api.ts'
import type { AwsSecret, AwsStore, SecretSeed } from './aws-secrets.ts'

// The operations of Secrets Manager and Parameter Store that change something.

type Input = Readonly<Record<string, unknown>>

interface Tag {
  readonly Key: string
  readonly Value: string
}

/** By `service:Operation`. */
export function secretsWrites(store: AwsStore): Readonly<Record<string, Operation>> {
  const edit = (caller: Caller, action: string, input: Input): AwsSecret => {
    const id = textOf(input.SecretId)
    const secret = store.find(id)
    allow(caller, `secretsmanager:${action}`, secret?.name ?? id)
    if (secret === undefined) throw new AwsFailure('ResourceNotFoundException', 'no such secret')
    if (secret.deletion !== undefined && action !== 'DeleteSecret') {
      throw new AwsFailure('InvalidRequestException', 'it was marked for deletion')
    }
    return secret
  }
  return {
    'secretsmanager:CreateSecret': (caller, input) => {
      const name = textOf(input.Name)
      allow(caller, 'secretsmanager:CreateSecret', name)
      if (store.find(name) !== undefined) {
        throw new AwsFailure('ResourceExistsException', `the secret ${name} already exists`)
      }
      const tags = Object.fromEntries(tagsOf(input).map(({ Key, Value }) => [Key, Value]))
      store.set(name, { ...seedOf(input), tags })
      const secret = store.find(name)
      if (secret !== undefined) secret.made = input
      return { ARN: secret?.arn, Name: name }
    },
    'secretsmanager:PutSecretValue': (caller, input) => {
      const secret = edit(caller, 'PutSecretValue', input)
      store.set(secret.name, seedOf(input))
      return { ARN: secret.arn, Name: secret.name }
    },
    'secretsmanager:TagResource': (caller, input) => {
      const secret = edit(caller, 'TagResource', input)
      const added = tagsOf(input).map(({ Key, Value }) => [Key, Value] as const)
      secret.tags = new Map([...secret.tags, ...added])
      return {}
    },
    'secretsmanager:UntagResource': (caller, input) => {
      const secret = edit(caller, 'UntagResource', input)
      const gone = new Set(listOf(input.TagKeys))
      secret.tags = new Map([...secret.tags].filter(([key]) => !gone.has(key)))
      return {}
    },
    'secretsmanager:DeleteSecret': (caller, input) => {
      const secret = edit(caller, 'DeleteSecret', input)
      const { ForceDeleteWithoutRecovery, RecoveryWindowInDays } = input
      if (ForceDeleteWithoutRecovery === true && RecoveryWindowInDays !== undefined) {
        throw new AwsFailure('InvalidParameterException', 'both')
      }
      if (ForceDeleteWithoutRecovery === true) store.edit.remove(secret.name)
      else store.edit.markForDeletion(secret.name)
      secret.removed = input
      return { ARN: secret.arn, Name: secret.name }
    },
  }
}

/** AWS wants a value in one form. */
function seedOf({ SecretString, SecretBinary }: Input): SecretSeed & object {
  if ((SecretString === undefined) === (SecretBinary === undefined)) {
    throw new AwsFailure('InvalidParameterException', 'either SecretString or SecretBinary')
  }
  return SecretString === undefined
    ? { binary: Buffer.from(textOf(SecretBinary), 'base64') }
    : { string: textOf(SecretString) }
}

/** AWS keeps tags that begin with `aws:` for itself. */
function tagsOf({ Tags }: Input): readonly Tag[] {
  const tags = (Tags ?? []) as readonly Tag[]
  if (tags.some(({ Key }) => Key.startsWith('aws:'))) {
    throw new AwsFailure('InvalidParameterException', 'a tag is reserved')
  }
  return tags
}

/** A parameter as the operations below change it. */
export interface WrittenParameter {
  readonly name: string
  readonly type: string
  readonly values: (string | undefined)[]
  readonly tags: ReadonlyMap<string, string>
  /** The last PutParameter. */
  readonly made: Input
}

/** What holds the parameters. */
export interface ParameterShelf {
  readonly find: (name: string) => Omit<WrittenParameter, 'made'> | undefined
  readonly put: (parameter: WrittenParameter) => void
  readonly remove: (name: string) => void
}

/** By `service:Operation`. */
export function parameterWrites(shelf: ParameterShelf): Readonly<Record<string, Operation>> {
  const edit = (caller: Caller, action: string, name: string): Omit<WrittenParameter, 'made'> => {
    allow(caller, `ssm:${action}`, name)
    const parameter = shelf.find(name)
    if (parameter === undefined) throw new AwsFailure('InvalidResourceId', name)
    return parameter
  }
  return {
    'ssm:PutParameter': (caller, input) => {
      allow(caller, 'ssm:PutParameter', textOf(input.Name))
      return putParameter(shelf, input)
    },
    'ssm:DeleteParameter': (caller, { Name }) => {
      allow(caller, 'ssm:DeleteParameter', textOf(Name))
      if (shelf.find(textOf(Name)) === undefined) throw new AwsFailure('ParameterNotFound', '')
      shelf.remove(textOf(Name))
      return {}
    },
    'ssm:AddTagsToResource': (caller, input) => {
      const old = edit(caller, 'AddTagsToResource', textOf(input.ResourceId))
      const added = tagsOf(input).map(({ Key, Value }) => [Key, Value] as const)
      shelf.put({ ...old, tags: new Map([...old.tags, ...added]), made: input })
      return {}
    },
    'ssm:RemoveTagsFromResource': (caller, input) => {
      const old = edit(caller, 'RemoveTagsFromResource', textOf(input.ResourceId))
      const gone = new Set(listOf(input.TagKeys))
      const tags = new Map([...old.tags].filter(([key]) => !gone.has(key)))
      shelf.put({ ...old, tags, made: input })
      return {}
    },
  }
}

function putParameter(shelf: ParameterShelf, input: Input): unknown {
  const name = textOf(input.Name)
  const old = shelf.find(name)
  const { Overwrite, Type } = input
  if (old !== undefined && Overwrite !== true) throw new AwsFailure('ParameterAlreadyExists', '')
  if (Overwrite === true && input.Tags !== undefined) {
    throw new AwsFailure('ValidationException', 'tags and overwrite can not be used together')
  }
  if (old === undefined && Type === undefined) {
    throw new AwsFailure('ValidationException', 'a parameter needs a type')
  }
  if (textOf(input.Value) === '') throw new AwsFailure('ValidationException', 'a value is needed')
  const tags = new Map(tagsOf(input).map(({ Key, Value }) => [Key, Value]))
  const values = [...(old?.values ?? []), textOf(input.Value)]
  const type = textOf(Type) || (old?.type ?? '')
  shelf.put({ name, type, values, tags: old?.tags ?? tags, made: input })
  return { Version: values.length, Tier: 'Standard' }
}
