import { writeManifest } from '../manifests/write.ts'
import type { JsonObject } from '../model/json.ts'
import { plain, shortened } from './plain.ts'

// What `waybill status` prints: a table as kubectl prints one, or a document of `waybill.dev/v1`.

/** One ExternalSecret as the last run left it. */
export interface OverviewRow {
  readonly namespace: string
  readonly name: string
  /** App of the bundle that it travels in; empty for an object of the cluster. */
  readonly app: string
  /** `Kind/name` of its default store; empty when every entry names its own. */
  readonly store: string
  readonly secret: string
  readonly ready: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  /** RFC 3339. */
  readonly lastSync: string | undefined
  readonly nextRefresh: string | undefined
}

/** What `-o` may say. */
export type OverviewFormat = 'text' | 'wide' | 'json' | 'yaml'

/** The rows in that format; ages are those at `nowMs`. */
export function overviewText(
  rows: readonly OverviewRow[],
  { format, nowMs }: { readonly format: OverviewFormat; readonly nowMs: number },
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(report(rows), undefined, 2)}\n`
    case 'yaml':
      return writeManifest(report(rows))
    case 'text':
      return table(rows.map((row) => cells(row, nowMs)))
    case 'wide':
      return table(rows.map((row) => ({ ...cells(row, nowMs), ...wideCells(row) })))
  }
}

function report(rows: readonly OverviewRow[]): JsonObject {
  return {
    apiVersion: 'waybill.dev/v1',
    kind: 'StatusReport',
    items: rows.map(({ lastSync, nextRefresh, ...row }) => ({
      ...row,
      ...(lastSync === undefined ? {} : { lastSync }),
      ...(nextRefresh === undefined ? {} : { nextRefresh }),
    })),
  }
}

type Cells = Readonly<Record<string, string>>

const EMPTY = '<none>'

function cells(row: OverviewRow, nowMs: number): Cells {
  const { namespace, name, store, ready, reason, lastSync, nextRefresh } = row
  return {
    NAMESPACE: namespace,
    NAME: name,
    STORE: store || EMPTY,
    READY: ready,
    REASON: reason || EMPTY,
    'LAST SYNC': lastSync === undefined ? EMPTY : `${age(nowMs - Date.parse(lastSync))} ago`,
    'NEXT REFRESH': nextRefresh === undefined ? EMPTY : dueIn(Date.parse(nextRefresh) - nowMs),
  }
}

const MESSAGE_MAX = 300

function wideCells({ secret, app, message }: OverviewRow): Cells {
  return { SECRET: secret, APP: app || EMPTY, MESSAGE: shortened(message, MESSAGE_MAX) }
}

/** Empty without rows. */
function table(rows: readonly Cells[]): string {
  const [first] = rows
  if (first === undefined) return ''
  const columns = Object.keys(first)
  const lines = [Object.fromEntries(columns.map((column) => [column, column])), ...rows].map(
    (row) => columns.map((column) => plain(row[column] ?? '')),
  )
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n')
}

function dueIn(delayMs: number): string {
  return delayMs <= 0 ? 'now' : `in ${age(delayMs)}`
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
]

/** The largest unit of which there are two at least, as kubectl shows an age: `90s`, `5m`, `26h`, `3d`. */
function age(durationMs: number): string {
  const [unit, unitMs] = UNITS.find(([, ms]) => durationMs >= 2 * ms) ?? ['s', 1000]
  return `${Math.max(0, Math.floor(durationMs / unitMs))}${unit}`
}
