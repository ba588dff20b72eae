import type { Io } from '../../../src/cli/io.ts'
import { main } from '../../../src/cli/main.ts'

export interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Around {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly signal?: AbortSignal
  /** Called before every write. */
  readonly onWrite?: () => void
}

/** Runs a command line in this process, with nothing of its environment. */
export async function waybill(args: readonly string[], around: Around = {}): Promise<Run> {
  const out: Uint8Array[] = []
  let err = ''
  const io: Io = {
    env: around.env ?? {},
    cwd: around.cwd ?? process.cwd(),
    stdin: {
      isPiped: around.stdin !== undefined,
      read: async () => new TextEncoder().encode(around.stdin ?? ''),
    },
    writeOut: async (bytes) => {
      around.onWrite?.()
      out.push(bytes.slice())
    },
    writeErr: (text) => {
      err += text
    },
    clock: { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => {} },
    random: { bytes: (length) => new Uint8Array(length), fraction: () => 0 },
    signal: around.signal ?? new AbortController().signal,
    stoppedBy: () => (around.signal?.aborted === true ? String(around.signal.reason) : undefined),
    isColorWanted: false,
  }
  const code = await main(args, io)
  return { code, out: Buffer.concat(out).toString(), err }
}
