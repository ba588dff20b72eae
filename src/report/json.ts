import type { Finding } from '../model/finding.ts'
import { countSeverities, resourceCount, type Validation } from './validation.ts'

// `ValidationReport` of waybill.dev/v1: members are added, never renamed or removed.

/** The whole report as JSON, ending in a newline. */
export function jsonReport({ findings, counts }: Validation): string {
  const report = {
    apiVersion: 'waybill.dev/v1',
    kind: 'ValidationReport',
    summary: { resources: resourceCount(counts), ...counts, findings: countSeverities(findings) },
    findings: findings.map(jsonFinding),
  }
  return `${JSON.stringify(report, undefined, 2)}\n`
}

function jsonFinding({ rule, severity, at, subject, field, message, hint }: Finding): object {
  const { file, line, column } = at
  // JSON leaves out what is undefined.
  return { rule, severity, file, line, column, subject, field, message, hint }
}
