import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

// A controller as it is shipped, in a process of its own: what is in its memory is the controller's, and nothing of the
// servers around it.

/** A controller that runs. */
export interface ApartController {
  /** Everything that matches in the texts of its memory, once all garbage is collected. */
  readonly held: (pattern: RegExp) => Promise<ReadonlySet<string>>
  /** Resolves to the exit code. */
  readonly stop: () => Promise<number | null>
}

/** Starts `waybill controller ARGV…`; snapshots of its memory are written to the folder. */
export function startApart(folder: string, argv: readonly string[]): ApartController {
  const node = ['--heapsnapshot-signal=SIGUSR2', resolve('dist/waybill.cjs')]
  const child = spawn(process.execPath, [...node, 'controller', ...argv], {
    cwd: folder,
    stdio: 'ignore',
  })
  const ended = new Promise<number | null>((settle) => child.on('exit', settle))
  return {
    held: async (pattern) => {
      child.kill('SIGUSR2')
      return findIn(await snapshotIn(folder), pattern)
    },
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** Waits for a snapshot that is whole: its texts come last. */
async function snapshotIn(folder: string): Promise<string> {
  for (;;) {
    await new Promise((settle) => setTimeout(settle, 20))
    const name = readdirSync(folder).find((file) => file.endsWith('.heapsnapshot'))
    const text = name === undefined ? '' : readFileSync(join(folder, name), 'latin1')
    if (text.trimEnd().endsWith(']}')) return text
  }
}

/** A snapshot has every text of the heap in the clear, the first kilobyte of each. */
function findIn(snapshot: string, pattern: RegExp): ReadonlySet<string> {
  const texts = snapshot.slice(snapshot.lastIndexOf('"strings":'))
  return new Set([...texts.matchAll(new RegExp(pattern, 'g'))].map(([match]) => match))
}
