import { RULES } from '../rules/list.ts'
import { OTHER_FINDINGS } from '../rules/other-findings.ts'
import { findingPageText, rulePageText } from '../rules/page.ts'
import { nearest } from '../rules/spelling.ts'
import { EXIT, UsageError } from './exit.ts'
import type { Command } from './invocation.ts'

/** `waybill explain RULE`: the rule's page; without a rule, the list of all. */
export const explain: Command = async ({ operands, io }) => {
  if (operands.length > 1) throw new UsageError(`explain takes one rule, got ${operands.length}`)
  const [id] = operands
  await io.writeOut(new TextEncoder().encode(id === undefined ? listText() : pageOf(id)))
  return EXIT.clean
}

const PAGES = [...RULES, ...OTHER_FINDINGS]

function pageOf(id: string): string {
  const rule = RULES.find((one) => one.id === id)
  if (rule !== undefined) return rulePageText(rule)
  const finding = OTHER_FINDINGS.find((one) => one.id === id)
  if (finding !== undefined) return findingPageText(finding)
  const ids = PAGES.map((one) => one.id)
  const guess = nearest(id, ids)
  const advice = guess === undefined ? 'waybill explain lists them' : `did you mean ${guess}?`
  throw new UsageError(`no rule is called ${JSON.stringify(id)}; ${advice}`)
}

function listText(): string {
  const width = Math.max(...PAGES.map(({ id }) => id.length))
  return PAGES.map(
    ({ id, severity, summary }) => `${id.padEnd(width)}  ${severity.padEnd(7)}  ${summary}\n`,
  ).join('')
}
