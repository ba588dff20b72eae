import { dig, isObject, member } from '../../model/json.ts'
import type { Answer, Payload } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { ProviderError } from '../provider.ts'
import type { VaultAnswer } from './answer.ts'
import { ask, isAbsent, type OpenVaultStore } from './ask.ts'
import { rawMember } from './raw-json.ts'

/** The data map at a path below `/v1/`; KV v2 may be asked for a version. Throws ProviderError. */
export async function readData(
  vault: OpenVaultStore,
  { path, version }: { readonly path: string; readonly version: string | undefined },
  signal: AbortSignal,
): Promise<Answer> {
  const isV2 = vault.settings.version === 'v2'
  const query = isV2 && version !== undefined && version !== '' ? versionQuery(path, version) : ''
  const answer = await ask(vault, { method: 'read', path, query, call: 'vault:read' }, signal)
  if (isAbsent(answer, path, vault))
    return isV2 ? absentVersion(answer, path) : { outcome: 'absent' }
  return isV2 ? payloadV2(answer, path) : payloadV1(answer, path)
}

/** Trust: the version comes from a tenant and goes into a query. */
function versionQuery(path: string, version: string): string {
  if (/^\d{1,9}$/.test(version)) return `?version=${version}`
  throw new ProviderError(
    'invalid',
    `version ${JSON.stringify(version)} of vault ${path} is no number`,
    'versions of KV v2 are 1, 2, 3 …',
  )
}

/** KV v2 keeps the metadata of a version that it no longer has: then the version was there, and is gone. */
function absentVersion({ json }: Pick<VaultAnswer, 'json'>, path: string): Answer {
  const metadata = dig(json, 'data', 'metadata')
  const version = dig(metadata, 'version')
  if (typeof version !== 'number') return { outcome: 'absent' }
  // As people name it for `vault kv`; the API has `data` between mount and key.
  const secret = path.replace('/data/', () => '/')
  const fate = dig(metadata, 'destroyed') === true ? 'is destroyed' : 'was deleted'
  return { outcome: 'absent', gone: `version ${version} of ${secret} ${fate}` }
}

/** A deleted version may also come as 200 with a null: gone, not malformed (R138). */
function payloadV2({ json, text }: VaultAnswer, path: string): Answer {
  const data = dig(json, 'data', 'data')
  if (data === null) return absentVersion({ json }, path)
  const raw = isObject(data) ? rawMember(rawMember(text, 'data') ?? '', 'data') : undefined
  if (raw === undefined) {
    throw new ProviderError(
      'malformed',
      `vault path ${path} holds no data map of KV v2`,
      'if the engine is KV v1, set version of the store to v1',
    )
  }
  return found({ dialect: 'vault-kv2', text: SecretValue.fromText(raw) })
}

/** KV v1 has no versions and no metadata: `data` is the secret. */
function payloadV1({ json, text }: VaultAnswer, path: string): Answer {
  const data = member(json, 'data')
  const raw = isObject(data) || data === null ? rawMember(text, 'data') : undefined
  if (raw === undefined)
    throw new ProviderError('malformed', `vault path ${path} holds no data map`)
  return found({ dialect: 'vault-kv1', text: SecretValue.fromText(raw) })
}

/** A payload with what is given, and nothing else. */
export function found({
  dialect,
  text,
  metadata,
}: Pick<Payload, 'dialect'> & Partial<Pick<Payload, 'text' | 'metadata'>>): Answer {
  const payload = { dialect, text, binary: undefined, data: undefined, metadata }
  return { outcome: 'found', payload }
}
