import type { FieldPath } from '../manifests/document.ts'
import { parseDuration } from '../model/duration.ts'
import { dig, type JsonObject, type JsonValue, member } from '../model/json.ts'
import { objectsOf } from './objects.ts'
import type { Rule } from './rule.ts'
import { itemsOf } from './specs.ts'

/**
 * Every field of ESO's kinds that is a Go duration, but the stores' refreshInterval, which takes
 * seconds as well.
 */
export const invalidDuration: Rule = {
  id: 'invalid-duration',
  severity: 'error',
  summary: 'intervals are Go durations',
  why: `Kubernetes reads intervals with Go's ParseDuration: a number and a unit, \`h m s ms us ns\`, as in \`1h30m\`. There are no
days, and a number alone is refused.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  refreshInterval: 1d
  secretStoreRef: {name: vault}
  dataFrom:
    - extract: {key: api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  refreshInterval: 24h
  secretStoreRef: {name: vault}
  dataFrom:
    - extract: {key: api}
`,
  *check(graph) {
    for (const { document, object, kind } of objectsOf(graph)) {
      for (const { path, value } of durationsOf(object, kind)) {
        if (typeof value !== 'string' || parseDuration(value) !== undefined) continue
        const message = `${JSON.stringify(value.slice(0, 64))} is not a Go duration`
        yield { document, path, message, hint: hintFor(value) }
      }
    }
  },
}

/** A duration as authored, whatever its type. */
interface Written {
  readonly path: FieldPath
  readonly value: JsonValue | undefined
}

/** Where each kind has one. */
const PATHS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  ExternalSecret: [['spec', 'refreshInterval']],
  ClusterExternalSecret: [
    ['spec', 'refreshTime'],
    ['spec', 'externalSecretSpec', 'refreshInterval'],
  ],
  PushSecret: [['spec', 'refreshInterval']],
  ClusterPushSecret: [
    ['spec', 'refreshTime'],
    ['spec', 'pushSecretSpec', 'refreshInterval'],
  ],
  SecretStore: [
    ['spec', 'retrySettings', 'retryInterval'],
    ['spec', 'provider', 'webhook', 'timeout'],
  ],
  ClusterSecretStore: [
    ['spec', 'retrySettings', 'retryInterval'],
    ['spec', 'provider', 'webhook', 'timeout'],
  ],
}

/** The fields of one kind, and those of its sync windows. */
function* durationsOf(object: JsonObject, kind: string): Generator<Written> {
  for (const path of Object.hasOwn(PATHS, kind) ? (PATHS[kind] ?? []) : []) {
    yield { path, value: dig(object, ...path) }
  }
  const spec = kind === 'ClusterExternalSecret' ? ['spec', 'externalSecretSpec'] : ['spec']
  const windows = dig(object, ...spec, 'syncWindows', 'windows')
  for (const { item, path } of itemsOf(windows, [...spec, 'syncWindows', 'windows'])) {
    yield { path: [...path, 'duration'], value: member(item, 'duration') }
  }
}

/** The usual slips: days, and a number without unit. */
function hintFor(value: string): string {
  const days = /^([0-9]{1,6})\s*(d|days?)$/i.exec(value.trim())
  if (days !== null) return `Go has no days: write ${Number(days[1]) * 24}h`
  if (/^[0-9]{1,9}$/.test(value)) return `a unit is missing: ${value}s, ${value}m or ${value}h`
  return 'write a number and a unit, such as 30s, 15m or 1h30m'
}
