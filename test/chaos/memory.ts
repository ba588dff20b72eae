import { readdirSync } from 'node:fs'

// What a process takes, looked at in the course of a long run; node has --expose-gc.

const SAMPLES = 50
/** Of the samples: V8 compiles and sizes its heap. */
const WARM_UP = 0.2
const RSS_MIB_MAX = 1
/** Connections open and close between two looks. */
const DESCRIPTORS_MORE = 4

interface Sample {
  readonly reconciles: number
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
  readonly descriptors: number
}

/** The record of one process. */
export interface MemoryRecord {
  /** To be called often: looks when it is time to. */
  readonly look: (reconciles: number) => void
  /** Says what came of it; whether memory and descriptors have stayed where they were. */
  readonly tell: () => boolean
}

/** Starts the clock. */
export function recordMemory(total: number): MemoryRecord {
  const began = performance.now()
  const samples: Sample[] = []
  let last = 0
  return {
    look: (reconciles) => {
      last = reconciles
      if (reconciles >= ((samples.length + 1) * total) / SAMPLES) samples.push(sample(reconciles))
    },
    tell: () => {
      const { user, system } = process.cpuUsage()
      const seconds = ((performance.now() - began) / 1000).toFixed(0)
      const cpu = ((user + system) / 1e6).toFixed(0)
      console.log(`${last} reconciles in ${seconds} s, CPU ${cpu} s, the last four fifths:`)
      const settled = samples.slice(Math.floor(samples.length * WARM_UP))
      for (const name of ['rss', 'heapUsed', 'external'] as const) tellBytes(name, settled)
      const counts = settled.map(({ descriptors }) => descriptors)
      console.log(`descriptors ${counts[0]} to ${counts.at(-1)}, at most ${Math.max(...counts)}`)
      const isFlat = (counts.at(-1) ?? 0) <= (counts[0] ?? 0) + DESCRIPTORS_MORE
      return isFlat && slopeOf(settled, 'rss') <= RSS_MIB_MAX
    },
  }
}

function sample(reconciles: number): Sample {
  const collect = (globalThis as { gc?: () => void }).gc
  collect?.()
  const descriptors = readdirSync('/proc/self/fd').length
  return { reconciles, ...process.memoryUsage(), descriptors }
}

type Part = 'rss' | 'heapUsed' | 'external'

function tellBytes(name: Part, samples: readonly Sample[]): void {
  const [first, last] = [samples[0], samples.at(-1)].map((one) => mib(one?.[name] ?? 0).toFixed(1))
  const slope = slopeOf(samples, name).toFixed(3)
  const goal = name === 'rss' ? ` (goal ${RSS_MIB_MAX})` : ''
  console.log(`${name} ${first} to ${last} MiB, slope ${slope} MiB per 10,000${goal}`)
}

const mib = (bytes: number): number => bytes / 2 ** 20

/** MiB for each 10,000 reconciles, by least squares. */
function slopeOf(samples: readonly Sample[], name: Part): number {
  const mean = (numbers: readonly number[]): number =>
    numbers.reduce((sum, one) => sum + one, 0) / numbers.length
  const x = samples.map(({ reconciles }) => reconciles / 10_000)
  const y = samples.map((one) => mib(one[name]))
  const [mx, my] = [mean(x), mean(y)]
  const above = x.reduce((sum, one, at) => sum + (one - mx) * ((y[at] ?? 0) - my), 0)
  return above / x.reduce((sum, one) => sum + (one - mx) ** 2, 0)
}
