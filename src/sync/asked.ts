import type { Answer, Read } from '../model/provider.ts'

// A read of a run, its answer, and who still has to take it. No promise holds an answer: a promise that has become old
// would keep its value through every collection of the young, long after the last reader has gone.

/** One read, however many entries need it. */
export interface Asked {
  readonly read: Read
  /** Of the first who asked. */
  readonly namespace: string
  /** Entries that have not taken the answer; the last of them leaves nothing behind. */
  readers: number
  /** Undefined until it is given, and again when all have it. */
  answer: Answer | undefined
  /** Those that came before the answer. */
  waiting: ((answer: Answer) => void)[] | undefined
}

/** A read that nobody waits for yet; an answer that needs no store is there at once. */
export function newAsked(read: Read, namespace: string, answer?: Answer): Asked {
  return { read, namespace, readers: 0, answer, waiting: undefined }
}

/** Settles the read; the first answer stays. */
export function give(asked: Asked, answer: Answer): void {
  if (asked.answer !== undefined) return
  const { waiting = [] } = asked
  asked.waiting = undefined
  asked.readers -= waiting.length
  if (asked.readers > 0) asked.answer = answer
  for (const take of waiting) take(answer)
}

/** The answer for one reader; at once, when it is there. */
export function take(asked: Asked): Answer | Promise<Answer> {
  const { answer } = asked
  if (answer === undefined) {
    return new Promise((resolve) => {
      asked.waiting = [...(asked.waiting ?? []), resolve]
    })
  }
  asked.readers--
  if (asked.readers <= 0) asked.answer = undefined
  return answer
}
