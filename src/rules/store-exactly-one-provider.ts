import { isObject, member } from '../model/json.ts'
import { storesOf } from './objects.ts'
import type { Rule } from './rule.ts'

/**
 * R182. A provider that is null counts as absent; no `provider` at all is the schema's complaint.
 */
export const storeExactlyOneProvider: Rule = {
  id: 'store-exactly-one-provider',
  severity: 'error',
  summary: 'a store names exactly one provider',
  why: `A store reads from one provider; with none or two the API server and ESO's webhook refuse it (R182), and no reader
could tell which one is meant.`,
  bad: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault}
spec:
  provider:
    vault: {server: "https://vault.example", auth: {tokenSecretRef: {name: token, key: token}}}
    fake: {data: []}
`,
  good: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault}
spec:
  provider:
    vault: {server: "https://vault.example", auth: {tokenSecretRef: {name: token, key: token}}}
`,
  *check(graph) {
    for (const { document, store } of storesOf(graph)) {
      const provider = member(member(store.object, 'spec'), 'provider')
      if (!isObject(provider)) continue
      const names = Object.keys(provider).filter((name) => provider[name] !== null)
      if (names.length === 1) continue
      yield {
        document,
        path: ['spec', 'provider'],
        message: `expected exactly one provider, got ${names.length === 0 ? 'none' : names.join(' and ')}`,
        hint: names.length > 1 ? 'make a store of each' : undefined,
      }
    }
  },
}
