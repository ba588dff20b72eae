import assert from 'node:assert'
import type { Answer, Read } from '../../model/provider.ts'
import { inLanes } from '../lanes.ts'
import { ProviderError } from '../provider.ts'
import { refusal } from './answer.ts'
import { LANES } from './batches.ts'
import type { Find } from './found-many.ts'

/** A read of one secret, its value or its metadata. */
export type Get = Read & { readonly op: 'get' }

/** How one of AWS's services answers reads. */
export interface ReadPlan {
  readonly prefix: string
  /** What AWS would refuse anyway would spoil the batch that it travels in. */
  readonly isName: (id: string) => boolean
  readonly nameHint: string
  /** The id under which a batch answers this read, when one can; `name` is prefix and key. */
  readonly batchId: (name: string, version: string | undefined) => string | undefined
  readonly values: (
    ids: readonly string[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, Answer>>
  /** A read that no batch answers. */
  readonly alone: (name: string, read: Get, signal: AbortSignal) => Promise<Answer>
  readonly find: (read: Find, signal: AbortSignal) => Promise<Answer>
}

/** Answers in the order of the reads; equal ids are asked for once. */
export async function answerReads(
  plan: ReadPlan,
  reads: readonly Read[],
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  signal.throwIfAborted()
  const ids = reads.map((read) => batchIdOf(plan, read))
  const batched = [...new Set(ids)].filter((id) => id !== undefined)
  const [values, others] = await Promise.all([
    plan.values(batched, signal),
    inLanes([...reads.entries()], LANES, async ([at, read]) =>
      ids[at] === undefined ? answerOther(plan, read, signal) : undefined,
    ),
  ])
  return ids.map((id, at) => {
    const answer = id === undefined ? others[at] : values.get(id)
    // Never `absent` by default: that would let a deletionPolicy act on a mistake of ours.
    assert.ok(answer !== undefined)
    return answer
  })
}

/** Undefined for what is answered alone. */
function batchIdOf({ prefix, isName, batchId }: ReadPlan, read: Read): string | undefined {
  if (read.op !== 'get' || read.metadata) return undefined
  const id = batchId(prefix + read.key, read.version || undefined)
  return id !== undefined && isName(id) ? id : undefined
}

async function answerOther(plan: ReadPlan, read: Read, signal: AbortSignal): Promise<Answer> {
  if (read.op === 'find') return plan.find(read, signal)
  if (read.op !== 'get') {
    return refusal(new ProviderError('unsupported', `aws has nothing to ${read.op}`))
  }
  const name = plan.prefix + read.key
  // A version may be what makes the id unusable: then the batch has no id, and the name is refused as well.
  if (plan.isName(name) && isPlain(read.version ?? '')) return plan.alone(name, read, signal)
  const words = `${JSON.stringify(name)} is no name that AWS knows, or its version is none`
  return refusal(new ProviderError('invalid', words, plan.nameHint))
}

/** Versions, labels and staging labels have no spaces and no control characters. */
function isPlain(version: string): boolean {
  return /^[!-~]{0,256}$/.test(version)
}
