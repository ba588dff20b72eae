import type { Answer, Read } from '../model/provider.ts'
import { inLanes } from './lanes.ts'
import { failureOf, ProviderError } from './provider.ts'

/** How many reads run at a time, and until when. */
export interface Lanes {
  readonly lanes: number
  readonly signal: AbortSignal
}

/** Each read's own answer, in their order: what a read throws is its failure. Only an aborted signal rejects. */
export function answerAll(
  reads: readonly Read[],
  { lanes, signal }: Lanes,
  answer: (read: Read) => Promise<Answer>,
): Promise<readonly Answer[]> {
  return inLanes(reads, lanes, async (read) => {
    try {
      return await answer(read)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof ProviderError) return { outcome: 'failed', failure: failureOf(error) }
      throw error
    }
  })
}
