import { parseDuration } from '../model/duration.ts'
import { type JsonValue, member } from '../model/json.ts'
import { storesOf } from './objects.ts'
import type { Rule } from './rule.ts'

/** R182. Other types than number and text are the schema's complaint. */
export const storeRefreshInterval: Rule = {
  id: 'store-refresh-interval',
  severity: 'error',
  summary: "a store's refreshInterval is seconds or a Go duration, and not negative",
  why: `Stores take a number of seconds or a Go duration; ESO's webhook refuses everything else (R182). ExternalSecrets take a
Go duration only.`,
  bad: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fixtures}
spec:
  refreshInterval: 1d
  provider: {fake: {data: []}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fixtures}
spec:
  refreshInterval: 24h
  provider: {fake: {data: []}}
`,
  *check(graph) {
    for (const { document, store } of storesOf(graph)) {
      const message = problemOf(member(member(store.object, 'spec'), 'refreshInterval'))
      if (message === undefined) continue
      yield {
        document,
        path: ['spec', 'refreshInterval'],
        message,
        hint: 'write seconds such as 300, or a Go duration such as 5m or 1h30m',
      }
    }
  },
}

/** Text of digits alone is seconds, as with ESO; empty text is unset. */
function problemOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number') return value < 0 ? 'must not be negative' : undefined
  if (typeof value !== 'string' || value === '') return undefined
  const seconds = /^[+-]?[0-9]+$/.test(value) ? BigInt(value) : undefined
  const interval = seconds ?? parseDuration(value)
  if (interval === undefined) return `${JSON.stringify(value)} is neither seconds nor a Go duration`
  return interval < 0n ? 'must not be negative' : undefined
}
