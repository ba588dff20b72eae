import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs'
import { resolve, sep } from 'node:path'
import type { Finding } from '../model/finding.ts'
import { compareBytes } from '../model/json.ts'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'

// Operands to bytes. What cannot be read becomes a finding, so that the rest is still judged; a command that has one
// ends with exit code 3.
//
// Trust: a directory may come from somebody else's repository. A symlink must not lead out of it (H-6), and only
// regular files are read below it. A file that is named on the command line is the caller's own decision.

/** One input as it was read; `file` is what findings call it, with `/` on every system. */
export interface Input {
  readonly file: string
  readonly bytes: Uint8Array
}

/** What was read and what was not; a command decides what that means. */
export interface Inputs {
  /** In byte order of names within each operand; operands in the order given. */
  readonly inputs: readonly Input[]
  /** What could not be read: rule `unreadable-input`, always errors. */
  readonly findings: readonly Finding[]
}

/** Bounds; tests set lower ones. */
export interface InputOptions {
  /** Bytes of one input and of all together. */
  readonly bytesMax: number
}

/** Name of standard input in findings. */
export const STDIN = '<stdin>'
const LIMITS: InputOptions = { bytesMax: 128 * 2 ** 20 }
// Deeper trees are mistakes, such as a mount of itself.
const DEPTH_MAX = 64
const MANIFEST = /\.(ya?ml|json)$/i

/**
 * Reads files, directories (recursively: .yaml, .yml, .json; hidden names skipped) and `-`. Without operands it reads
 * standard input when something is piped in. Throws UsageError when there is nothing to read at all.
 */
export async function readInputs(
  operands: readonly string[],
  io: Pick<Io, 'cwd' | 'stdin'>,
  { bytesMax }: InputOptions = LIMITS,
): Promise<Inputs> {
  if (operands.length === 0 && !io.stdin.isPiped) {
    throw new UsageError('nothing to read: name files or directories, or pipe manifests in')
  }
  const inputs: Input[] = []
  const findings: Finding[] = []
  let left = bytesMax
  for (const operand of operands.length === 0 ? ['-'] : operands) {
    for await (const located of locate(operand, io.cwd)) {
      try {
        const bytes = await read(located, io.stdin, left)
        left -= bytes.length
        inputs.push({ file: located.file, bytes })
      } catch (error) {
        findings.push(unreadable(located.file, error))
      }
    }
  }
  return { inputs, findings }
}

/** Throws Unreadable, or what the system throws; both become findings. */
async function read(
  { path, problem }: Located,
  stdin: Io['stdin'],
  bytesMax: number,
): Promise<Uint8Array> {
  if (problem !== undefined) throw new Unreadable(problem)
  if (path === undefined) return stdin.read(bytesMax)
  return readFile(path, bytesMax)
}

const PIECE_BYTES = 2 ** 20

/** The whole file, or pipe, up to the limit. */
function readFile(path: string, bytesMax: number): Uint8Array {
  const handle = openSync(path, 'r')
  try {
    const pieces: Uint8Array[] = []
    let length = 0
    for (;;) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, bytesMax - length + 1))
      const bytesRead = readSync(handle, piece)
      if (bytesRead === 0) return Buffer.concat(pieces, length)
      length += bytesRead
      if (length > bytesMax) throw new Unreadable(TOO_LARGE)
      pieces.push(piece.subarray(0, bytesRead))
    }
  } finally {
    closeSync(handle)
  }
}

/** `path` is undefined for standard input. */
export interface Located {
  readonly file: string
  readonly path: string | undefined
  readonly problem: string | undefined
}

/** The files that an operand stands for, in byte order of their names. */
export async function* locate(operand: string, cwd: string): AsyncGenerator<Located> {
  if (operand === '-') {
    yield { file: STDIN, path: undefined, problem: undefined }
    return
  }
  const path = resolve(cwd, operand)
  const file = operand.split(sep).join('/')
  const found = attempt(() => statSync(path))
  if (found instanceof Unreadable) {
    yield { file, path, problem: found.message }
  } else if (found.isDirectory()) {
    yield* walk(path, file)
  } else {
    yield { file, path, problem: found.isFile() || found.isFIFO() ? undefined : 'not a file' }
  }
}

/** Files of a directory by name. A file that can be reached by several names counts once, by its own name first. */
async function* walk(path: string, file: string): AsyncGenerator<Located> {
  const prefix = file === '.' ? '' : `${file.replace(/\/+$/, '')}/`
  const directory: Directory = { path, prefix, root: realpathSync(path), depth: 0 }
  const entries: Entry[] = []
  collect(directory, entries, new Set())
  entries.sort((a, b) => Number(a.isLink) - Number(b.isLink) || compareBytes(a.file, b.file))
  const byRealPath = new Map<string, Entry>()
  for (const entry of entries) {
    const key = entry.real ?? entry.file
    if (!byRealPath.has(key)) byRealPath.set(key, entry)
  }
  yield* [...byRealPath.values()].sort((a, b) => compareBytes(a.file, b.file))
}

