import type { Answer } from '../../model/provider.ts'
import { inLanes } from '../lanes.ts'

/** Calls at the same time for one `read`; the SDK's pool has 50 sockets. */
export const LANES = 24

/** How one service answers many ids in few calls. */
export interface Batching {
  /** Most ids of one call; 1 while there is no such call. */
  readonly size: () => number
  /** What one call answered for good, by id. What is missing here is asked for alone, and never counts as gone. */
  readonly batch: (
    ids: readonly string[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, Answer>>
  readonly alone: (id: string, signal: AbortSignal) => Promise<Answer>
}

/** Every id with its answer, in as few calls as the service allows. */
export async function inBatches(
  ids: readonly string[],
  batching: Batching,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  const groups = chunks(ids, batching.size())
  const answers = await inLanes(groups, LANES, (group) => answerGroup(group, batching, signal))
  return new Map(answers.flatMap((group) => [...group]))
}

/** Groups in the order of the items, the last one perhaps smaller. */
function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const groups: Item[][] = []
  for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size))
  return groups
}

/** Every id of the group has an answer; a group of one needs no batch. */
async function answerGroup(
  ids: readonly string[],
  { size, batch, alone }: Batching,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  const isBatch = ids.length > 1 && size() > 1
  const answers = new Map(isBatch ? await batch(ids, signal) : [])
  const left = ids.filter((id) => !answers.has(id))
  await inLanes(left, LANES, async (id) => {
    answers.set(id, await alone(id, signal))
  })
  return answers
}
