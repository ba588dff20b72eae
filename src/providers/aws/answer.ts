import type { Answer, Payload } from '../../model/provider.ts'
import { failureOf, ProviderError } from '../provider.ts'
import { type AwsCaller, AwsCallFailure } from './caller.ts'
import { type AwsFault, failed } from './failure.ts'

/** One of AWS's services behind an open store, as the reads need it. */
export interface OpenService<Client> {
  readonly client: Client
  readonly call: AwsCaller
  /** As IAM calls it, in the names of its actions. */
  readonly service: 'secretsmanager' | 'ssm'
  /** Stands before every key. */
  readonly prefix: string
  /** Who is asking, in words. */
  readonly principal: () => string
  /** Cleared once the endpoint or IAM does not offer the batch call: then every secret is a call. */
  readonly batch: { isUsable: boolean }
}

/** What failed, in AWS's words; the name of a secret is no secret. */
export interface Asked {
  readonly id: string
  readonly action: string
}

/** The answer of a read that has a value. */
export const found = (payload: Payload): Answer => ({ outcome: 'found', payload })

/** A refusal that needed no call. */
export const refusal = (error: ProviderError): Answer => ({
  outcome: 'failed',
  failure: failureOf(error),
})

/** R120, R130: tags are all the metadata that there is; the value is not read for them. */
export function metadataOf(
  dialect: Payload['dialect'],
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[],
): Payload {
  return {
    dialect,
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

type Asker = Pick<OpenService<unknown>, 'service' | 'principal'>

/** Runs one read to its answer: what fails is one, too. Rejects only when the signal is aborted. */
export function answered(asker: Asker, asked: Asked, read: () => Promise<Answer>): Promise<Answer> {
  return settled(read, (fault) =>
    fault.cause === 'absent' ? { outcome: 'absent' } : refused(asker, asked, fault),
  )
}

/** The same for a search, which can find nothing, but never be absent itself. */
export function searched(asker: Asker, asked: Asked, find: () => Promise<Answer>): Promise<Answer> {
  return settled(find, (fault) => refused(asker, asked, fault))
}

async function settled(
  work: () => Promise<Answer>,
  answerOf: (fault: AwsFault) => Answer,
): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ProviderError) return refusal(error)
    if (!(error instanceof AwsCallFailure)) throw error
    return answerOf(error.fault)
  }
}

/** The failure of one read. */
export function refused(asker: Asker, asked: Asked, fault: AwsFault): Answer {
  return refusal(errorOf(asker, asked, fault))
}

/** A fault in words: who asked for what, and which permission would allow it. */
export function errorOf(
  { service, principal }: Asker,
  { id, action }: Asked,
  fault: AwsFault,
): ProviderError {
  const what = `${service} ${action} of ${JSON.stringify(id)}`
  const isRefusal = fault.cause === 'forbidden'
  return failed(
    isRefusal ? `${what} is not allowed to ${principal()}` : what,
    fault,
    isRefusal ? grantHint(`${service}:${action}`, fault) : undefined,
  )
}

/** What finding needs beside the right to read: an answer about one name cannot tell. */
const FIND_GRANTS: ReadonlyMap<string, string> = new Map([
  ['secretsmanager:ListSecrets', 'secretsmanager:ListSecrets on *'],
  [
    'ssm:DescribeParameters',
    'ssm:GetParametersByPath on the path, or ssm:DescribeParameters on * with ssm:GetParameters',
  ],
])

/** Who can read the secret but not its key gets another error than who can do neither. */
function grantHint(action: string, { words }: AwsFault): string {
  if (words === 'DecryptionFailure') {
    return 'AWS KMS refused to decrypt it: allow kms:Decrypt on its key'
  }
  const toFind = FIND_GRANTS.get(action)
  return toFind === undefined
    ? `allow ${action} on it, and kms:Decrypt if it has a key of its own`
    : `find needs ${toFind}`
}
