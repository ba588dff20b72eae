import { text } from '../../model/json.ts'
import {
  MANAGED_BY,
  MANAGER,
  type PushBody,
  type PushDialect,
  type RemotePlace,
  type RemoteSecret,
} from '../../model/push.ts'
import type { Store } from '../../model/store.ts'
import { openFakeWriter } from '../../providers/fake/push.ts'
import { ProviderError } from '../../providers/provider.ts'
import { canWrite, readOnly } from '../../providers/push.ts'
import { unmarked } from '../../providers/vault/kv1-mark.ts'
import { dialectOf, type FixturePayload, latestOf, payloadOf } from '../fixture-payload.ts'
import { type Fixtures, fixturesOf } from '../fixtures.ts'
import type { PushPorts } from './ports.ts'

// Providers out of a fixtures file that can be written to: what is pushed stays in memory, so that the next PushSecret of the
// same simulation finds it. `tags` and `metadata` of a payload are its marks.

/** Opens the stores of one simulation. A fake store holds what stands in it, as everywhere. */
export function simulatedWriters(fixtures: Fixtures): PushPorts['open'] {
  // Undefined: removed.
  const written = new Map<string, RemoteSecret | undefined>()
  return async (store) => {
    if (store.provider === 'fake') return openFakeWriter(store)
    const dialect = pushDialectOf(store)
    const payloads = fixturesOf(store, fixtures)
    if ('failure' in payloads) {
      const { code, message, hint } = payloads.failure
      throw new ProviderError(code, message, hint)
    }
    return {
      dialect,
      observe: async (place) => {
        const key = placeKey(store, place)
        const payload = payloads.get(place.remoteKey)
        return written.has(key) ? written.get(key) : remoteOf(place, payload, { store, dialect })
      },
      write: async (write) => {
        const { body, marks } = write
        written.set(placeKey(store, write), { isManaged: true, body, marks, revision: '' })
      },
      remove: async (place) => {
        written.set(placeKey(store, place), undefined)
      },
      close: async () => undefined,
    }
  }
}

/** Throws ProviderError for what only reads. */
function pushDialectOf(store: Store): PushDialect {
  const dialect = dialectOf(store)
  const isReadOnly =
    dialect === 'webhook' || dialect === 'webhook-json' || dialect === 'azure-key-vault'
  if (isReadOnly || !canWrite(store.provider)) throw readOnly(store)
  return dialect
}

/** A remote key is one of its namespace, where the metadata of a push may name one. */
function placeKey({ kind, namespace, name }: Store, { remoteKey, spec }: RemotePlace): string {
  return JSON.stringify([kind, namespace, name, text(spec.remoteNamespace) ?? '', remoteKey])
}

/** What a payload is to a push. Throws ProviderError where the file says that the provider refuses. */
function remoteOf(
  { remoteKey }: RemotePlace,
  payload: FixturePayload | undefined,
  { store, dialect }: { readonly store: Store; readonly dialect: PushDialect },
): RemoteSecret | undefined {
  if (payload === undefined) return undefined
  const version = latestOf(payload)
  const error = payload.error ?? version?.error
  if (error === 'absent') return undefined
  if (error !== undefined) {
    throw new ProviderError(error, `the provider refused to read ${remoteKey}: ${error}`)
  }
  const labels = new Map([...(payload.metadata ?? []), ...(payload.tags ?? [])])
  const body = version && bodyOf(payloadOf(version, store))
  const isMarked = labels.get(MANAGED_BY) === MANAGER
  if (dialect === 'vault-kv1' && body?.shape === 'bytes') {
    const remote = unmarked(body.bytes)
    return { ...remote, isManaged: remote.isManaged || isMarked }
  }
  return {
    isManaged: isMarked || dialect === 'kubernetes' || (dialect === 'vault-kv2' && !body),
    body,
    marks: { labels, annotations: new Map() },
    revision: '',
  }
}

function bodyOf({ data, text: whole, binary }: ReturnType<typeof payloadOf>): PushBody | undefined {
  if (data !== undefined) return { shape: 'data', data }
  const bytes = whole ?? binary
  return bytes && { shape: 'bytes', bytes }
}
