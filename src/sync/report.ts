import type { OutcomeWord } from '../model/outcome.ts'
import { plain, shortened } from '../report/plain.ts'
import type { PushedChange, PushOutcome } from './push/result.ts'
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
  /** PushSecrets of the input; absent where it holds none. */
  readonly pushes?: readonly PushOutcome[]
}

/** The report as JSON, one document. */
export function syncReportJson(whole: SyncReport): string {
  const { app, dryRun, results, reads, calls, notes, pushes = [] } = whole
  const report = {
    apiVersion: 'waybill.dev/v1',
    kind: 'SyncReport',
    ...(app === undefined ? {} : { app }),
    dryRun,
    results: results.map(({ isClusterFailure: _, ...result }) => result),
    reads,
    calls: Object.fromEntries([...calls].sort()),
    notes,
    ...(pushes.length === 0 ? {} : { pushes: pushes.map(pushJson) }),
  }
  return `${JSON.stringify(report, undefined, 2)}\n`
}

/** A push as reports show it: what is remembered of it is the next run's business. */
export function pushJson({ pushSecret, outcome, condition, errors, changes }: PushOutcome) {
  return { pushSecret, outcome, condition, errors, changes }
}

const MESSAGE_MAX = 400

/** A table as kubectl prints one; of a dry run the keys that would change, never a value. */
export function syncReportText({ dryRun, results, pushes = [] }: SyncReport): string {
  const tables: string[] = []
  if (results.length > 0 || pushes.length === 0) tables.push(resultsText({ dryRun, results }))
  if (pushes.length > 0) tables.push(pushesText(pushes, dryRun))
  return tables.join('\n')
}

function resultsText({ dryRun, results }: Pick<SyncReport, 'dryRun' | 'results'>): string {
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
  const below = results.map((result) => (dryRun === 'none' ? [] : keyLines(result)))
  return table(rows, ['MESSAGE', ...results.map(({ condition }) => condition.message)], below)
}

/** What was, or would be, written to which store, by name. */
function pushesText(pushes: readonly PushOutcome[], dryRun: SyncReport['dryRun']): string {
  const rows = [
    ['PUSHSECRET', 'OUTCOME', 'READY', 'REASON'],
    ...pushes.map(({ pushSecret, outcome, condition }) => [
      pushSecret,
      outcome,
      condition.status,
      condition.reason,
    ]),
  ]
  const below = pushes.map(({ changes }) =>
    changes.flatMap((change) => {
      const isTold = dryRun !== 'none' || change.action !== 'unchanged'
      return isTold ? [`  ${pushedText(change)}`] : []
    }),
  )
  return table(rows, ['MESSAGE', ...pushes.map(({ condition }) => condition.message)], below)
}

/** One change at a provider, by name: `created SecretStore/v db (password)`. */
export function pushedText({ action, store, remoteKey, properties }: PushedChange): string {
  const what = properties.length === 0 ? '' : ` (${properties.join(', ')})`
  return plain(`${action} ${store} ${remoteKey}${what}`)
}

/** Columns, a message at the end of each line, and lines below a row; the first row is the head. */
function table(
  rows: readonly (readonly string[])[],
  messages: readonly string[],
  below: readonly (readonly string[])[],
): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  )
  const lines: string[] = []
  for (const [at, row] of rows.entries()) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
    lines.push(`${cells.join('   ')}   ${shortened(messages[at] ?? '', MESSAGE_MAX)}`.trimEnd())
    lines.push(...(below[at - 1] ?? []))
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

const PUSH_WORDS: readonly PushOutcome['outcome'][] = ['pushed', 'unchanged', 'skipped', 'failed']

/** `2 created, 1 failed; 3 reads, 2 calls`. */
export function summaryText({ results, reads, calls, dryRun, pushes = [] }: SyncReport): string {
  const counts = WORDS.map((word) => ({
    word,
    count: results.filter(({ outcome }) => outcome === word).length,
  })).filter(({ count }) => count > 0)
  const pushed = PUSH_WORDS.flatMap((word) => {
    const count = pushes.filter(({ outcome }) => outcome === word).length
    return count === 0 ? [] : [`${count} ${word === 'pushed' ? '' : 'push '}${word}`]
  })
  const restamped = results.filter((result) => result.restamped).length
  const saved = restamped === 0 ? [] : [`${restamped} given to the new owner`]
  const told =
    [...counts.map(({ word, count }) => `${count} ${word}`), ...saved, ...pushed].join(', ') ||
    'nothing to do'
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
  const subjects = [
    ...failed.map((result) => ({ ...result, subject: `ExternalSecret/${result.externalSecret}` })),
    ...(report.pushes ?? [])
      .filter(({ outcome }) => outcome === 'failed')
      .map((push) => ({ ...push, subject: `PushSecret/${push.pushSecret}` })),
  ]
  for (const { subject, condition } of subjects) {
    const line = `${shortened(`${subject}: ${condition.message}`, MESSAGE_MAX + 20)}\n`
    if (Buffer.byteLength(text + line) > TERMINATION_BYTES_MAX) break
    text += line
  }
  return text
}
