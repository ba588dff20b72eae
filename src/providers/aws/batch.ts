import {
  BatchGetSecretValueCommand,
  type BatchGetSecretValueResponse,
  type SecretValueEntry,
} from '@aws-sdk/client-secrets-manager'
import type { Answer } from '../../model/provider.ts'
import { ProviderError } from '../provider.ts'
import { found, refusal, refused } from './answer.ts'
import { AwsCallFailure } from './caller.ts'
import { type AwsFault, readFault } from './failure.ts'
import { type OpenSecrets, payloadOf } from './single.ts'

/**
 * What BatchGetSecretValue answered for good, by the id that was asked for. An id that is missing here is to be asked
 * for alone: nothing that the batch leaves out may count as gone. Nothing at all when the batch is the bottleneck.
 */
export async function answerBatch(
  secrets: OpenSecrets,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  if (!(await secrets.pace.turn(signal))) return new Map()
  const answers = new Map<string, Answer>()
  let token: string | undefined
  try {
    do {
      const page = await send(secrets, { ids, token }, signal)
      for (const [id, answer] of answersOf(secrets, page, ids)) answers.set(id, answer)
      token = page.NextToken
    } while (token !== undefined && token !== '' && answers.size < ids.length)
    return answers
  } catch (error) {
    if (error instanceof ProviderError) return new Map(ids.map((id) => [id, refusal(error)]))
    if (!(error instanceof AwsCallFailure)) throw error
    return afterFailure(secrets, ids, error.fault)
  }
}

/** Current versions only: the API takes no version here. */
function send(
  { client, call, pace }: OpenSecrets,
  { ids, token }: { readonly ids: readonly string[]; readonly token: string | undefined },
  signal: AbortSignal,
): Promise<BatchGetSecretValueResponse> {
  const command = new BatchGetSecretValueCommand({ SecretIdList: [...ids], NextToken: token })
  const sendOnce = async (abortSignal: AbortSignal): Promise<BatchGetSecretValueResponse> => {
    try {
      return await client.send(command, { abortSignal })
    } catch (error) {
      if (readFault(error).cause === 'throttled') pace.throttled()
      throw error
    }
  }
  return call('secretsmanager:BatchGetSecretValue', sendOnce, signal)
}

/** Values and errors come in an order of their own. */
function* answersOf(
  secrets: OpenSecrets,
  { SecretValues = [], Errors = [] }: BatchGetSecretValueResponse,
  ids: readonly string[],
): Generator<readonly [id: string, answer: Answer]> {
  for (const entry of SecretValues) {
    for (const id of ids) if (isNamed(entry, id)) yield [id, found(payloadOf(entry))]
  }
  for (const { SecretId = '', ErrorCode, Message } of Errors) {
    const answer = perSecret(secrets, SecretId, readFault({ name: ErrorCode, message: Message }))
    if (answer !== undefined && ids.includes(SecretId)) yield [SecretId, answer]
  }
}

/** An id is a name, an ARN, or an ARN without the six characters that AWS added to the name. */
function isNamed({ Name, ARN }: SecretValueEntry, id: string): boolean {
  return Name === id || ARN === id || (id.startsWith('arn:') && ARN?.slice(0, -7) === id)
}

/** Undefined when a call of its own may still succeed. */
function perSecret(secrets: OpenSecrets, id: string, fault: AwsFault): Answer | undefined {
  if (fault.cause === 'absent') return { outcome: 'absent' }
  const isFinal = fault.cause === 'forbidden' || fault.cause === 'invalid'
  return isFinal ? refused(secrets, { id, action: 'GetSecretValue' }, fault) : undefined
}

/** The whole call failed: once for all of its ids, or each of them still has a chance alone. */
function afterFailure(
  secrets: OpenSecrets,
  ids: readonly string[],
  fault: AwsFault,
): ReadonlyMap<string, Answer> {
  switch (fault.cause) {
    case 'forbidden':
    case 'not-offered':
      // IAM allows it or does not, an endpoint knows it or does not: true for as long as the store is open.
      secrets.batch.isUsable = false
      return new Map()
    case 'invalid':
    case 'absent':
      // One bad id spoils the batch that it travels in: alone, each gets what it deserves.
      return new Map()
    default:
      return new Map(
        ids.map((id) => [id, refused(secrets, { id, action: 'BatchGetSecretValue' }, fault)]),
      )
  }
}
