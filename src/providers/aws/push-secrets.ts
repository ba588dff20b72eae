import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-secrets-manager'
import { dig, type JsonObject, member } from '../../model/json.ts'
import type { PushBody, PushWrite, RemoteSecret } from '../../model/push.ts'
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

// Secrets Manager as the target of a push:
//
//   what is there     DescribeSecret for tags, GetSecretValue
//   create            CreateSecret with tags and value in one
//   value             PutSecretValue
//   tags              UntagResource, TagResource
//   delete            DeleteSecret with the recovery window of the store
//
// There is no way to say which version a value replaces: of two writers at the same time the later one wins.

interface Secrets extends Writing {
  readonly client: SecretsManagerClient
  readonly settings: JsonObject
}

/** An id, and how long there is time for it. */
interface At {
  readonly id: string
  readonly signal: AbortSignal
}

/** The revision of a secret that is scheduled for deletion. */
const DELETED = 'deleted'

/** Writes to AWS Secrets Manager. */
export function openSecretsWriter(parts: WriterParts): SecretWriter {
  const { call, principal, prefix, settings } = parts
  const client = new SecretsManagerClient(
    parts.clientOptions('AWS_SECRETSMANAGER_ENDPOINT', 'AWS_ENDPOINT_URL_SECRETS_MANAGER'),
  )
  const secrets: Secrets = { client, call, principal, settings, service: 'secretsmanager' }
  const deletion = deletionOf(settings)
  return {
    dialect: 'aws-secrets-manager',
    observe: ({ remoteKey }, signal) => observe(secrets, { id: idOf(prefix, remoteKey), signal }),
    write: (write, signal) => save(secrets, write, { id: idOf(prefix, write.remoteKey), signal }),
    remove: async ({ remoteKey }, _, signal) => {
      const id = idOf(prefix, remoteKey)
      const command = new DeleteSecretCommand({ SecretId: id, ...deletion })
      await tryCall(secrets, { id, action: 'DeleteSecret', signal }, (abortSignal) =>
        client.send(command, { abortSignal }),
      )
    },
    close: async () => client.destroy(),
  }
}

/** Trust: what AWS would read as something else than a name, an ARN of another account for one, is refused. */
function idOf(prefix: string, remoteKey: string): string {
  if (/^[\w/+=.@!-]{1,512}$/.test(prefix + remoteKey) && !/(^|\/)\.\.(\/|$)/.test(remoteKey)) {
    return prefix + remoteKey
  }
  const message = `${JSON.stringify(prefix + remoteKey)} is not the name of a secret`
  throw new ProviderError('invalid', message, 'a name has letters, digits and /_+=.@!- only')
}

/** ESO refuses both together, as AWS does. */
function deletionOf(settings: JsonObject) {
  const forced = dig(settings, 'secretsManager', 'forceDeleteWithoutRecovery') === true
  const days = dig(settings, 'secretsManager', 'recoveryWindowInDays')
  const field = 'spec.provider.aws.secretsManager'
  if (typeof days !== 'number' || days === 0) {
    return forced ? { ForceDeleteWithoutRecovery: true } : {}
  }
  if (forced) {
    const message = `${field} asks for a recovery window and for none`
    throw new ProviderError('invalid', message)
  }
  if (days < 7 || days > 30) {
    throw new ProviderError('invalid', `${field}.recoveryWindowInDays has to be from 7 to 30`)
  }
  return { RecoveryWindowInDays: days }
}

async function observe(secrets: Secrets, { id, signal }: At): Promise<RemoteSecret | undefined> {
  const { client } = secrets
  const found = await tryCall(secrets, { id, action: 'DescribeSecret', signal }, (abortSignal) =>
    client.send(new DescribeSecretCommand({ SecretId: id }), { abortSignal }),
  )
  if (found === undefined) return undefined
  if (found.Name === undefined) throw malformed(id)
  const marks = marksOf(found.Tags ?? [])
  const remote = { isManaged: isManaged(marks), marks }
  if (found.DeletedDate !== undefined) return { ...remote, body: undefined, revision: DELETED }
  const hasValue = Object.keys(found.VersionIdsToStages ?? {}).length > 0
  const body = hasValue ? await readValue(secrets, { id, signal }) : undefined
  return { ...remote, body, revision: '' }
}

