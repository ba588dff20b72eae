import { spawnSync } from 'node:child_process'
import type { Question } from './family.ts'

/** What a real engine says; `varies` when it has no one answer. */
export type Answer =
  | { readonly out: unknown }
  | { readonly error: string; readonly message?: unknown }
  | { readonly varies: true }

export type Oracle = (questions: readonly Question[]) => readonly Answer[]

const OUTPUT_BYTES_MAX = 1 << 30
const TIMEOUT_MS = 60_000

/** Asks the Go program at `path`; one process a batch. A question that kills it counts as one without an answer. */
export function createOracle(path: string): Oracle {
  return (questions) => {
    const answers: Answer[] = []
    while (answers.length < questions.length) {
      answers.push(...run(path, questions.slice(answers.length)))
      if (answers.length >= questions.length) break
      answers.push({ varies: true })
    }
    return answers
  }
}

function run(path: string, questions: readonly Question[]): readonly Answer[] {
  const { stdout, error } = spawnSync(path, [], {
    input: questions.map((question) => `${JSON.stringify(question)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
    timeout: TIMEOUT_MS,
    env: { TZ: 'UTC' },
  })
  // A process that ended early leaves questions in the pipe; its answers so far count.
  if (error !== undefined && !('code' in error && error.code === 'EPIPE')) throw error
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
