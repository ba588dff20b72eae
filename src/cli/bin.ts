#!/usr/bin/env -S node --disallow-code-generation-from-strings --disable-proto=throw
import { fstatSync, read, writeSync } from 'node:fs'
import type { Io } from './io.ts'
import { main } from './main.ts'
import { readAll } from './stdin.ts'

// The process itself: the only file that touches `process`. The exit code is set, never forced: process.exit cuts
// what a pipe has not taken yet. The streams of node are opened on first need: each costs a start some milliseconds.

/** Writes to the descriptor as long as it takes bytes at once; the rest waits in node's stream for a slow reader. */
async function writeOut(bytes: Uint8Array): Promise<void> {
  let offset = 0
  while (offset < bytes.length) {
    try {
      offset += writeSync(1, bytes, offset)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      return writeSlowly(bytes.subarray(offset))
    }
  }
}

function writeSlowly(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    // A reader that has gone is told to the callback; the event beside it would end the process.
    process.stdout.on('error', () => undefined)
    process.stdout.write(bytes, (error) => {
      if (error === undefined || error === null) resolve()
      else reject(error)
    })
  })
}

function writeErr(text: string): void {
  try {
    writeSync(2, text)
  } catch (error) {
    // Trap: to a reader that has gone nothing can be said, and node's stream would make an uncaught exception of it, of
    // which the net below would tell the same reader, for ever.
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return
    if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => undefined)
    process.stderr.write(text)
  }
}

const PIECE_BYTES = 2 ** 16

/** Pieces of standard input, from the descriptor: node's stream of it costs a start 4 ms. */
async function* inputPieces(): AsyncGenerator<Uint8Array> {
  if (!isInputPiped()) return yield* process.stdin
  for (;;) {
    const piece = await nextPiece()
    if (piece === 'again') return yield* process.stdin
    if (piece.length === 0) return
    yield piece
  }
}

/** `again`: the other end made the descriptor one that does not wait. */
function nextPiece(): Promise<Uint8Array | 'again'> {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES)
  return new Promise((resolve, reject) => {
    const signal = stop?.signal
    const dieOfIt = (): void => {
      // A read that waits for a silent writer would keep the process: what it was told ends it.
      process.kill(process.pid, signal?.reason)
    }
    signal?.addEventListener('abort', dieOfIt, { once: true })
    read(0, buffer, 0, buffer.length, null, (error, bytesRead) => {
      signal?.removeEventListener('abort', dieOfIt)
      if (error === null) resolve(buffer.subarray(0, bytesRead))
      else if (error.code === 'EAGAIN') resolve('again')
      else if (error.code === 'EOF') resolve(buffer.subarray(0, 0))
      else reject(error)
    })
  })
}

/** Whether something is piped or redirected into the process; false for a terminal and for /dev/null. */
function isInputPiped(): boolean {
  try {
    return !fstatSync(0).isCharacterDevice()
  } catch {
    return false
  }
}

function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', wake)
      resolve()
    }, delayMs)
    const wake = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    signal.addEventListener('abort', wake, { once: true })
  })
}

let stop: AbortController | undefined

/** From now on SIGINT and SIGTERM are told to the command, which ends in its own way; a second one ends the process. */
function stopSignal(): AbortSignal {
  if (stop !== undefined) return stop.signal
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort('SIGINT'))
  process.once('SIGTERM', () => controller.abort('SIGTERM'))
  stop = controller
  return controller.signal
}

// What escapes every other net is a bug. Its text may quote input, so only its name is printed.
process.on('uncaughtException', (error) => {
  process.exitCode = 70
  writeErr(`waybill: internal error: ${error?.name ?? 'unknown'}\n`)
})

const io: Io = {
  env: process.env,
  cwd: process.cwd(),
  stdin: {
    get isPiped() {
      return isInputPiped()
    },
    read: (bytesMax) => readAll(inputPieces(), bytesMax),
  },
  writeOut,
  writeErr,
  clock: {
    nowMs: () => Date.now(),
    monotonicMs: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
    sleep,
  },
  random: {
    bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    fraction: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  },
  get signal() {
    return stopSignal()
  },
  stoppedBy: () => (stop?.signal.aborted === true ? String(stop.signal.reason) : undefined),
  get isColorWanted() {
    return process.stderr.isTTY === true && process.env['NO_COLOR'] === undefined
  },
}

main(process.argv.slice(2), io).then((code) => {
  process.exitCode ??= code
})