async function readValue(secrets: Secrets, { id, signal }: At): Promise<PushBody | undefined> {
  const { client } = secrets
  const answer = await tryCall(secrets, { id, action: 'GetSecretValue', signal }, (abortSignal) =>
    client.send(new GetSecretValueCommand({ SecretId: id }), { abortSignal }),
  )
  if (answer === undefined) return undefined
  if (answer.Name === undefined) throw malformed(id)
  if (answer.SecretBinary !== undefined) {
    return { shape: 'bytes', bytes: new SecretValue(answer.SecretBinary) }
  }
  return { shape: 'bytes', bytes: SecretValue.fromText(answer.SecretString ?? '') }
}

/** Every member of an answer is optional to the SDK: any JSON of any server would pass. */
function malformed(id: string): ProviderError {
  return new ProviderError(
    'malformed',
    `secretsmanager answered for ${JSON.stringify(id)} without the name of a secret: it is not AWS, or something stands before it`,
    'check AWS_SECRETSMANAGER_ENDPOINT',
  )
}

async function save(secrets: Secrets, write: PushWrite, at: At): Promise<void> {
  const { observed } = write
  if (observed === undefined) return create(secrets, write, at)
  if (observed.revision === DELETED) {
    const message = `secretsmanager secret ${JSON.stringify(at.id)} is scheduled for deletion`
    throw new ProviderError(
      'invalid',
      message,
      `aws secretsmanager restore-secret --secret-id ${at.id}`,
    )
  }
  await retag(secrets, write, at)
  const isSame =
    observed.body?.shape === 'bytes' &&
    write.body.shape === 'bytes' &&
    observed.body.bytes.equals(write.body.bytes)
  if (isSame) return
  const command = new PutSecretValueCommand({ SecretId: at.id, ...formatOf(write) })
  await order(secrets, 'PutSecretValue', at, (abortSignal) =>
    secrets.client.send(command, { abortSignal }),
  )
}

async function create(secrets: Secrets, write: PushWrite, at: At): Promise<void> {
  const kms = kmsKeyOf(write.spec)
  const command = new CreateSecretCommand({
    Name: at.id,
    Description: descriptionOf(write.spec),
    Tags: tagsOf(write.marks),
    ...(kms === undefined ? {} : { KmsKeyId: kms }),
    ...formatOf(write),
  })
  await order(secrets, 'CreateSecret', at, (abortSignal) =>
    secrets.client.send(command, { abortSignal }),
  )
}

/** Upstream pushes bytes unless the metadata ask for a string. */
function formatOf({ body, spec }: PushWrite) {
  const bytes = body.shape === 'bytes' ? body.bytes.reveal() : new Uint8Array()
  return member(spec, 'secretPushFormat') === 'string'
    ? { SecretString: new TextDecoder().decode(bytes) }
    : { SecretBinary: bytes }
}

async function retag(secrets: Secrets, { observed, marks }: PushWrite, at: At): Promise<void> {
  if (observed === undefined) return
  const { client } = secrets
  const { removed, changed } = tagChanges(observed.marks, marks)
  if (removed.length > 0) {
    const command = new UntagResourceCommand({ SecretId: at.id, TagKeys: removed })
    await order(secrets, 'UntagResource', at, (abortSignal) =>
      client.send(command, { abortSignal }),
    )
  }
  if (changed.length > 0) {
    const command = new TagResourceCommand({ SecretId: at.id, Tags: changed })
    await order(secrets, 'TagResource', at, (abortSignal) => client.send(command, { abortSignal }))
  }
}

/** A change of something that is gone is a conflict. */
async function order(
  secrets: Secrets,
  action: string,
  { id, signal }: At,
  send: (signal: AbortSignal) => Promise<object>,
): Promise<void> {
  const answer = await tryCall(secrets, { id, action, signal }, send)
  if (answer !== undefined) return
  throw new ProviderError('conflict', `secretsmanager secret ${JSON.stringify(id)} is gone`)
}
