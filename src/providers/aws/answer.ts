import type { SecretsManagerClient, SecretValueEntry } from '@aws-sdk/client-secrets-manager'
import type { Answer, Payload } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { failureOf } from '../provider.ts'
import type { AwsCaller } from './caller.ts'
import { type AwsFault, failed } from './failure.ts'

/** An open store, as the reads need it. */
export interface OpenSecrets {
  readonly client: SecretsManagerClient
  readonly call: AwsCaller
  readonly prefix: string
  /** Who is asking, in words. */
  readonly principal: () => string
  /** Cleared once the endpoint or IAM does not offer the batch call: then every secret is a call. */
  readonly batch: { isUsable: boolean }
}

/** The answer of a read that has a value. */
export const found = (payload: Payload): Answer => ({ outcome: 'found', payload })

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

/**
 * R120: DescribeSecret's tags are all the metadata that there is; the value is not read for them.
 */
export function metadataOf(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[],
): Payload {
  return {
    dialect: 'aws-secrets-manager',
    text: undefined,
    binary: undefined,
    data: undefined,
    metadata: {
      tags: new Map(tags.map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
      labels: undefined,
      annotations: undefined,
      json: undefined,
    },
  }
}

/** The failure of one read. The name of a secret is no secret. */
export function refused(
  { principal }: OpenSecrets,
  { id, action }: { readonly id: string; readonly action: string },
  fault: AwsFault,
): Answer {
  const what = `secretsmanager ${action} of ${JSON.stringify(id)}`
  const isRefusal = fault.cause === 'forbidden'
  const error = failed(
    isRefusal ? `${what} is not allowed to ${principal()}` : what,
    fault,
    isRefusal ? grantHint(action, fault) : undefined,
  )
  return { outcome: 'failed', failure: failureOf(error) }
}

/** Who can read the secret but not its key gets another error than who can do neither. */
function grantHint(action: string, { words }: AwsFault): string {
  if (words === 'DecryptionFailure') {
    return 'AWS KMS refused to decrypt it: allow kms:Decrypt on its key'
  }
  if (action === 'ListSecrets') {
    return 'find needs secretsmanager:ListSecrets on *; waybill policy --for aws prints the policy'
  }
  return `allow secretsmanager:${action} on it, and kms:Decrypt if it has a key of its own; waybill policy --for aws prints the policy`
}
