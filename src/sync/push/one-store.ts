import type { OutcomeError } from '../../model/outcome.ts'
import type { PushData, PushSecret } from '../../model/push-secret.ts'
import type { SecretWriter } from '../../providers/writer.ts'
import { deadline } from '../deadline.ts'
import { createLanes } from '../lanes.ts'
import { failureOf, type KeyPush, pushKey, type StorePush } from './one-key.ts'
import type { PushPorts } from './ports.ts'
import type { PushedChange, Told } from './result.ts'

// One store of a push: read what is there, plan, write; every remote key by itself, so that one failure costs one key.

/** What has happened in one store. */
export interface StorePushed {
  readonly changes: readonly PushedChange[]
  readonly errors: readonly OutcomeError[]
  readonly synced: ReadonlyMap<string, PushData>
}

const KEYS_AT_ONCE = 8

/** Opens the store, pushes, closes it. Never rejects for a failure of the world. */
export async function pushToStore(
  push: StorePush,
  pushSecret: PushSecret,
  ports: PushPorts,
): Promise<StorePushed> {
  const { reading } = ports
  const { store } = push.store
  const signal = deadline(reading.signal, reading.deadlineMs)
  let writer: SecretWriter
  try {
    writer = await ports.open(store, { namespace: pushSecret.namespace, signal })
  } catch (error) {
    return unopened(push, failureOf(error, ports))
  }
  try {
    const lanes = createLanes(KEYS_AT_ONCE)
    const keys = groupByKey(push)
    const done = await Promise.all(
      keys.map((key) => lanes(() => pushKey(key, { push, pushSecret, ports, writer }))),
    )
    return {
      changes: done.map(({ change }) => change),
      errors: done.flatMap(({ errors }) => errors),
      synced: new Map(done.flatMap(({ synced }) => [...synced])),
    }
  } finally {
    await writer.close()
  }
}

/** Everything that is remembered stays so: nothing is known about it. */
function unopened({ store, remembered, items }: StorePush, told: Told): StorePushed {
  const field = items[0]?.field ?? ''
  const message = `${store.name}: ${told.message}`
  return { changes: [], errors: [{ code: told.code, field, message }], synced: remembered }
}

/** In the order in which the entries were written. */
function groupByKey({ items, dropped }: StorePush): readonly KeyPush[] {
  const keys = [...items.map(({ entry }) => entry), ...dropped].map(({ remoteKey }) => remoteKey)
  return [...new Set(keys)].map((remoteKey) => ({
    remoteKey,
    items: items.filter(({ entry }) => entry.remoteKey === remoteKey),
    dropped: dropped.filter((entry) => entry.remoteKey === remoteKey),
  }))
}
