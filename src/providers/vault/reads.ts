import type { Answer, Read } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { vaultPaths } from '../../values/vault-path.ts'
import { failureOf, ProviderError } from '../provider.ts'
import type { OpenVaultStore } from './ask.ts'
import { found, readData } from './data.ts'
import { findSecrets } from './find.ts'
import { metadataText } from './metadata.ts'

/** A read of one key. */
type Get = Read & { readonly op: 'get' }

/** One read, one call. Rejects only when the signal is aborted. */
export async function answerRead(
  vault: OpenVaultStore,
  read: Read,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    if (read.op === 'find') return await findSecrets(vault, read, signal)
    if (read.op !== 'get') throw new ProviderError('unsupported', `vault has nothing to ${read.op}`)
    // Without this an empty key would read the mount itself.
    if (!/[^/]/.test(read.key)) throw new ProviderError('invalid', 'the key is empty')
    return read.metadata
      ? await readMetadata(vault, read, signal)
      : await readKey(vault, read, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ProviderError)) throw error
    return { outcome: 'failed', failure: failureOf(error) }
  }
}

/** R133: the path is ESO's spelling of mount, `data/` and key. */
function readKey(
  vault: OpenVaultStore,
  { key, version }: Get,
  signal: AbortSignal,
): Promise<Answer> {
  const { settings } = vault
  const { data: path } = vaultPaths({ path: settings.path, version: settings.version, key })
  return readData(vault, { path, version }, signal)
}

/** R142. A missing entry is an error here, not an absence: it says nothing about the value. */
async function readMetadata(
  vault: OpenVaultStore,
  { key }: Get,
  signal: AbortSignal,
): Promise<Answer> {
  const { version, path: mount } = vault.settings
  if (version === 'v1') {
    throw new ProviderError(
      'unsupported',
      'cannot perform metadata fetch operations with kv version v1',
    )
  }
  const { metadata: path } = vaultPaths({ path: mount, version, key })
  if (path === undefined) {
    throw new ProviderError(
      'invalid',
      `key ${JSON.stringify(key)} names no path of metadata`,
      'set path of the store, or write the key with /data/',
    )
  }
  const text = await metadataText(vault, path, signal)
  if (text === undefined) {
    throw new ProviderError('invalid', `secret not found: vault has no metadata at ${path}`)
  }
  const json = SecretValue.fromText(text)
  const metadata = { tags: undefined, labels: undefined, annotations: undefined, json }
  return found({ dialect: 'vault-kv2', metadata })
}
