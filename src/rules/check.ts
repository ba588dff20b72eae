import { objectKey, type SecretGraph } from '../graph/graph.ts'
import { formatPath } from '../manifests/document.ts'
import { compareFindings, type Finding } from '../model/finding.ts'
import { RULES } from './list.ts'
import type { Problem, Rule, RuleTools } from './rule.ts'

/** Without the pattern engine no pattern is complained about. */
const NO_TOOLS: RuleTools = { patternProblem: () => undefined }

/** What every rule finds, by place. Equal graphs give equal findings, whatever the order of their documents. */
export function check(
  graph: SecretGraph,
  tools: RuleTools = NO_TOOLS,
  rules: readonly Rule[] = RULES,
): readonly Finding[] {
  const findings = rules.flatMap((rule) =>
    [...rule.check(graph, tools)].map((problem) => finding(problem, rule, graph.defaultNamespace)),
  )
  return withoutEchoes(findings).sort(compareFindings)
}

function finding(
  { document, path, isAboutKey, message, hint, severity }: Problem,
  rule: Rule,
  defaultNamespace: string,
): Finding {
  return {
    rule: rule.id,
    severity: severity ?? rule.severity,
    at: path.length === 0 ? document.at : document.locate(path, isAboutKey),
    subject: objectKey(document.object, defaultNamespace),
    field: path.length === 0 ? undefined : formatPath(path),
    message,
    hint,
  }
}

/** Where another rule speaks about the same field with the same weight, it knows more than the schema does. */
function withoutEchoes(findings: readonly Finding[]): Finding[] {
  const told = new Set(findings.filter(({ rule }) => rule !== 'schema').map(spotOf))
  return findings.filter((one) => one.rule !== 'schema' || !told.has(spotOf(one)))
}

/** Two findings about one spot; the message does not count. */
function spotOf({ at, subject, field, severity }: Finding): string {
  return JSON.stringify([at.file, at.line, at.column, subject, field, severity])
}
