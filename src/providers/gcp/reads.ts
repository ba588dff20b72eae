import { stringMap } from '../../model/external-secret.ts'
import { type JsonValue, text } from '../../model/json.ts'
import type { Answer, Read } from '../../model/provider.ts'
import { ProviderError } from '../provider.ts'
import { ask, type OpenSecrets, parentOf, refused } from './ask.ts'
import { findSecrets } from './find.ts'
import { absence, readVersion } from './versions.ts'

// Which call answers which read; there is no batch:
//
//   a version                 AccessSecretVersion
//   latest, LatestOrFetch     AccessSecretVersion; if that version is off: ListSecretVersions, then AccessSecretVersion
//   metadataPolicy Fetch      GetSecret, which never holds the value
//   find                      ListSecrets in pages, then a call for each secret

type Get = Read & { readonly op: 'get' }

/** Trust: both become parts of a path. */
export const SECRET_ID = /^[A-Za-z0-9_-]{1,255}$/
const VERSION = /^[A-Za-z0-9_-]{1,63}$/

/** Throws ProviderError. */
export async function answerRead(
  secrets: OpenSecrets,
  read: Read,
  signal: AbortSignal,
): Promise<Answer> {
  if (read.op === 'find') return findSecrets(secrets, read, signal)
  if (read.op === 'get') return answerGet(secrets, read, signal)
  throw new ProviderError('unsupported', `gcpsm has nothing to ${read.op}`)
}

/** What Google would refuse anyway costs no call. */
async function answerGet(secrets: OpenSecrets, read: Get, signal: AbortSignal): Promise<Answer> {
  const { key, metadata } = read
  const version = read.version || 'latest'
  if (!SECRET_ID.test(key)) {
    const hint = key.includes('/secrets/')
      ? 'a key is the id of the secret alone; its project is that of the store'
      : 'an id has letters, digits, - and _ only'
    throw new ProviderError(
      'invalid',
      `${JSON.stringify(key)} is no id of a secret in Secret Manager`,
      hint,
    )
  }
  if (!VERSION.test(version)) {
    const hint = 'a version is a number, latest, or an alias'
    throw new ProviderError('invalid', `${JSON.stringify(version)} is no version of a secret`, hint)
  }
  return metadata
    ? readMetadata(secrets, key, signal)
    : readVersion(secrets, { key, version }, signal)
}

/** Upstream: on its wire an empty map is none at all, which is printed as null. */
function someOf(value: JsonValue | undefined): ReadonlyMap<string, string> | undefined {
  const map = stringMap(value)
  return map === undefined || map.size === 0 ? undefined : map
}

/** R158. */
async function readMetadata(
  secrets: OpenSecrets,
  key: string,
  signal: AbortSignal,
): Promise<Answer> {
  const method = 'GetSecret'
  const path = `${parentOf(secrets)}/secrets/${key}`
  const { reply, asker } = await ask(secrets, { method, path }, signal)
  if (reply.fault !== undefined) {
    const gone = absence(reply.fault, { key, version: 'latest' })
    if (gone !== undefined) return gone
    throw refused(secrets, { method, key, asker }, reply.fault)
  }
  const { json } = reply
  if (text(json.name) === undefined) {
    throw new ProviderError(
      'malformed',
      `secretmanager answered for ${JSON.stringify(key)} without its name`,
    )
  }
  return {
    outcome: 'found',
    payload: {
      dialect: 'gcp-secret-manager',
      text: undefined,
      binary: undefined,
      data: undefined,
      metadata: {
        tags: undefined,
        labels: someOf(json.labels),
        annotations: someOf(json.annotations),
        json: undefined,
      },
    },
  }
}
