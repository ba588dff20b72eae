import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { RenderError } from './render-error.ts'
import { spokenText } from './spoken-text.ts'

// The one place that starts programs: an absolute path, a list of arguments, no shell, capped output, ended with us. The child
// stays in our process group, so that what ends us (Argo CD ends the group) ends it too.

const OUTPUT_MIB_MAX = 64
const OUTPUT_BYTES_MAX = OUTPUT_MIB_MAX * 2 ** 20
// Of standard error the end is kept: the cause stands there.
const SPOKEN_BYTES_MAX = 64 * 2 ** 10
/** Time to clean up between SIGTERM and SIGKILL. */
const GRACE_MS = 500

/** One program to run; no shell takes part. */
export interface Child {
  /** Absolute path. */
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Ends the child; the reason is up to whoever aborts. */
  readonly signal: AbortSignal
  /** Directories that messages must not show. */
  readonly hidden: readonly string[]
}

/** Standard output of a child that ended well. Throws RenderError, or the signal's reason when it aborted. */
export async function runChild(child: Child): Promise<Uint8Array> {
  child.signal.throwIfAborted()
  const { out, err, code, killer } = await collect(child)
  child.signal.throwIfAborted()
  const name = child.program.slice(child.program.lastIndexOf('/') + 1)
  const spoken = spokenText(err, child.hidden)
  if (out === undefined) {
    throw new RenderError(`${name} printed more than ${OUTPUT_MIB_MAX} MiB`, 'split the directory')
  }
  if (code !== 0) {
    const end = killer === null ? `exit status ${code}` : `killed by ${killer}`
    const cause = spoken.split('\n').at(-1) ?? ''
    throw new RenderError(
      `${name} ${child.args[0]} failed: ${cause === '' ? end : `${end}: ${cause}`}`,
      undefined,
      'input',
      spoken,
    )
  }
  return out
}

/** How a child ended; its exit code is judged by the caller. */
interface Ended {
  /** Undefined when there was too much. */
  readonly out: Uint8Array | undefined
  readonly err: string
  readonly code: number | null
  readonly killer: string | null
}

function collect({ program, args, cwd, env, signal }: Child): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env,
      shell: false,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const out: Uint8Array[] = []
    let length = 0
    let err = Buffer.alloc(0)
    const end = (): void => {
      child.kill('SIGTERM')
      setTimeout(() => {
        child.kill('SIGKILL')
        // What the child has started itself may hold its pipes for long: git, helm, functions.
        child.stdout.destroy()
        child.stderr.destroy()
      }, GRACE_MS).unref()
    }
    signal.addEventListener('abort', end, { once: true })
    child.stdout.on('data', (chunk: Uint8Array) => {
      length += chunk.length
      if (length <= OUTPUT_BYTES_MAX) out.push(chunk)
      else end()
    })
    child.stderr.on('data', (chunk: Uint8Array) => {
      err = Buffer.concat([err, chunk]).subarray(-SPOKEN_BYTES_MAX)
    })
    child.once('error', () => {
      signal.removeEventListener('abort', end)
      reject(new RenderError(`cannot start ${program}`, 'see that it is built for this machine'))
    })
    child.once('close', (code, killer) => {
      signal.removeEventListener('abort', end)
      const isWhole = length <= OUTPUT_BYTES_MAX
      resolve({ out: isWhole ? Buffer.concat(out) : undefined, err: err.toString(), code, killer })
    })
  })
}

/** Absolute path of a program. Relative entries of PATH are skipped: they would mean the manifests' own directory. */
export async function findProgram(
  name: string,
  path: string | undefined,
  advice: string,
): Promise<string> {
  for (const folder of (path ?? '').split(delimiter).filter(isAbsolute)) {
    const candidate = join(folder, name)
    try {
      await access(candidate, constants.X_OK)
      if ((await stat(candidate)).isFile()) return candidate
    } catch {
      // Not here: the next entry of PATH.
    }
  }
  throw new RenderError(`${name} is not installed: it is in no directory of PATH`, advice)
}
