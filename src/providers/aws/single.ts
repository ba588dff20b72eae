import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  type SecretsManagerClient,
  type SecretValueEntry,
} from '@aws-sdk/client-secrets-manager'
import type { Answer, Payload } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { ProviderError } from '../provider.ts'
import { answered, found, metadataOf, type OpenService } from './answer.ts'
import type { AwsCaller } from './caller.ts'
import type { BatchPace } from './pace.ts'

/** An open store of Secrets Manager. */
export interface OpenSecrets extends OpenService<SecretsManagerClient> {
  readonly pace: BatchPace
  /** For the batch, whose quota is another one. */
  readonly callUnlessThrottled: AwsCaller
}

/** What of a read decides its call. */
export interface Task {
  /** Prefix and key. */
  readonly id: string
  readonly version: string | undefined
}

/** GetSecretValue of one version. Rejects only when the signal is aborted. */
export function answerValue(
  secrets: OpenSecrets,
  task: Task,
  signal: AbortSignal,
): Promise<Answer> {
  const { client, call } = secrets
  const { id } = task
  return answered(secrets, { id, action: 'GetSecretValue' }, async () => {
    const command = new GetSecretValueCommand(inputOf(task))
    const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
    return found(payloadOf(named(await call('secretsmanager:GetSecretValue', send, signal), id)))
  })
}

/** DescribeSecret: needs a permission of its own, which GetSecretValue does not imply. */
export function answerMetadata(
  secrets: OpenSecrets,
  id: string,
  signal: AbortSignal,
): Promise<Answer> {
  const { client, call } = secrets
  return answered(secrets, { id, action: 'DescribeSecret' }, async () => {
    const command = new DescribeSecretCommand({ SecretId: id })
    const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
    const answer = await call('secretsmanager:DescribeSecret', send, signal)
    return found(metadataOf('aws-secrets-manager', named(answer, id).Tags ?? []))
  })
}

/** `undefined` twice is an answer, too: a secret that has no value yet. */
export function payloadOf({ SecretString, SecretBinary }: SecretValueEntry): Payload {
  return {
    dialect: 'aws-secrets-manager',
    text: SecretString === undefined ? undefined : SecretValue.fromText(SecretString),
    binary: SecretBinary === undefined ? undefined : new SecretValue(SecretBinary),
    data: undefined,
    metadata: undefined,
  }
}

/** Every member of an answer is optional to the SDK: any JSON of any server would pass for an empty secret. */
function named<Named extends { readonly Name?: string | undefined }>(
  answer: Named,
  id: string,
): Named {
  if (answer.Name !== undefined) return answer
  throw new ProviderError(
    'malformed',
    `secretsmanager answered for ${JSON.stringify(id)} without the name of a secret: it is not AWS, or something stands before it`,
    'check AWS_SECRETSMANAGER_ENDPOINT',
  )
}

/** `uuid/…` is a version id, anything else a staging label (R117). */
function inputOf({ id, version }: Task): GetSecretValueCommandInput {
  if (version?.startsWith('uuid/')) return { SecretId: id, VersionId: version.slice(5) }
  return { SecretId: id, VersionStage: version || 'AWSCURRENT' }
}
