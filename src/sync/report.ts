import type { OutcomeWord } from '../model/outcome.ts'
import { shortened } from '../report/plain.ts'
import type { RunResult } from './result.ts'

/** What one run did: a public contract, `waybill.dev/v1` kind SyncReport, additive only. */
export interface SyncReport {
  /** Undefined for files without `--app`. */
  readonly app: string | undefined
  readonly dryRun: 'none' | 'client' | 'server'
  readonly results: readonly RunResult[]
  /** Distinct reads that were asked of providers. */
  readonly reads: number
  /** Requests that left for providers, by name. */
  readonly calls: ReadonlyMap<string, number>
  /** What a reader should know besides the results. */
  readonly notes: readonly string[]
}

/** The report as JSON, one document. */
export function syncReportJson({ app, dryRun, results, reads, calls, notes }: SyncReport): string {
  const report = {
    apiVersion: 'waybill.dev/v1',
    kind: 'SyncReport',
    ...(app === undefined ? {} : { app }),
    dryRun,
    results: results.map(({ isClusterFailure: _, ...result }) => result),
    reads,
    calls: Object.fromEntries([...calls].sort()),
    notes,
  }
  return `${JSON.stringify(report, undefined, 2)}\n`
}

const MESSAGE_MAX = 400

/** A table as kubectl prints one; of a dry run the keys that would change, never a value. */
export function syncReportText({ dryRun, results }: SyncReport): string {
  const rows = [
    ['EXTERNALSECRET', 'SECRET', 'OUTCOME', 'READY', 'REASON'],
    ...results.map(({ externalSecret, target, outcome, condition }) => [
      externalSecret,
      target,
      outcome,
      condition.status,
      condition.reason,
    ]),
  ]
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  const messages = ['MESSAGE', ...results.map(({ condition }) => condition.message)]
  const lines: string[] = []
  for (const [at, row] of rows.entries()) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
    lines.push(`${cells.join('   ')}   ${shortened(messages[at] ?? '', MESSAGE_MAX)}`.trimEnd())
    const result = results[at - 1]
    if (dryRun !== 'none' && result !== undefined) lines.push(...keyLines(result))
  }
  return `${lines.join('\n')}\n`
}

/** Names of keys, never values. */
function keyLines({ keys: { added, changed, removed } }: RunResult): readonly string[] {
  return [
    ...added.map((key) => `  + ${key}`),
    ...changed.map((key) => `  ~ ${key}`),
    ...removed.map((key) => `  - ${key}`),
  ]
}

// In the order of the summary.
const WORDS: readonly OutcomeWord[] = [
  'created',
  'updated',
  'deleted',
  'unchanged',
  'retained',
  'skipped',
  'failed',
]

/** `2 created, 1 failed; 3 reads, 2 calls`. */
export function summaryText({ results, reads, calls, dryRun }: SyncReport): string {
  const counts = WORDS.map((word) => ({
    word,
    count: results.filter(({ outcome }) => outcome === word).length,
  })).filter(({ count }) => count > 0)
  const told = counts.map(({ word, count }) => `${count} ${word}`).join(', ') || 'nothing to do'
  const sent = [...calls.values()].reduce((sum, count) => sum + count, 0)
  const how = dryRun === 'none' ? '' : ` (dry run: ${dryRun})`
  return `${told}${how}; ${reads} ${reads === 1 ? 'read' : 'reads'}, ${sent} provider ${sent === 1 ? 'call' : 'calls'}`
}

// The kubelet keeps 4096 bytes.
const TERMINATION_BYTES_MAX = 4000

/** What failed, for the Job's termination message. */
export function terminationText(report: SyncReport): string {
  const failed = report.results.filter(({ outcome }) => outcome === 'failed')
  let text = `${summaryText(report)}\n`
  for (const { externalSecret, condition } of failed) {
    const line = `ExternalSecret/${shortened(`${externalSecret}: ${condition.message}`, MESSAGE_MAX)}\n`
    if (Buffer.byteLength(text + line) > TERMINATION_BYTES_MAX) break
    text += line
  }
  return text
}
