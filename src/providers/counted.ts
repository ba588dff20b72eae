import type { OpenContext } from './provider.ts'

/** Which call is counted, and which of its answers say no. */
interface Counted<Answer> {
  /** `service:Operation`. */
  readonly call: string
  readonly isError: (answer: Answer) => boolean
}

/** Makes one attempt and tells of it when it leaves and when it ends; one that never leaves is told of neither way. */
export async function counted<Answer>(
  { onCall, onCallEnded }: Pick<OpenContext, 'onCall' | 'onCallEnded'>,
  { call, isError }: Counted<Answer>,
  attempt: (onLeave: () => void) => Promise<Answer>,
): Promise<Answer> {
  let hasLeft = false
  let isFailed = true
  try {
    const answer = await attempt(() => {
      hasLeft = true
      onCall(call)
    })
    isFailed = isError(answer)
    return answer
  } finally {
    if (hasLeft) onCallEnded?.(call, isFailed)
  }
}
