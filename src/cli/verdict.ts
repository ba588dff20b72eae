import { type Finding, reaches, type Severity } from '../model/finding.ts'
import { comparePlaces, formatPlace } from '../model/place.ts'
import { shortened } from '../report/plain.ts'
import { countSeverities } from '../report/validation.ts'

// What `generate` and `fn` say on stderr. Argo CD shows all of it as one block of text in the Application's condition, so: the
// verdict first, one finding per line, the worst first, the cause once more in the last line, 4 KiB at most.

// Room for findings within the 4 KiB, the first and the last line aside.
const BYTES_MAX = 3500
const LINE_MAX = 1200
const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 }

/** Text for stderr; empty when there is nothing to say. */
export function verdictText(findings: readonly Finding[]): string {
  if (findings.length === 0) return ''
  const sorted = [...findings].sort(
    (a, b) => RANK[a.severity] - RANK[b.severity] || comparePlaces(a.at, b.at),
  )
  const lines = [countText(findings)]
  let left = BYTES_MAX
  let told = 0
  for (const finding of sorted) {
    const line = findingLine(finding)
    left -= Buffer.byteLength(line)
    if (left < 0 && told > 0) break
    lines.push(line)
    told++
  }
  if (told < sorted.length) lines.push(`and ${sorted.length - told} more: run waybill validate`)
  return `${lines.join('\n')}\n`
}

/** One line about the first finding that fails the command. */
export function causeText(findings: readonly Finding[], failOn: Severity): string {
  const failing = findings.filter(({ severity }) => reaches(severity, failOn))
  const worst = [...failing].sort(
    (a, b) => RANK[a.severity] - RANK[b.severity] || comparePlaces(a.at, b.at),
  )[0]
  if (worst === undefined) return ''
  const more = failing.length > 1 ? ` (and ${failing.length - 1} more)` : ''
  return shortened(`${formatPlace(worst.at)}: ${worst.rule}: ${worst.message}${more}`, 400)
}

/** `2 errors, 1 warning`. */
function countText(findings: readonly Finding[]): string {
  const counts = countSeverities(findings)
  const parts: string[] = []
  for (const severity of ['error', 'warning', 'info'] as const) {
    const count = counts[severity]
    if (count > 0) parts.push(`${count} ${severity}${count > 1 && severity !== 'info' ? 's' : ''}`)
  }
  return parts.join(', ')
}

/** All of a finding in one line, without control characters. */
function findingLine({ severity, rule, at, subject, field, message, hint }: Finding): string {
  const about = [severity, rule, subject, field].filter((part) => part !== undefined).join(' ')
  const advice = hint === undefined ? '' : ` (hint: ${hint})`
  return shortened(`${formatPlace(at)}: ${about}: ${message}${advice}`, LINE_MAX)
}
