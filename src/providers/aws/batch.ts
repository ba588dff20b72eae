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
import { answerValue, type OpenSecrets, payloadOf } from './single.ts'

/**
 * What BatchGetSecretValue answered for good, by the id that was asked for. An id that is missing here is to be asked
 * for alone: nothing that the batch leaves out may count as gone.
 */
export async function answerBatch(
  secrets: OpenSecrets,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  const { pace } = secrets
  for (let attempt = 1; attempt <= pace.attempts; attempt++) {
    if (!(await pace.turn(signal))) break
    const pages = await readPages(secrets, ids, signal)
    if (pages !== 'throttled') return pages
  }
  return spill(secrets, ids, signal)
}

/** All pages of one batch. */
async function readPages(
  secrets: OpenSecrets,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer> | 'throttled'> {
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
    const { fault } = error
    if (fault.cause !== 'throttled') return afterFailure(secrets, ids, fault)
    secrets.pace.throttled(fault.retryAfterMs)
    return 'throttled'
  }
}

/** Current versions only: the API takes no version here. */
function send(
  { client, callUnlessThrottled }: OpenSecrets,
  { ids, token }: { readonly ids: readonly string[]; readonly token: string | undefined },
  signal: AbortSignal,
): Promise<BatchGetSecretValueResponse> {
  const command = new BatchGetSecretValueCommand({ SecretIdList: [...ids], NextToken: token })
  const sendOnce = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
  return callUnlessThrottled('secretsmanager:BatchGetSecretValue', sendOnce, signal)
}

/**
 * The batch is the bottleneck: the ids are read one by one, which has a quota of its own. The first of them finds out
 * whether that helps; when it is throttled as well, so is the account, and the others would only add to it.
 */
async function spill(
  secrets: OpenSecrets,
  [first = '', ...others]: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  const answer = await answerValue(secrets, { id: first, version: undefined }, signal)
  const answers = new Map([[first, answer]])
  if (answer.outcome !== 'failed' || answer.failure.code !== 'throttled') return answers
  for (const id of others) {
    answers.set(id, refused(secrets, { id, action: 'GetSecretValue' }, THROTTLED))
  }
  return answers
}

const THROTTLED: AwsFault = readFault({ name: 'ThrottlingException' })

/** Values and errors come in an order of their own. */
function* answersOf(
  secrets: OpenSecrets,
  { SecretValues = [], Errors = [] }: BatchGetSecretValueResponse,
  ids: readonly string[],
): Generator<readonly [id: string, answer: Answer]> {
  const asked = new Set(ids)
  for (const entry of SecretValues) {
    for (const id of namesOf(entry)) if (asked.has(id)) yield [id, found(payloadOf(entry))]
  }
  for (const { SecretId = '', ErrorCode, Message } of Errors) {
    const answer = perSecret(secrets, SecretId, readFault({ name: ErrorCode, message: Message }))
    if (answer !== undefined && asked.has(SecretId)) yield [SecretId, answer]
  }
}

/** An id is a name, an ARN, or an ARN without the six characters that AWS added to the name. */
function namesOf({ Name = '', ARN = '' }: SecretValueEntry): readonly string[] {
  return ARN.startsWith('arn:') ? [Name, ARN, ARN.slice(0, -7)] : [Name, ARN]
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
