import type { Finding } from '../model/finding.ts'
import { formatPlace } from '../model/place.ts'
import { plain, shortened } from './plain.ts'
import { type Counts, countSeverities, resourceCount, type Validation } from './validation.ts'

// For people: the verdict in one line, each finding with its source line and what to do, and a summary in the shape
// that kubeconform has.

const HEAD_MAX = 120
const EXCERPT_MAX = 100

/** The whole report, ending in a newline. */
export function textReport({ findings, counts, excerpt }: Validation): string {
  const blocks = findings.map((finding) => findingText(finding, excerpt(finding.at)))
  return `${[headline(findings), ...blocks, summary(counts)].join('\n\n')}\n`
}

/** Counts and the worst finding, in at most 120 characters. */
function headline(findings: readonly Finding[]): string {
  const { error, warning, info } = countSeverities(findings)
  const parts = [
    counted(error, 'error'),
    counted(warning, 'warning'),
    info > 0 ? `${info} info` : '',
  ]
  const counts = parts.filter((part) => part !== '').join(', ')
  const worst =
    findings.find(({ severity }) => severity === 'error') ??
    findings.find(({ severity }) => severity === 'warning') ??
    findings[0]
  if (worst === undefined) return 'no findings'
  return shortened(`${counts}: ${worst.rule}: ${worst.message}`, HEAD_MAX)
}

function counted(count: number, noun: string): string {
  return count === 0 ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`
}

function findingText(finding: Finding, source: string | undefined): string {
  const { at, severity, rule, subject, field, message, hint } = finding
  const where = [subject, field].filter((part) => part !== undefined).join(' ')
  const lines = [
    plain(`${`${formatPlace(at)} ${severity} ${rule} ${where}`.trimEnd()}: ${message}`),
  ]
  if (source !== undefined && source.trim() !== '') lines.push(...excerptLines(finding, source))
  if (hint !== undefined) lines.push(`  hint: ${plain(hint)}`)
  return lines.join('\n')
}

/** The line, and a mark below the place; of a long line only what surrounds the place. */
function excerptLines({ at: { line, column } }: Finding, source: string): readonly string[] {
  const start = column > EXCERPT_MAX ? column - EXCERPT_MAX / 2 : 0
  const shown = plain(source.slice(start, start + EXCERPT_MAX))
  const number = String(line)
  const blank = ' '.repeat(number.length)
  return [`  ${number} | ${shown}`, `  ${blank} | ${' '.repeat(Math.max(0, column - 1 - start))}^`]
}

function summary(counts: Counts): string {
  const { files, valid, invalid, errors, skipped } = counts
  const found = `${counted(resourceCount(counts), 'resource') || '0 resources'} found in ${counted(files, 'file') || '0 files'}`
  return `Summary: ${found} - Valid: ${valid}, Invalid: ${invalid}, Errors: ${errors}, Skipped: ${skipped}`
}
