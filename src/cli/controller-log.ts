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
