import { dropFrom, putInto } from './nested.ts'

// Prometheus' text format, by hand: counters, gauges and histograms in one registry. Names and labels are ours, so only
// label values need quoting.

/** Label names and values. */
export type Labels = Readonly<Record<string, string>>

/** A family of samples of one name. */
export interface Metric {
  /** Adds to a counter or gauge. */
  readonly add: (labels: Labels, value?: number) => void
  readonly set: (labels: Labels, value: number) => void
  /** Drops samples whose labels hold all of these, among which is `name` if they have one: what they spoke of is no more. */
  readonly drop: (labels: Labels) => void
}

/** A distribution of one name. */
export interface Histogram {
  readonly observe: (value: number) => void
}

/** All metrics of a process. */
export interface Registry {
  readonly counter: (name: string, help: string) => Metric
  readonly gauge: (name: string, help: string) => Metric
  readonly histogram: (name: string, help: string, bounds: readonly number[]) => Histogram
  /** What is only known when somebody asks. */
  readonly onScrape: (collect: () => void) => void
  /** The exposition, families in the order in which they were made. */
  readonly text: () => string
}

interface Sample {
  readonly labels: Labels
  value: number
}

/** An empty registry. */
export function createRegistry(): Registry {
  const families: (() => readonly string[])[] = []
  const collectors: (() => void)[] = []
  const family = (name: string, help: string, form: 'counter' | 'gauge'): Metric => {
    // By the label `name`: what is dropped has one, and ten thousand may go at once.
    const named = new Map<string, Map<string, Sample>>()
    const sample = (labels: Labels) => {
      const key = labelText(labels)
      const group = labels.name ?? ''
      const known = named.get(group)?.get(key) ?? { labels, value: 0 }
      putInto(named, group, [key, known])
      return known
    }
    families.push(() => [
      ...head(name, help, form),
      ...[...named.values()].flatMap((samples) =>
        [...samples].map(([key, { value }]) => `${name}${key} ${value}`),
      ),
    ])
    return {
      add: (labels, value = 1) => {
        sample(labels).value += value
      },
      set: (labels, value) => {
        sample(labels).value = value
      },
      drop: (labels) => {
        const wanted = Object.entries(labels)
        const group = labels.name ?? ''
        for (const [key, sample] of named.get(group) ?? []) {
          const isMeant = wanted.every(([label, value]) => sample.labels[label] === value)
          if (isMeant) dropFrom(named, group, key)
        }
      },
    }
  }
  return {
    counter: (name, help) => family(name, help, 'counter'),
    gauge: (name, help) => family(name, help, 'gauge'),
    histogram: (name, help, bounds) => {
      const { histogram, lines } = createHistogram(name, help, bounds)
      families.push(lines)
      return histogram
    },
    onScrape: (collect) => void collectors.push(collect),
    text: () => {
      for (const collect of collectors) collect()
      return `${families.flatMap((lines) => lines()).join('\n')}\n`
    },
  }
}

function createHistogram(
  name: string,
  help: string,
  bounds: readonly number[],
): { readonly histogram: Histogram; readonly lines: () => readonly string[] } {
  const counts = bounds.map(() => 0)
  let sum = 0
  let count = 0
  return {
    histogram: {
      observe: (value) => {
        sum += value
        count++
        for (const [at, bound] of bounds.entries()) {
          if (value <= bound) counts[at] = (counts[at] ?? 0) + 1
        }
      },
    },
    lines: () => [
      ...head(name, help, 'histogram'),
      ...bounds.map((bound, at) => `${name}_bucket{le="${bound}"} ${counts[at]}`),
      `${name}_bucket{le="+Inf"} ${count}`,
      `${name}_sum ${sum}`,
      `${name}_count ${count}`,
    ],
  }
}

function head(name: string, help: string, form: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${form}`]
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${quoted(value)}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function quoted(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
