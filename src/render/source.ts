import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { RenderError } from './render-error.ts'

// Files are read with calls that block: node's promises of files cost a start 2 ms, and a render does nothing else meanwhile.

/** Manifests that can be read more than once: scanned first, then copied. Memory is one piece at a time. */
export interface Source {
  /** What findings call it. */
  readonly file: string
  readonly byteLength: number
  /** The bytes from the beginning. Throws RenderError when they are no longer those that were read first. */
  readonly read: () => AsyncIterable<Uint8Array>
}

const PIECE_BYTES = 2 ** 20

/** What a child printed. */
export function memorySource(file: string, bytes: Uint8Array): Source {
  return {
    file,
    byteLength: bytes.length,
    read: async function* () {
      yield bytes
    },
  }
}

/** A file. It must stay as it is from now on: its size, its time and its identity are compared at every read. */
export function fileSource(file: string, path: string): Source {
  const handle = opened(file, path)
  const first = fstatSync(handle)
  closeSync(handle)
  if (!first.isFile()) throw new RenderError(`cannot read ${JSON.stringify(file)}: not a file`)
  return {
    file,
    byteLength: first.size,
    read: () => pieces(file, path, first),
  }
}

/** A file is read twice; if it changed in between, the answer would be of two files. */
async function* pieces(file: string, path: string, first: Stats): AsyncGenerator<Uint8Array> {
  const handle = opened(file, path)
  try {
    checkUnchanged(file, first, fstatSync(handle))
    let left = first.size
    while (left > 0) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, left))
      const bytesRead = readSync(handle, piece, 0, piece.length, null)
      if (bytesRead === 0) break
      left -= bytesRead
      yield piece.subarray(0, bytesRead)
      if (left > 0) await signalsHeard()
    }
    checkUnchanged(file, first, fstatSync(handle))
    if (left > 0) throw changed(file)
  } finally {
    closeSync(handle)
  }
}

/** Lets a signal that has come in be noticed between two pieces. */
function signalsHeard(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Size, time and inode: cheap, and what an editor changes. */
function checkUnchanged(file: string, first: Stats, now: Stats): void {
  const isSame = first.size === now.size && first.mtimeMs === now.mtimeMs && first.ino === now.ino
  if (!isSame) throw changed(file)
}

function changed(file: string): RenderError {
  return new RenderError(
    `${JSON.stringify(file)} changed while it was read`,
    'run it again when nobody writes there',
  )
}

/** The system's message is dropped: it repeats the absolute path. */
function opened(file: string, path: string): number {
  try {
    return openSync(path, 'r')
  } catch {
    throw new RenderError(`cannot read ${JSON.stringify(file)}`, 'see who may read it')
  }
}
