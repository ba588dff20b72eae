import { cronProblem } from '../model/cron.ts'
import { dig, member, text } from '../model/json.ts'
import type { Rule } from './rule.ts'
import { itemsOf, specsOf } from './specs.ts'

/** R94. The schema's pattern lets `0 25 * * *` pass, so the fields are read here. */
export const invalidCron: Rule = {
  id: 'invalid-cron',
  severity: 'error',
  summary: 'schedules of syncWindows are five cron fields or a descriptor',
  why: `A schedule that does not parse counts as a window that never opens: with \`kind: allow\` the Secret is never refreshed
again, and nothing says so (R94). Schedules are UTC.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  syncWindows:
    kind: allow
    windows:
      - {schedule: "0 25 * * *", duration: 1h}
  dataFrom:
    - extract: {key: api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  syncWindows:
    kind: allow
    windows:
      - {schedule: "0 23 * * *", duration: 1h}
  dataFrom:
    - extract: {key: api}
`,
  *check(graph) {
    for (const { document, path, resource } of specsOf(graph)) {
      const at = [...path, 'syncWindows', 'windows']
      for (const { item, path: window } of itemsOf(dig(resource.syncWindows, 'windows'), at)) {
        const schedule = text(member(item, 'schedule'))
        const problem = schedule === undefined ? undefined : cronProblem(schedule)
        if (problem === undefined) continue
        yield {
          document,
          path: [...window, 'schedule'],
          message: problem,
          hint: 'write minute hour day month weekday, such as 30 2 * * 1-5, or @daily, or @every 1h',
        }
      }
    }
  },
}
