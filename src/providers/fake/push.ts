import type { PushBody, RemoteSecret } from '../../model/push.ts'
import { SecretValue } from '../../model/secret-value.ts'
import type { Store } from '../../model/store.ts'
import type { SecretWriter } from '../writer.ts'
import { decodeEntries } from './open.ts'

// Upstream: what is pushed to a fake store is kept in memory, as long as the process lives; here, as long as the store is
// open. Values that stand in the store itself are nobody's to overwrite, and nothing is ever removed.

/** Opens a fake store for writing. It needs no context, so that a simulation can open it. */
export async function openFakeWriter(store: Store): Promise<SecretWriter> {
  const declared = decodeEntries(store)
  const pushed = new Map<string, RemoteSecret>()
  return {
    dialect: 'fake',
    observe: async ({ remoteKey }) => {
      const entry = declared.get(remoteKey)
      return entry === undefined
        ? pushed.get(remoteKey)
        : remote({ shape: 'bytes', bytes: SecretValue.fromText(entry.value) }, false)
    },
    write: async ({ remoteKey, body }) => {
      pushed.set(remoteKey, remote(body, true))
    },
    remove: async ({ remoteKey }) => {
      pushed.delete(remoteKey)
    },
    close: async () => undefined,
  }
}

function remote(body: PushBody, isManaged: boolean): RemoteSecret {
  return { isManaged, body, marks: { labels: new Map(), annotations: new Map() }, revision: '' }
}
