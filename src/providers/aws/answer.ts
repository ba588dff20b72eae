import type { SecretsManagerClient, SecretValueEntry } from '@aws-sdk/client-secrets-manager'
import type { Answer, Payload } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { failureOf } from '../provider.ts'
import type { AwsCaller } from './caller.ts'
import { type AwsFault, failed } from './failure.ts'

export interface SecretsManager {
  readonly client: SecretsManagerClient
  readonly call: AwsCaller
  readonly prefix: string
  /** Who is asking, in words. */
  readonly principal: () => string
  /** Cleared once the endpoint or IAM does not offer the batch call: then every secret is a call. */
  readonly batch: { isUsable: boolean }
}

export const found = (payload: Payload): Answer => ({ outcome: 'found', payload })

export function payloadOf({ SecretString, SecretBinary }: SecretValueEntry): Payload {
  return {
    dialect: 'aws-secrets-manager',
    text: SecretString === undefined ? undefined : SecretValue.fromText(SecretString),
    binary: SecretBinary === undefined ? undefined : new SecretValue(SecretBinary),
    data: undefined,
    metadata: undefined,
  }
}

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

export function refused(
  { principal }: SecretsManager,
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

function grantHint(action: string, { words }: AwsFault): string {
  if (words === 'DecryptionFailure') {
    return 'AWS KMS refused to decrypt it: allow kms:Decrypt on its key'
  }
  return `allow secretsmanager:${action} on it, and kms:Decrypt if it has a key of its own; waybill policy --for aws prints the policy`
}
