import type { Io } from '../../../src/cli/io.ts'

export interface FakeIo extends Io {
  /** What was written so far. */
  readonly out: () => string
  readonly err: () => string
  readonly stop: (signal: 'SIGINT' | 'SIGTERM') => void
}

export interface FakeProcess {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Piped in; a terminal without it. */
  readonly stdin?: string | Uint8Array
  readonly nowMs?: number
}

/** A process of its own for one command: fixed clock, fixed randomness, output collected. */
export function fakeIo({ env = {}, cwd = process.cwd(), stdin, nowMs }: FakeProcess = {}): FakeIo {
  const out: Uint8Array[] = []
  let err = ''
  let ticks = 0
  const stop = new AbortController()
  return {
    env,
    cwd,
    stdin: {
      isPiped: stdin !== undefined,
      read: async () =>
        typeof stdin === 'string' ? new TextEncoder().encode(stdin) : (stdin ?? new Uint8Array()),
    },
    writeOut: async (bytes) => {
      out.push(bytes)
    },
    writeErr: (text) => {
      err += text
    },
    clock: {
      nowMs: () => nowMs ?? Date.UTC(2026, 0, 2, 3, 4, 5),
      monotonicMs: () => performance.now(),
      sleep: async (_delayMs, signal) => {
        signal.throwIfAborted()
      },
    },
    random: {
      bytes: (length) => Uint8Array.from({ length }, () => ticks++ % 251),
      fraction: () => 0.5,
    },
    signal: stop.signal,
    stoppedBy: () => (stop.signal.aborted ? String(stop.signal.reason) : undefined),
    isColorWanted: false,
    out: () => Buffer.concat(out).toString('utf8'),
    err: () => err,
    stop: (signal) => stop.abort(signal),
  }
}
