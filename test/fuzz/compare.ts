import { check } from '../vector-runner/run.ts'
import type { Question } from './family.ts'
import type { Answer, Oracle } from './oracle.ts'
import { smaller } from './shrink.ts'

/** A question on which the product and the real engine disagree. */
export interface Difference {
  readonly question: Question
  readonly answer: Exclude<Answer, { varies: true }>
  readonly got: string
}

export interface Comparison {
  readonly agreed: number
  /** The engine itself has no one answer, or ours is that a bound was reached. */
  readonly open: number
  readonly differences: readonly Difference[]
  readonly slowest: { readonly ms: number; readonly question: Question | undefined }
}

export async function compare(questions: readonly Question[], oracle: Oracle): Promise<Comparison> {
  const answers = oracle(questions)
  const differences: Difference[] = []
  let open = 0
  let slowest: Comparison['slowest'] = { ms: 0, question: undefined }
  for (const [i, question] of questions.entries()) {
    const answer = answers[i]
    if (answer === undefined || 'varies' in answer) {
      open++
      continue
    }
    const start = performance.now()
    const failure = await check({ id: String(i), in: question, ...answer })
    const ms = performance.now() - start
    if (ms > slowest.ms) slowest = { ms, question }
    if (failure === undefined) continue
    if (BOUND.test(failure.got)) open++
    else differences.push({ question, answer, got: failure.got })
  }
  const agreed = questions.length - open - differences.length
  return { agreed, open, differences, slowest }
}

/** Go has no bound on what a template may do; ours is on purpose (src/template/limits.ts). */
const BOUND = /"message":"[^"]*more than \d+ (?:steps|items|bytes|values)"/

const ROUNDS_MAX = 40

/** The smallest difference that leaving things out leads to. */
export async function shrink(difference: Difference, oracle: Oracle): Promise<Difference> {
  let smallest = difference
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const { differences } = await compare(smaller(smallest.question), oracle)
    const [next] = differences
      .filter(({ answer }) => sameKind(answer, smallest.answer))
      .sort((a, b) => sizeOf(a) - sizeOf(b))
    if (next === undefined) break
    smallest = next
  }
  return smallest
}

/** A shrunk question keeps what the engine did: an output does not become a refusal. */
function sameKind(a: Difference['answer'], b: Difference['answer']): boolean {
  return ('error' in a ? a.error : 'out') === ('error' in b ? b.error : 'out')
}

function sizeOf({ question }: Difference): number {
  return JSON.stringify(question).length
}
