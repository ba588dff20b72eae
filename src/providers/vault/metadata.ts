import { ProviderError } from '../provider.ts'
import { ask, isAbsent, type OpenVaultStore } from './ask.ts'
import { rawMember } from './raw-json.ts'

/** JSON text of what KV v2 keeps at this metadata path; undefined when there is nothing. Throws ProviderError. */
export async function metadataText(
  vault: OpenVaultStore,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const question = { method: 'read' as const, path, query: '', call: 'vault:metadata' }
  const answer = await ask(vault, question, signal)
  if (isAbsent(answer, path, vault)) return undefined
  const raw = rawMember(answer.text, 'data')
  if (raw === undefined) throw new ProviderError('malformed', `vault path ${path} has no metadata`)
  return raw
}
