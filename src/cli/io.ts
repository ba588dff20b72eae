/** Everything a command may touch of the process it runs in: tests and the demo pass their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute path that relative arguments start from. */
  readonly cwd: string
  readonly stdin: Stdin
  /** Writes all bytes, waiting for a slow reader; rejects with code EPIPE when the reader has gone. */
  readonly writeOut: (bytes: Uint8Array) => Promise<void>
  /** One line or more of talk, UTF-8, ending in a newline; control characters of user text are already stripped. */
  readonly writeErr: (text: string) => void
  readonly clock: Clock
  readonly random: Random
  /**
   * Aborted by SIGINT and SIGTERM; its reason is the signal's name. Until somebody asks for it, a signal ends the process by
   * itself, which is right for whatever has written nothing yet and has nothing to clean up.
   */
  readonly signal: AbortSignal
  /** Name of the signal that came in, if `signal` was asked for before. */
  readonly stoppedBy: () => string | undefined
  readonly isColorWanted: boolean
}

/** Standard input, read at most once. */
export interface Stdin {
  /** Whether something is piped in, so that reading will not wait for a person. */
  readonly isPiped: boolean
  /** The whole input; rejects with an InputError above `bytesMax`. */
  readonly read: (bytesMax: number) => Promise<Uint8Array>
}

/** Two clocks: that of the wall may jump, the other has no meaning by itself. */
export interface Clock {
  /** Milliseconds since the epoch, for display and token expiry. */
  readonly nowMs: () => number
  /** Milliseconds on a clock that never jumps, for intervals. */
  readonly monotonicMs: () => number
  /** Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>
}

/** Randomness fit for keys. */
export interface Random {
  readonly bytes: (length: number) => Uint8Array
  /** Uniform in [0, 1). */
  readonly fraction: () => number
}
