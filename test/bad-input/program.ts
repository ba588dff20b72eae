import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

// The program as a user has it: the bundle in a process of its own, with an environment that holds nothing else.

export const PROGRAM = resolve(process.env.WAYBILL_DIST ?? 'dist', 'waybill.cjs')
/** Longer than any of these runs may take on a busy machine: a hang must fail, not wait. */
const PATIENCE_MS = 20_000

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly pid: number
  readonly ended: Promise<Ended>
  readonly kill: (signal: NodeJS.Signals) => void
  /** The reader of its standard output goes away. */
  readonly stopReading: () => void
}

export interface Start {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
  /** Another user, when these tests run as root. */
  readonly uid?: number
}

/** Starts `waybill` and collects what it says. */
export function start(args: readonly string[], { cwd, env = {}, stdin, uid }: Start = {}): Running {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: { ...env },
    uid,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  })
  const out: Buffer[] = []
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk
  })
  // The program may end before it has read everything.
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin ?? '')
  const ended = new Promise<Ended>((settle, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      settle({ code, signal, out: Buffer.concat(out).toString(), err }),
    )
  })
  return {
    pid: child.pid ?? 0,
    ended,
    kill: (signal) => child.kill(signal),
    stopReading: () => child.stdout.destroy(),
  }
}

/** Runs `waybill` to its end. */
export function waybill(args: readonly string[], how: Start = {}): Promise<Ended> {
  return start(args, how).ended
}

/** A folder with these files, gone after the test. */
export function folderOf(
  t: { readonly after: (done: () => void) => void },
  files: Readonly<Record<string, string | Uint8Array>> = {},
): string {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-bad-input-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  return folder
}

/** The last line of what was said: in a failed render the only one that Argo CD is sure to show. */
export function lastLine({ err }: Ended): string {
  return err.trimEnd().split('\n').at(-1) ?? ''
}
