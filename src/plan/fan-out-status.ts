import { FAN_OUTS, type FanOut } from '../model/fan-out.ts'
import { dig, isArray, type JsonObject, member, text } from '../model/json.ts'

// Status of a ClusterExternalSecret or ClusterPushSecret, in ESO's words (R106): Ready has no reason for the one, and the
// schema of the other takes one, which `kubectl get` prints.

/** A namespace that does not have what it should. */
export interface NamespaceFailure {
  readonly namespace: string
  readonly reason: string
}

/** What a look at all namespaces came to. */
export interface FannedOut {
  readonly provisioned: readonly string[]
  readonly failed: readonly NamespaceFailure[]
}

const FAILED = 'one or more namespaces failed'

/** The status as it should be; `now` is RFC 3339. */
export function fanOutStatus(fanOut: FanOut, fannedOut: FannedOut, now: string): JsonObject {
  const { kind, childName } = fanOut
  const isReady = fannedOut.failed.length === 0
  const condition = {
    type: 'Ready',
    status: isReady ? 'True' : 'False',
    ...(isReady ? {} : { message: FAILED }),
  }
  return {
    [FAN_OUTS[kind].nameField]: childName,
    provisionedNamespaces: [...fannedOut.provisioned].sort(),
    failedNamespaces: fannedOut.failed
      .toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1))
      .map(({ namespace, reason }) => ({ namespace, reason })),
    conditions: [kind === 'ClusterPushSecret' ? dated(condition, fanOut, now) : condition],
  }
}

/** The time is that of the last change of `status`. */
function dated(
  condition: { readonly status: string },
  { object }: FanOut,
  now: string,
): JsonObject {
  const conditions = dig(object, 'status', 'conditions')
  const before = isArray(conditions)
    ? conditions.find((item) => member(item, 'type') === 'Ready')
    : undefined
  const isSame = member(before, 'status') === condition.status
  const since = isSame ? text(member(before, 'lastTransitionTime')) : undefined
  const reason = condition.status === 'True' ? 'Synced' : 'Errored'
  return { ...condition, reason, lastTransitionTime: since ?? now }
}
