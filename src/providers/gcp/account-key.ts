import type { KeyObject } from 'node:crypto'
import { text } from '../../model/json.ts'
import type { SecretValue } from '../../model/secret-value.ts'
import { rsaKeyOf, signRs256 } from '../jwt.ts'
import { ProviderError } from '../provider.ts'
import { revealText } from '../references.ts'
import { parseObject } from './call.ts'
import { TOKEN_URI } from './endpoints.ts'

/** A service account's own key, from the JSON file that Google gives out once. */
export interface ServiceAccountKey {
  readonly email: string
  readonly keyId: string
  /** Audience of what it signs for Google. */
  readonly tokenUri: string
  readonly key: KeyObject
}

/** Older files name older addresses of the same service. */
const TOKEN_URIS: ReadonlySet<string> = new Set([
  TOKEN_URI,
  'https://accounts.google.com/o/oauth2/token',
  'https://www.googleapis.com/oauth2/v3/token',
  'https://www.googleapis.com/oauth2/v4/token',
])

const HINT = 'it wants the whole file of: gcloud iam service-accounts keys create'

/**
 * Reads the JSON of a key. `where` names the place that it was found at. Throws ProviderError.
 *
 * Trust: `token_uri` says where a login goes; only Google's own is taken.
 */
export function readServiceAccountKey(json: SecretValue, where: string): ServiceAccountKey {
  const file = parseObject(revealText(json))
  const broken = (what: string): ProviderError =>
    new ProviderError('invalid', `the service account key in ${where} ${what}`, HINT)
  if (file === undefined) throw broken('is no JSON object')
  if (text(file.type) !== 'service_account') throw broken('is not of type service_account')
  const email = text(file.client_email) ?? ''
  if (!isServiceAccountEmail(email)) throw broken('has no client_email of a service account')
  const tokenUri = text(file.token_uri) ?? TOKEN_URI
  if (!TOKEN_URIS.has(tokenUri)) throw broken('has a token_uri that is not one of Google')
  const key = rsaKeyOf(text(file.private_key) ?? '')
  if (key === undefined) throw broken('has no private_key that is an RSA key in PEM')
  return { email, keyId: text(file.private_key_id) ?? '', tokenUri, key }
}

/** It becomes a part of a URL. */
export function isServiceAccountEmail(email: string): boolean {
  return /^[a-z0-9-]{1,63}@[a-z0-9.-]{1,190}$/.test(email)
}

/** A JWT by RS256 with exactly these claims. It is a credential. */
export function signJwt(
  { key, keyId }: ServiceAccountKey,
  claims: Readonly<Record<string, string | number>>,
): string {
  return signRs256(key, claims, { kid: keyId })
}
