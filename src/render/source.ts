import type { Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { RenderError } from './render-error.ts'

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
export async function fileSource(file: string, path: string): Promise<Source> {
  const first = await withFile(file, path, (handle) => handle.stat())
  if (!first.isFile()) throw new RenderError(`cannot read ${JSON.stringify(file)}: not a file`)
  return {
    file,
    byteLength: first.size,
    read: () => pieces(file, path, first),
  }
}

async function* pieces(file: string, path: string, first: Stats): AsyncGenerator<Uint8Array> {
  const handle = await opened(file, path)
  try {
    checkUnchanged(file, first, await handle.stat())
    let left = first.size
    while (left > 0) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, left))
      const { bytesRead } = await handle.read(piece, 0, piece.length)
      if (bytesRead === 0) break
      left -= bytesRead
      yield piece.subarray(0, bytesRead)
    }
    checkUnchanged(file, first, await handle.stat())
    if (left > 0) throw changed(file)
  } finally {
    await handle.close()
  }
}

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

async function opened(file: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch {
    throw new RenderError(`cannot read ${JSON.stringify(file)}`, 'see who may read it')
  }
}

async function withFile<T>(
  file: string,
  path: string,
  use: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  const handle = await opened(file, path)
  try {
    return await use(handle)
  } finally {
    await handle.close()
  }
}
