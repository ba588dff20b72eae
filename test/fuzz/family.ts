import type { Vector } from '../vector-runner/run.ts'
import type { Random } from './random.ts'

/** The arguments of one vector: a question that both sides can be asked. */
export type Question = Vector['in']

/** One kind of question. */
export interface Family {
  readonly name: string
  /** Its share of all questions, as a weight. */
  readonly weight: number
  readonly ask: (random: Random) => Question
}

/** Text that may hold bytes which are not UTF-8, as vectors write it. */
export function bytesArgument(bytes: Uint8Array): string | { readonly base64: string } {
  const text = Buffer.from(bytes).toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes)
    ? text
    : { base64: Buffer.from(bytes).toString('base64') }
}
