import { dig, type JsonObject, text } from '../../model/json.ts'
import type { Answer, Payload } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { ProviderError } from '../provider.ts'
import { ask, listed, type OpenSecrets, parentOf, refused } from './ask.ts'
import { crc32c } from './crc32c.ts'
import type { GcpFault } from './fault.ts'

/** One version of a secret; `latest` by default. */
export interface VersionOf {
  readonly key: string
  readonly version: string
}

/** AccessSecretVersion. Rejects with ProviderError when nobody could log in. */
export async function readVersion(
  secrets: OpenSecrets,
  { key, version }: VersionOf,
  signal: AbortSignal,
): Promise<Answer> {
  const answer = await accessOnce(secrets, { key, version }, signal)
  const isDead = answer.outcome === 'absent' && answer.gone !== undefined
  if (!isDead || version !== 'latest' || !secrets.settings.fetchesLatest) return answer
  const newest = await newestEnabled(secrets, key, signal)
  return newest === undefined ? answer : accessOnce(secrets, { key, version: newest }, signal)
}

async function accessOnce(
  secrets: OpenSecrets,
  { key, version }: VersionOf,
  signal: AbortSignal,
): Promise<Answer> {
  const method = 'AccessSecretVersion'
  const path = `${parentOf(secrets)}/secrets/${key}/versions/${version}:access`
  const { reply, asker } = await ask(secrets, { method, path }, signal)
  if (reply.fault === undefined) return { outcome: 'found', payload: payloadOf(reply.json, key) }
  const gone = absence(reply.fault, { key, version })
  if (gone !== undefined) return gone
  throw refused(secrets, { method, key, asker }, reply.fault)
}

/**
 * Undefined for a fault that says nothing about the secret. A version that was disabled or destroyed is gone on purpose,
 * and says so under a name of its own.
 */
export function absence(
  { cause, remark }: GcpFault,
  { key, version }: VersionOf,
): Answer | undefined {
  if (cause === 'absent' && remark !== 'no-project') return { outcome: 'absent' }
  if (cause === 'precondition' && (remark === 'disabled' || remark === 'destroyed')) {
    const which = version === 'latest' ? 'the latest version' : `version ${version}`
    return { outcome: 'absent', gone: `${which} of ${JSON.stringify(key)} is ${remark}` }
  }
  return undefined
}

/** The version that was created last among those that may be read; undefined when there is none. */
async function newestEnabled(
  secrets: OpenSecrets,
  key: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = `${parentOf(secrets)}/secrets/${key}/versions`
  const question = { method: 'ListSecretVersions', path, filter: 'state:ENABLED', key } as const
  let newest: { readonly version: string; readonly createdMs: number } | undefined
  for await (const { name, state, createTime } of listed(secrets, question, signal)) {
    const version = lastSegment(text(name) ?? '')
    const createdMs = Date.parse(text(createTime) ?? '') || 0
    // The filter is Google's; the state is looked at again, because an emulator may not filter.
    const isReadable = state === 'ENABLED' && /^\d{1,20}$/.test(version)
    if (isReadable && createdMs >= (newest?.createdMs ?? 0)) newest = { version, createdMs }
  }
  return newest?.version
}

/** The name that a resource has below its parent. */
export function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

/** Throws ProviderError `malformed`: any JSON of any server would pass for an empty secret, and a bit may have been lost. */
function payloadOf(json: JsonObject, key: string): Payload {
  const broken = (what: string): ProviderError =>
    new ProviderError('malformed', `secretmanager answered for ${JSON.stringify(key)} ${what}`)
  const { name, payload } = json
  if (text(name) === undefined || payload === undefined) {
    throw broken('without a version: it is not Secret Manager, or something stands before it')
  }
  const data = text(dig(payload, 'data'))
  const bytes = data === undefined ? undefined : Buffer.from(data, 'base64')
  const sum = text(dig(payload, 'dataCrc32c'))
  if (bytes !== undefined && sum !== undefined && sum !== String(crc32c(bytes))) {
    throw broken('with bytes that do not fit their checksum')
  }
  return {
    dialect: 'gcp-secret-manager',
    text: bytes === undefined ? undefined : new SecretValue(bytes),
    binary: undefined,
    data: undefined,
    metadata: undefined,
  }
}
