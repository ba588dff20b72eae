import { plain } from '../report/plain.ts'
import type { Io } from './io.ts'

/** Says what a controller does, on standard error. */
export type Log = (level: 'info' | 'warning' | 'error', message: string) => void

/** One line each. */
export function logger(io: Io): Log {
  return (level, message) => {
    io.writeErr(`${new Date(io.clock.nowMs()).toISOString()} ${level} ${plain(message)}\n`)
  }
}

const SAME_WORDS_MS = 600_000

/** Warns of the same thing once in ten minutes: what is refused is refused at every run. The clock is monotonic. */
export function warnRarely(log: Log, nowMs: () => number): (words: string) => void {
  const said = new Set<string>()
  let sinceMs = nowMs()
  return (words) => {
    if (nowMs() - sinceMs > SAME_WORDS_MS) {
      said.clear()
      sinceMs = nowMs()
    }
    if (!said.has(words)) log('warning', words)
    said.add(words)
  }
}
