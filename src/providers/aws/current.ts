import type { Answer } from '../../model/provider.ts'
import { answerBatch } from './batch.ts'
import { inBatches } from './batches.ts'
import { answerValue, type OpenSecrets } from './single.ts'

// The API's own limit of ids in one BatchGetSecretValue.
const BATCH = 20

/** The current versions of these secrets, each with an answer, in as few calls as the endpoint allows. */
export function currentVersions(
  secrets: OpenSecrets,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  const batching = {
    size: () => (secrets.batch.isUsable ? BATCH : 1),
    batch: (group: readonly string[]) => answerBatch(secrets, group, signal),
    alone: (id: string) => answerValue(secrets, { id, version: undefined }, signal),
  }
  return inBatches(ids, batching, signal)
}