/** A directory of a walk. */
interface Directory {
  readonly path: string
  /** What names of its files begin with. */
  readonly prefix: string
  /** Real path that nothing may leave. */
  readonly root: string
  readonly depth: number
}

/** A file that was found, with what tells two names of one file apart. */
interface Entry extends Located {
  readonly real: string | undefined
  readonly isLink: boolean
}

/** `trail` holds the real directories above, so that a symlink to one of them ends the walk instead of circling. */
function collect(directory: Directory, entries: Entry[], trail: ReadonlySet<string>): void {
  const { path, prefix, depth } = directory
  const problem = depth > DEPTH_MAX ? `deeper than ${DEPTH_MAX} directories` : undefined
  const children = problem ?? list(path)
  if (typeof children === 'string') {
    entries.push({ file: prefix, path, problem: children, real: undefined, isLink: false })
    return
  }
  const real = realpathSync(path)
  if (trail.has(real)) return
  const below = new Set(trail).add(real)
  for (const name of children) {
    if (!name.startsWith('.')) visit(directory, name, { entries, trail: below })
  }
}

/** Links are followed within the directory only. */
function visit(
  { path, prefix, root, depth }: Directory,
  name: string,
  { entries, trail }: { readonly entries: Entry[]; readonly trail: ReadonlySet<string> },
): void {
  const child = resolve(path, name)
  const file = prefix + name
  const found = inspect(child, root)
  if (typeof found === 'string') {
    // A dangling link is only our business if it would have been read.
    if (!MANIFEST.test(name) && found !== ESCAPES) return
    entries.push({ file, path: child, problem: found, real: undefined, isLink: true })
  } else if (found.stats.isDirectory()) {
    collect({ path: child, prefix: `${file}/`, root, depth: depth + 1 }, entries, trail)
  } else if (MANIFEST.test(name)) {
    const problem = found.stats.isFile() ? undefined : 'not a regular file'
    entries.push({ file, path: child, problem, real: found.real, isLink: found.isLink })
  }
}

/** Names of a directory, or why it cannot be listed. */
function list(path: string): readonly string[] | string {
  try {
    return readdirSync(path)
  } catch (error) {
    return reasonOf(error)
  }
}

const ESCAPES = 'a symlink leads out of the directory'

/** What a name stands for, or why it must not be followed. */
function inspect(
  path: string,
  root: string,
): { stats: Stats; real: string; isLink: boolean } | string {
  try {
    const isLink = lstatSync(path).isSymbolicLink()
    const real = realpathSync(path)
    const isInside = real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)
    return isInside ? { stats: statSync(real), real, isLink } : ESCAPES
  } catch (error) {
    return reasonOf(error)
  }
}

/** Carries our own words: those of the system repeat absolute paths. */
class Unreadable extends Error {}

function attempt<T>(look: () => T): T | Unreadable {
  try {
    return look()
  } catch (error) {
    return new Unreadable(reasonOf(error))
  }
}

const TOO_LARGE = 'too large: 128 MiB of input is the limit'

/** What to do about a problem. */
const HINTS: Readonly<Record<string, string>> = {
  [ESCAPES]: 'replace the link by the file it names: what lies outside may not be read',
  [TOO_LARGE]: 'split it, or leave out what holds no manifests',
  'no such file or directory': 'see that the path is right; a link may lead nowhere',
  'permission denied': 'let the user that waybill runs as read it',
}

/** Node's codes in our words: the system's messages repeat absolute paths. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ELOOP: 'symlinks form a circle',
  EISDIR: 'is a directory',
  EMFILE: 'too many open files',
}

/** Unknown codes are named as they are; messages never. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'cannot be read'
  if (error.name === 'InputError') return TOO_LARGE
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return REASONS[code] ?? `cannot be read (${code || 'unknown error'})`
}

/** Always at line 1: nothing of the file is known. */
function unreadable(file: string, error: unknown): Finding {
  const reason = error instanceof Unreadable ? error.message : reasonOf(error)
  return {
    rule: 'unreadable-input',
    severity: 'error',
    at: { file, line: 1, column: 1 },
    subject: undefined,
    field: undefined,
    message: `cannot read ${JSON.stringify(file)}: ${reason}`,
    hint: HINTS[reason],
  }
}
