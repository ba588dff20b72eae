import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParameterCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  RemoveTagsFromResourceCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { canonicalJson, dig, type JsonObject, member } from '../../model/json.ts'
import type { PushWrite, RemoteSecret } from '../../model/push.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { ProviderError } from '../provider.ts'
import type { SecretWriter } from '../writer.ts'
import {
  descriptionOf,
  isManaged,
  kmsKeyOf,
  marksOf,
  tagChanges,
  tagsOf,
  tryCall,
  type WriterParts,
  type Writing,
} from './push-call.ts'

// Parameter Store as the target of a push: GetParameter and ListTagsForResource for what is there, PutParameter with tags to
// create, PutParameter and the calls for tags to update, DeleteParameter. A new parameter is created without `Overwrite`, so
// that one that has come meanwhile is a conflict.

interface Parameters extends Writing {
  readonly client: SSMClient
}

/** A name, and how long there is time for it. */
interface At {
  readonly id: string
  readonly signal: AbortSignal
}

const PARAMETER = 'Parameter'

/** Writes to AWS Systems Manager's Parameter Store. */
export function openParametersWriter(parts: WriterParts): SecretWriter {
  const { call, principal, prefix } = parts
  const client = new SSMClient(parts.clientOptions('AWS_SSM_ENDPOINT', 'AWS_ENDPOINT_URL_SSM'))
  const parameters: Parameters = { client, call, principal, service: 'ssm' }
  return {
    dialect: 'aws-parameter-store',
    observe: ({ remoteKey }, signal) =>
      observe(parameters, { id: nameOf(prefix, remoteKey), signal }),
    write: (write, signal) =>
      save(parameters, write, { id: nameOf(prefix, write.remoteKey), signal }),
    remove: async ({ remoteKey }, _, signal) => {
      const id = nameOf(prefix, remoteKey)
      const command = new DeleteParameterCommand({ Name: id })
      await tryCall(parameters, { id, action: 'DeleteParameter', signal }, (abortSignal) =>
        client.send(command, { abortSignal }),
      )
    },
    close: async () => client.destroy(),
  }
}

/** A colon would name a version. */
function nameOf(prefix: string, remoteKey: string): string {
  const name = prefix + remoteKey
  if (/^[\w/.-]{1,1011}$/.test(name) && !/(^|\/)\.\.(\/|$)/.test(name)) return name
  const message = `${JSON.stringify(name)} is not the name of a parameter`
  throw new ProviderError('invalid', message, 'a name has letters, digits and /_.- only')
}

async function observe(parameters: Parameters, at: At): Promise<RemoteSecret | undefined> {
  const { client } = parameters
  const { id, signal } = at
  const get = new GetParameterCommand({ Name: id, WithDecryption: true })
  const found = await tryCall(parameters, { id, action: 'GetParameter', signal }, (abortSignal) =>
    client.send(get, { abortSignal }),
  )
  if (found === undefined) return undefined
  const { Value, Version } = found.Parameter ?? {}
  if (Value === undefined) throw malformed(id)
  const list = new ListTagsForResourceCommand({ ResourceType: PARAMETER, ResourceId: id })
  const tags = await tryCall(
    parameters,
    { id, action: 'ListTagsForResource', signal },
    (abortSignal) => client.send(list, { abortSignal }),
  )
  const marks = marksOf(tags?.TagList ?? [])
  return {
    isManaged: isManaged(marks),
    body: { shape: 'bytes', bytes: SecretValue.fromText(Value) },
    marks,
    revision: String(Version ?? ''),
  }
}

function malformed(id: string): ProviderError {
  return new ProviderError(
    'malformed',
    `ssm answered for ${JSON.stringify(id)} without a value: it is not AWS, or something stands before it`,
    'check AWS_SSM_ENDPOINT',
  )
}

async function save(parameters: Parameters, write: PushWrite, at: At): Promise<void> {
  const { observed, marks } = write
  const value = textOf(write, at.id)
  const input = { Name: at.id, Value: value, ...settingsOf(write.spec) }
  if (observed === undefined) {
    const created = { Type: 'String', ...input, Overwrite: false, Tags: tagsOf(marks) } as const
    return put(parameters, created, at)
  }
  const before = observed.body?.shape === 'bytes' ? observed.body.bytes : undefined
  if (before?.equals(SecretValue.fromText(value)) !== true) {
    await put(parameters, { ...input, Overwrite: true }, at)
  }
  await retag(parameters, write, at)
}

/** Parameters are text; other bytes would come back changed. */
function textOf({ body }: PushWrite, id: string): string {
  const bytes = body.shape === 'bytes' ? body.bytes.reveal() : new Uint8Array()
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ProviderError(
      'invalid',
      `parameter ${id} can hold text only, and the value is binary`,
    )
  }
}

/** What the metadata say about the parameter; without `secretType` an existing one keeps its type. */
function settingsOf(spec: JsonObject): Partial<PutParameterCommandInput> {
  const type = member(spec, 'secretType')
  const kms = kmsKeyOf(spec)
  const policies = dig(spec, 'tier', 'policies')
  const isAdvanced = dig(spec, 'tier', 'type') === 'Advanced'
  return {
    Description: descriptionOf(spec),
    ...(type === 'String' || type === 'StringList' || type === 'SecureString'
      ? { Type: type }
      : {}),
    ...(type === 'SecureString' && kms !== undefined ? { KeyId: kms } : {}),
    ...(isAdvanced ? { Tier: 'Advanced' as const } : {}),
    ...(isAdvanced && policies !== undefined ? { Policies: canonicalJson(policies) } : {}),
  }
}

async function put(parameters: Parameters, input: PutParameterCommandInput, at: At): Promise<void> {
  const command = new PutParameterCommand(input)
  await tryCall(parameters, { ...at, action: 'PutParameter' }, (abortSignal) =>
    parameters.client.send(command, { abortSignal }),
  )
}

async function retag(
  parameters: Parameters,
  { observed, marks }: PushWrite,
  at: At,
): Promise<void> {
  if (observed === undefined) return
  const { client } = parameters
  const { removed, changed } = tagChanges(observed.marks, marks)
  const resource = { ResourceType: PARAMETER, ResourceId: at.id } as const
  if (removed.length > 0) {
    const command = new RemoveTagsFromResourceCommand({ ...resource, TagKeys: removed })
    await tryCall(parameters, { ...at, action: 'RemoveTagsFromResource' }, (abortSignal) =>
      client.send(command, { abortSignal }),
    )
  }
  if (changed.length > 0) {
    const command = new AddTagsToResourceCommand({ ...resource, Tags: changed })
    await tryCall(parameters, { ...at, action: 'AddTagsToResource' }, (abortSignal) =>
      client.send(command, { abortSignal }),
    )
  }
}
