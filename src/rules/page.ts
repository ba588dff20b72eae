import type { OtherFinding } from './other-findings.ts'
import type { Rule } from './rule.ts'

/** The page of a rule for a terminal. */
export function rulePageText({ id, severity, summary, why, bad, good }: Rule): string {
  const parts = [
    `${id} (${severity})`,
    summary,
    why,
    'bad:',
    indented(bad),
    'good:',
    indented(good),
  ]
  return `${parts.join('\n\n')}\n`
}

/** The page of a rule for docs/rules. */
export function rulePageMarkdown({ id, severity, summary, why, bad, good }: Rule): string {
  const parts = [
    `# ${id}`,
    `**${severity}**: ${summary}.`,
    why,
    'Bad:',
    fenced(bad),
    'Good:',
    fenced(good),
    'A finding fails a command when its severity reaches `--fail-on`.',
  ]
  return `${parts.join('\n\n')}\n`
}

/** The page of a finding that no rule yields. */
export function findingPageText({ id, severity, summary, why }: OtherFinding): string {
  return `${[`${id} (${severity})`, summary, why].join('\n\n')}\n`
}

/** The same for docs/rules. */
export function findingPageMarkdown({ id, severity, summary, why }: OtherFinding): string {
  return `${[`# ${id}`, `**${severity}**: ${summary}.`, why].join('\n\n')}\n`
}

/** Two blanks before every line but empty ones. */
function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')
}

function fenced(text: string): string {
  return `\`\`\`yaml\n${text.trimEnd()}\n\`\`\``
}
