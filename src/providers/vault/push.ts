import { stringMap } from '../../model/external-secret.ts'
import { dig } from '../../model/json.ts'
import {
  MANAGED_BY,
  MANAGER,
  type PushBody,
  type PushWrite,
  type RemoteSecret,
} from '../../model/push.ts'
import { vaultPaths } from '../../values/vault-path.ts'
import { ProviderError } from '../provider.ts'
import type { OpenWriter } from '../writer.ts'
import { ask, isAbsent, type OpenVaultStore } from './ask.ts'
import { readData } from './data.ts'
import { openDoor } from './door.ts'
import { marked, unmarked } from './kv1-mark.ts'
import { openSession } from './session.ts'

// KV as the target of a push. Of KV v2 the metadata are read first: they hold the mark and the version that the write names
// in `cas`, so that nothing newer is overwritten, whether the engine demands it or not. KV v1 has neither.

/** Opens writers with these limits. */
export function vaultWriter({ requestMs }: { readonly requestMs: number }): OpenWriter {
  return async (store, context) => {
    const opening = { store, context }
    const door = await openDoor(opening, `spec.provider.${store.provider}`, requestMs)
    const session = openSession(door)
    await session.token(context.signal)
    const vault = { ...door, session }
    const isV1 = vault.settings.version === 'v1'
    return {
      dialect: isV1 ? 'vault-kv1' : 'vault-kv2',
      observe: ({ remoteKey }, signal) => {
        const paths = pathsOf(vault, remoteKey)
        return isV1 ? observeV1(vault, paths, signal) : observeV2(vault, paths, signal)
      },
      write: (write, signal) => {
        const paths = pathsOf(vault, write.remoteKey)
        return isV1
          ? writeV1(vault, write, { paths, signal })
          : writeV2(vault, write, { paths, signal })
      },
      remove: async ({ remoteKey }, _, signal) => {
        const { data, metadata } = pathsOf(vault, remoteKey)
        // Of KV v2 this is every version: a value that was withdrawn is not to be read from an older one.
        const path = isV1 ? data : metadata
        await ask(vault, { method: 'delete', path, query: '', call: 'vault:delete' }, signal)
      },
      close: vault.session.close,
    }
  }
}

/** The opener that `openWriter` uses. */
export const openVaultWriter: OpenWriter = vaultWriter({ requestMs: 10_000 })

/** Request paths of one secret. */
interface Paths {
  readonly data: string
  readonly metadata: string
}

function pathsOf({ settings }: OpenVaultStore, key: string): Paths {
  if (!/[^/]/.test(key)) throw new ProviderError('invalid', 'the remote key is empty')
  const { data, metadata } = vaultPaths({ path: settings.path, version: settings.version, key })
  if (metadata !== undefined) return { data, metadata }
  throw new ProviderError(
    'invalid',
    `key ${JSON.stringify(key)} names no path of metadata`,
    'set spec.provider.vault.path, or write the key with /data/',
  )
}

/** A version that was deleted counts as none, whoever wrote it, as upstream. */
async function observeV2(
  vault: OpenVaultStore,
  { data, metadata }: Paths,
  signal: AbortSignal,
): Promise<RemoteSecret | undefined> {
  const question = { method: 'read' as const, path: metadata, query: '', call: 'vault:metadata' }
  const answer = await ask(vault, question, signal)
  if (isAbsent(answer, metadata, vault)) return undefined
  const current = dig(answer.json, 'data', 'current_version')
  const labels = stringMap(dig(answer.json, 'data', 'custom_metadata')) ?? new Map<string, string>()
  const body = current === 0 ? undefined : await bodyAt(vault, data, signal)
  return {
    isManaged: body === undefined || labels.get(MANAGED_BY) === MANAGER,
    body,
    marks: { labels, annotations: new Map() },
    revision: typeof current === 'number' ? String(current) : '',
  }
}

async function bodyAt(
  vault: OpenVaultStore,
  path: string,
  signal: AbortSignal,
): Promise<PushBody | undefined> {
  const answer = await readData(vault, { path, version: undefined }, signal)
  if (answer.outcome !== 'found' || answer.payload.text === undefined) return undefined
  return { shape: 'bytes', bytes: answer.payload.text }
}

async function observeV1(
  vault: OpenVaultStore,
  { data }: Paths,
  signal: AbortSignal,
): Promise<RemoteSecret | undefined> {
  const body = await bodyAt(vault, data, signal)
  return body?.shape === 'bytes' ? unmarked(body.bytes) : undefined
}

/** What a write needs besides itself. */
interface Writing {
  readonly paths: Paths
  readonly signal: AbortSignal
}

async function writeV1(
  vault: OpenVaultStore,
  { body }: PushWrite,
  { paths, signal }: Writing,
): Promise<void> {
  await put(vault, { path: paths.data, body: marked(textOf(body)) }, signal)
}

/** The mark first: a kill between the two leaves a secret without a value that is known to be ours. */
async function writeV2(
  vault: OpenVaultStore,
  { body, marks, observed }: PushWrite,
  { paths, signal }: Writing,
): Promise<void> {
  const isMarked = observed?.marks.labels.get(MANAGED_BY) === MANAGER
  if (!isMarked) {
    const metadata = { custom_metadata: Object.fromEntries(marks.labels) }
    await put(vault, { path: paths.metadata, body: metadata }, signal)
  }
  const cas = Number(observed?.revision ?? 0)
  const text = `{"data":${textOf(body)},"options":{"cas":${cas}}}`
  await put(vault, { path: paths.data, body: text }, signal)
}

/** A 404 of a write is no absence: nothing is mounted there. */
async function put(
  vault: OpenVaultStore,
  { path, body }: { readonly path: string; readonly body: object | string },
  signal: AbortSignal,
): Promise<void> {
  const question = { method: 'write' as const, path, query: '', call: 'vault:write', body }
  const answer = await ask(vault, question, signal)
  if (answer.status === 404) throw new ProviderError('invalid', `vault has no engine at ${path}`)
}

function textOf(body: PushBody): string {
  return body.shape === 'bytes' ? new TextDecoder().decode(body.bytes.reveal()) : '{}'
}
