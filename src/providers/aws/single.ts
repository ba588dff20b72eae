import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
} from '@aws-sdk/client-secrets-manager'
import type { Answer, Payload, Read } from '../../model/provider.ts'
import { failureOf, ProviderError } from '../provider.ts'
import { found, metadataOf, type OpenSecrets, payloadOf, refused } from './answer.ts'
import { AwsCallFailure } from './caller.ts'

/** A read of one secret, its value or its metadata. */
export type Get = Read & { readonly op: 'get' }

/** A read, and the id that it means: prefix and key. */
export interface Task {
  readonly id: string
  readonly read: Get
}

/** Rejects only when the signal is aborted. */
export async function answerSingle(
  secrets: OpenSecrets,
  task: Task,
  signal: AbortSignal,
): Promise<Answer> {
  const { id, read } = task
  try {
    return found(
      read.metadata ? await describe(secrets, id, signal) : await getValue(secrets, task, signal),
    )
  } catch (error) {
    if (error instanceof ProviderError) return { outcome: 'failed', failure: failureOf(error) }
    if (!(error instanceof AwsCallFailure)) throw error
    if (error.fault.cause === 'absent') return { outcome: 'absent' }
    const action = read.metadata ? 'DescribeSecret' : 'GetSecretValue'
    return refused(secrets, { id, action }, error.fault)
  }
}

/** DescribeSecret: needs a permission of its own, which GetSecretValue does not imply. */
async function describe(
  { client, call }: OpenSecrets,
  id: string,
  signal: AbortSignal,
): Promise<Payload> {
  const command = new DescribeSecretCommand({ SecretId: id })
  const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
  const answer = await call('secretsmanager:DescribeSecret', send, signal)
  return metadataOf(named(answer, id).Tags ?? [])
}

/** GetSecretValue of one version. */
async function getValue(
  { client, call }: OpenSecrets,
  { id, read }: Task,
  signal: AbortSignal,
): Promise<Payload> {
  const command = new GetSecretValueCommand(inputOf(id, read.version))
  const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
  return payloadOf(named(await call('secretsmanager:GetSecretValue', send, signal), id))
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
function inputOf(id: string, version: string | undefined): GetSecretValueCommandInput {
  if (version?.startsWith('uuid/')) return { SecretId: id, VersionId: version.slice(5) }
  return { SecretId: id, VersionStage: version || 'AWSCURRENT' }
}
