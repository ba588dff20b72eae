import { createReadStream, type Stats } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import type { Finding } from '../model/finding.ts'
import { compareBytes } from '../model/json.ts'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'
import { readAll } from './stdin.ts'

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

export interface Inputs {
  /** In byte order of names within each operand; operands in the order given. */
  readonly inputs: readonly Input[]
  /** What could not be read: rule `unreadable-input`, always errors. */
  readonly findings: readonly Finding[]
}

export interface InputOptions {
  /** Bytes of one input and of all together. */
  readonly bytesMax: number
}

/** Name of standard input in findings. */
export const STDIN = '<stdin>'
const LIMITS: InputOptions = { bytesMax: 128 * 2 ** 20 }
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

async function read(
  { path, problem }: Located,
  stdin: Io['stdin'],
  bytesMax: number,
): Promise<Uint8Array> {
  if (problem !== undefined) throw new Unreadable(problem)
  if (path === undefined) return stdin.read(bytesMax)
  return readAll(createReadStream(path), bytesMax)
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
  const found = await stat(path).catch((error: unknown) => new Unreadable(reasonOf(error)))
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
  const directory: Directory = { path, prefix, root: await realpath(path), depth: 0 }
  const entries: Entry[] = []
  await collect(directory, entries, new Set())
  entries.sort((a, b) => Number(a.isLink) - Number(b.isLink) || compareBytes(a.file, b.file))
  const byRealPath = new Map<string, Entry>()
  for (const entry of entries) {
    const key = entry.real ?? entry.file
    if (!byRealPath.has(key)) byRealPath.set(key, entry)
  }
  yield* [...byRealPath.values()].sort((a, b) => compareBytes(a.file, b.file))
}

interface Directory {
  readonly path: string
  /** What names of its files begin with. */
  readonly prefix: string
  /** Real path that nothing may leave. */
  readonly root: string
  readonly depth: number
}

interface Entry extends Located {
  readonly real: string | undefined
  readonly isLink: boolean
}

/** `trail` holds the real directories above, so that a symlink to one of them ends the walk instead of circling. */
async function collect(
  directory: Directory,
  entries: Entry[],
  trail: ReadonlySet<string>,
): Promise<void> {
  const { path, prefix, depth } = directory
  const problem = depth > DEPTH_MAX ? `deeper than ${DEPTH_MAX} directories` : undefined
  const children = problem ?? (await list(path))
  if (typeof children === 'string') {
    entries.push({ file: prefix, path, problem: children, real: undefined, isLink: false })
    return
  }
  const real = await realpath(path)
  if (trail.has(real)) return
  const below = new Set(trail).add(real)
  for (const name of children) {
    if (!name.startsWith('.')) await visit(directory, name, { entries, trail: below })
  }
}

async function visit(
  { path, prefix, root, depth }: Directory,
  name: string,
  { entries, trail }: { readonly entries: Entry[]; readonly trail: ReadonlySet<string> },
): Promise<void> {
  const child = resolve(path, name)
  const file = prefix + name
  const found = await inspect(child, root)
  if (typeof found === 'string') {
    // A dangling link is only our business if it would have been read.
    if (!MANIFEST.test(name) && found !== ESCAPES) return
    entries.push({ file, path: child, problem: found, real: undefined, isLink: true })
  } else if (found.stats.isDirectory()) {
    await collect({ path: child, prefix: `${file}/`, root, depth: depth + 1 }, entries, trail)
  } else if (MANIFEST.test(name)) {
    const problem = found.stats.isFile() ? undefined : 'not a regular file'
    entries.push({ file, path: child, problem, real: found.real, isLink: found.isLink })
  }
}

async function list(path: string): Promise<readonly string[] | string> {
  try {
    return await readdir(path)
  } catch (error) {
    return reasonOf(error)
  }
}

const ESCAPES = 'a symlink leads out of the directory'

/** What a name stands for, or why it must not be followed. */
async function inspect(
  path: string,
  root: string,
): Promise<{ stats: Stats; real: string; isLink: boolean } | string> {
  try {
    const isLink = (await lstat(path)).isSymbolicLink()
    const real = await realpath(path)
    const isInside = real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)
    return isInside ? { stats: await stat(real), real, isLink } : ESCAPES
  } catch (error) {
    return reasonOf(error)
  }
}

/** Carries our own words: those of the system repeat absolute paths. */
class Unreadable extends Error {}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ELOOP: 'symlinks form a circle',
  EISDIR: 'is a directory',
  EMFILE: 'too many open files',
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'cannot be read'
  if (error.name === 'InputError') return 'too large: 128 MiB of input is the limit'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return REASONS[code] ?? `cannot be read (${code || 'unknown error'})`
}

function unreadable(file: string, error: unknown): Finding {
  const reason = error instanceof Unreadable ? error.message : reasonOf(error)
  return {
    rule: 'unreadable-input',
    severity: 'error',
    at: { file, line: 1, column: 1 },
    subject: undefined,
    field: undefined,
    message: `cannot read ${JSON.stringify(file)}: ${reason}`,
    hint:
      reason === ESCAPES
        ? 'replace the link by the file it names: what lies outside may not be read'
        : undefined,
  }
}
