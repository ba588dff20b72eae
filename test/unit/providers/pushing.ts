import type { JsonObject } from '../../../src/model/json.ts'
import { parityOf } from '../../../src/model/parity.ts'
import type { PushItem } from '../../../src/model/push.ts'
import { decodePushData, decodePushSecret, type PushData } from '../../../src/model/push-secret.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import type { Store } from '../../../src/model/store.ts'
import { OPEN_POLICY, type StorePolicy } from '../../../src/model/store-policy.ts'
import type { OpenWriter } from '../../../src/providers/writer.ts'
import { pushToStore, type StorePushed } from '../../../src/sync/push/one-store.ts'
import type { PushPorts } from '../../../src/sync/push/ports.ts'
import type { TestOpening } from './opening.ts'

// Pushing into one open store, as a run does it: read, plan, write.

/** One entry of a push, in short. */
export interface Pushed {
  readonly key: string
  readonly value?: string
  readonly property?: string
  readonly metadata?: JsonObject
  /** Several keys, pushed as a whole. */
  readonly whole?: Readonly<Record<string, string>>
}

export interface PushCase {
  readonly store: Store
  readonly open: OpenWriter
  readonly opening: TestOpening
  readonly spec?: JsonObject
  readonly remembered?: readonly Pushed[]
  readonly dropped?: readonly Pushed[]
  readonly isDryRun?: boolean
  readonly deadlineMs?: number
  readonly policy?: StorePolicy
}

export function entryOf({ key, property, metadata, whole }: Pushed): PushData {
  return decodePushData({
    match: {
      ...(whole === undefined ? { secretKey: 'k' } : {}),
      remoteRef: { remoteKey: key, ...(property === undefined ? {} : { property }) },
    },
    ...(metadata === undefined ? {} : { metadata }),
  })
}

export function itemOf(pushed: Pushed, at = 0): PushItem {
  const values = pushed.whole ?? { k: pushed.value ?? '' }
  const data = new Map(
    Object.entries(values).map(([key, text]) => [key, SecretValue.fromText(text)] as const),
  )
  return {
    field: `spec.data[${at}]`,
    entry: entryOf(pushed),
    source: {
      subject: 'Secret shop/source',
      type: 'Opaque',
      data,
      marks: { labels: new Map(), annotations: new Map() },
    },
    bundled: [],
  }
}

export function push(
  { store, open, opening, spec = {}, remembered = [], dropped = [], ...options }: PushCase,
  pushes: readonly Pushed[],
): Promise<StorePushed> {
  const pushSecret = decodePushSecret({ metadata: { name: 'ps', namespace: 'shop' }, spec })
  const named = (list: readonly Pushed[]): ReadonlyMap<string, PushData> =>
    new Map(list.map((pushed) => [nameOf(pushed), entryOf(pushed)]))
  return pushToStore(
    {
      store: { name: `${store.kind}/${store.name}`, store, labels: new Map() },
      items: pushes.map(itemOf),
      remembered: named([...remembered, ...dropped]),
      dropped: dropped.map(entryOf),
    },
    pushSecret,
    portsOf(open, opening, options),
  )
}

function nameOf({ key, property }: Pushed): string {
  return property === undefined ? key : `${key}/${property}`
}

function portsOf(
  open: OpenWriter,
  { context }: TestOpening,
  {
    isDryRun = false,
    deadlineMs = 5000,
    policy = OPEN_POLICY,
  }: Pick<PushCase, 'isDryRun' | 'deadlineMs' | 'policy'>,
): PushPorts {
  const unused = (): never => {
    throw new Error('not asked for one store')
  }
  return {
    lookup: unused,
    secretsWith: unused,
    storesOf: unused,
    reading: {
      gate: unused,
      policy,
      generators: { find: unused, answer: unused },
      signal: context.signal,
      deadlineMs,
    },
    engines: { patterns: unused, templates: unused, enginesFor: unused },
    controllerClass: 'default',
    open: (store, { signal }) => open(store, { ...context, signal }),
    parity: parityOf('waybill'),
    keepsLost: undefined,
    isDryRun,
  }
}
