import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
} from '@aws-sdk/client-secrets-manager'
import type { Answer, Payload, Read } from '../../model/provider.ts'
import { inLanes } from '../lanes.ts'
import { failureOf, ProviderError } from '../provider.ts'
import { found, metadataOf, type OpenSecrets, payloadOf, refused } from './answer.ts'
import { answerBatch } from './batch.ts'
import { AwsCallFailure } from './caller.ts'

// Which calls answer which reads:
//
//   current version, alone          GetSecretValue
//   current versions, more          BatchGetSecretValue in twenties; what it does not answer for good: GetSecretValue
//   a version by stage or id        GetSecretValue, the batch knows current versions only
//   metadataPolicy Fetch            DescribeSecret

type Get = Read & { readonly op: 'get' }

interface Task {
  readonly id: string
  readonly read: Get
}

const BATCH = 20
/** Calls at the same time; the SDK's pool has 50 sockets. */
const LANES = 32
/** A name or an ARN. What AWS would refuse anyway would spoil the batch that it travels in. */
const SECRET_ID = /^[\w/+=.@!:-]{1,2048}$/

/** Answers in the order of the reads. */
export async function answerReads(
  secrets: OpenSecrets,
  reads: readonly Read[],
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  const singles: number[] = []
  const current = new Map<string, number[]>()
  for (const [at, read] of reads.entries()) {
    const refusal = refuse(secrets, read)
    if (refusal !== undefined) answers[at] = refusal
    else if (read.op !== 'get') continue
    else if (read.metadata || isVersioned(read)) singles.push(at)
    else {
      const id = secrets.prefix + read.key
      current.set(id, [...(current.get(id) ?? []), at])
    }
  }
  const groups = chunks([...current], secrets.batch.isUsable ? BATCH : 1)
  const work = [
    ...groups.map((group) => async (): Promise<void> => {
      const found = await answerCurrent(
        secrets,
        group.map(([id]) => id),
        signal,
      )
      for (const [id, places] of group) {
        for (const at of places) answers[at] = found.get(id) ?? { outcome: 'absent' }
      }
    }),
    ...singles.map((at) => async (): Promise<void> => {
      const read = reads[at]
      if (read?.op !== 'get') return
      answers[at] = await answerSingle(secrets, { id: secrets.prefix + read.key, read }, signal)
    }),
  ]
  await inLanes(work, LANES, (step) => step())
  return answers
}

/** `AWSCURRENT` by name is what the batch gives anyway. */
function isVersioned({ version }: Get): boolean {
  return version !== undefined && version !== '' && version !== 'AWSCURRENT'
}

/** What needs no call to be refused. */
function refuse({ prefix }: OpenSecrets, read: Read): Answer | undefined {
  if (read.op !== 'get') {
    const error = new ProviderError('unsupported', `aws cannot answer ${read.op} yet`)
    return { outcome: 'failed', failure: failureOf(error) }
  }
  if (SECRET_ID.test(prefix + read.key)) return undefined
  const error = new ProviderError(
    'invalid',
    `${JSON.stringify(prefix + read.key)} is no name of a secret in AWS Secrets Manager`,
    'a name has letters, digits and /_+=.@!- only',
  )
  return { outcome: 'failed', failure: failureOf(error) }
}

function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const groups: Item[][] = []
  for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size))
  return groups
}

/** Every id has an answer. */
async function answerCurrent(
  secrets: OpenSecrets,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  const isBatch = ids.length > 1 && secrets.batch.isUsable
  const answers = new Map(isBatch ? await answerBatch(secrets, ids, signal) : [])
  const left = ids.filter((id) => !answers.has(id))
  await inLanes(left, isBatch ? LANES : 1, async (id) => {
    const read: Get = { op: 'get', store: '', key: id, version: undefined, metadata: false }
    answers.set(id, await answerSingle(secrets, { id, read }, signal))
  })
  return answers
}

/** Rejects only when the signal is aborted. */
async function answerSingle(
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
