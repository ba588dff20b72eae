import { randomBytes } from 'node:crypto'
import type { Io } from './io.ts'
import { main } from './main.ts'
import { readAll } from './stdin.ts'

// The process itself: the only file that touches `process`. The exit code is set, never forced: process.exit cuts
// what a pipe has not taken yet.

function writeOut(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.once('error', reject)
    process.stdout.write(bytes, (error) => {
      process.stdout.off('error', reject)
      if (error === undefined || error === null) resolve()
      else reject(error)
    })
  })
}

function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, delayMs)
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    signal.addEventListener('abort', stop, { once: true })
  })
}

const stop = new AbortController()
process.once('SIGINT', () => stop.abort('SIGINT'))
process.once('SIGTERM', () => stop.abort('SIGTERM'))
// What escapes every other net is a bug. Its text may quote input, so only its name and place are printed.
process.on('uncaughtException', (error) => {
  process.exitCode = 70
  process.stderr.write(`waybill: internal error: ${error?.name ?? 'unknown'}\n`)
})

const io: Io = {
  env: process.env,
  cwd: process.cwd(),
  stdin: { isPiped: !process.stdin.isTTY, read: (bytesMax) => readAll(process.stdin, bytesMax) },
  writeOut,
  writeErr: (text) => process.stderr.write(text),
  clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now(), sleep },
  random: {
    bytes: (length) => randomBytes(length),
    fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
  },
  signal: stop.signal,
  isColorWanted: process.stderr.isTTY === true && process.env['NO_COLOR'] === undefined,
}

main(process.argv.slice(2), io).then((code) => {
  process.exitCode = code
})
