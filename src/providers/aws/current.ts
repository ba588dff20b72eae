import type { Answer } from '../../model/provider.ts'
import { inLanes } from '../lanes.ts'
import type { OpenSecrets } from './answer.ts'
import { answerBatch } from './batch.ts'
import { answerSingle, type Get } from './single.ts'

// The API's own limit of ids in one BatchGetSecretValue.
const BATCH = 20
/** Calls at the same time; current versions and the rest have these each, and the SDK's pool has 50 sockets. */
export const LANES = 24

/** The current versions of these secrets, each with an answer, in as few calls as the endpoint allows. */
export async function currentVersions(
  secrets: OpenSecrets,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  const groups = chunks(ids, secrets.batch.isUsable ? BATCH : 1)
  const answers = await inLanes(groups, LANES, (group) => answerCurrent(secrets, group, signal))
  return new Map(answers.flatMap((group) => [...group]))
}

/** Groups in the order of the items, the last one perhaps smaller. */
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
