import assert from 'node:assert'
import type { Answer, Read } from '../../model/provider.ts'
import { inLanes } from '../lanes.ts'
import { failureOf, ProviderError } from '../provider.ts'
import type { OpenSecrets } from './answer.ts'
import { currentVersions, LANES } from './current.ts'
import { answerFind } from './find.ts'
import { answerSingle, type Get } from './single.ts'

// Which calls answer which reads:
//
//   current version, alone          GetSecretValue
//   current versions, more          BatchGetSecretValue in twenties; what it does not answer for good: GetSecretValue
//   a version by stage or id        GetSecretValue, the batch knows current versions only
//   metadataPolicy Fetch            DescribeSecret
//   find                            ListSecrets, then as current versions

/** A name or an ARN. What AWS would refuse anyway would spoil the batch that it travels in. */
const SECRET_ID = /^[\w/+=.@!:-]{1,2048}$/

/** Answers in the order of the reads. */
export async function answerReads(
  secrets: OpenSecrets,
  reads: readonly Read[],
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  signal.throwIfAborted()
  const ids = new Set(reads.filter(isCurrent).map(({ key }) => secrets.prefix + key))
  const valid = [...ids].filter((id) => SECRET_ID.test(id))
  const [current, others] = await Promise.all([
    currentVersions(secrets, valid, signal),
    inLanes(reads, LANES, (read) => answerOther(secrets, read, signal)),
  ])
  return reads.map((read, at) => {
    const answer =
      others[at] ?? (isCurrent(read) ? current.get(secrets.prefix + read.key) : undefined)
    // Never `absent` by default: that would let a deletionPolicy act on a mistake of ours.
    assert.ok(answer !== undefined)
    return answer
  })
}

/** `AWSCURRENT` by name is what a batch gives anyway. */
function isCurrent(read: Read): read is Get {
  if (read.op !== 'get' || read.metadata) return false
  return read.version === undefined || read.version === '' || read.version === 'AWSCURRENT'
}

/** Undefined for what `currentVersions` answers. */
async function answerOther(
  secrets: OpenSecrets,
  read: Read,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  if (read.op === 'find') return answerFind(secrets, read, signal)
  if (read.op !== 'get') {
    return refusal(new ProviderError('unsupported', `aws has nothing to ${read.op}`))
  }
  const id = secrets.prefix + read.key
  if (!SECRET_ID.test(id)) {
    const words = `${JSON.stringify(id)} is no name of a secret in AWS Secrets Manager`
    const hint = 'a name has letters, digits and /_+=.@!- only'
    return refusal(new ProviderError('invalid', words, hint))
  }
  return isCurrent(read) ? undefined : answerSingle(secrets, { id, read }, signal)
}

/** A read that needs no call to fail. */
function refusal(error: ProviderError): Answer {
  return { outcome: 'failed', failure: failureOf(error) }
}
