import assert from 'node:assert/strict'
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { test } from 'node:test'
import type { Io } from '../../src/cli/io.ts'
import { main } from '../../src/cli/main.ts'

// Golden folders: see README.md beside this file.

const ROOT = 'test/scenarios'
const IS_UPDATING = process.env.UPDATE_GOLDEN === '1'
const PATHS = [
  process.env.WAYBILL_BED_BIN ?? '',
  ...(process.env.PATH ?? '').split(delimiter),
  join(process.env.HOME ?? '', '.cache/waybill-testbed/bin'),
].filter((folder) => folder !== '')

interface Outcome {
  readonly stdout: string
  readonly stderr: string
  readonly exit: string
}

for (const name of readdirSync(ROOT).sort()) {
  const folder = join(ROOT, name)
  if (!existsSync(join(folder, 'args'))) continue
  const missing = lines(folder, 'needs').filter((program) => !isInstalled(program))
  const skip = missing.length > 0 ? `needs ${missing.join(' and ')}` : false
  test(`scenario ${name}`, { skip }, async () => {
    const outcome = await run(folder)
    for (const [file, text] of Object.entries(outcome)) compare(join(folder, file), text)
  })
}

function compare(path: string, text: string): void {
  if (IS_UPDATING) writeFileSync(path, text)
  else assert.equal(text, readFileSync(path, 'utf8'), path)
}

async function run(folder: string): Promise<Outcome> {
  const out: Uint8Array[] = []
  let stderr = ''
  const io = ioOf(folder, {
    writeOut: async (bytes) => {
      out.push(bytes)
    },
    writeErr: (text) => {
      stderr += text
    },
  })
  const code = await main(lines(folder, 'args'), io)
  return { stdout: Buffer.concat(out).toString(), stderr, exit: `${code}\n` }
}

function ioOf(folder: string, sinks: Pick<Io, 'writeOut' | 'writeErr'>): Io {
  const input = join(folder, 'input')
  const stdin = join(folder, 'stdin')
  const isPiped = existsSync(stdin)
  const settings = lines(folder, 'env').map((line) => line.split(/=(.*)/s).slice(0, 2))
  const path = lines(folder, 'needs').length > 0 ? { PATH: PATHS.join(delimiter) } : {}
  return {
    ...sinks,
    env: { ...path, ...Object.fromEntries(settings) },
    cwd: resolve(existsSync(input) ? input : '.'),
    stdin: {
      isPiped,
      read: async () => (isPiped ? readFileSync(stdin) : new Uint8Array()),
    },
    clock: { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => {} },
    random: { bytes: (length) => new Uint8Array(length), fraction: () => 0 },
    signal: new AbortController().signal,
    stoppedBy: () => undefined,
    isColorWanted: false,
  }
}

function lines(folder: string, file: string): readonly string[] {
  const path = join(folder, file)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}

function isInstalled(program: string): boolean {
  return PATHS.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
