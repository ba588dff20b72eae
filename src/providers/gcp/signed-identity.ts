import { text } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { ProviderError } from '../provider.ts'
import { signJwt } from './account-key.ts'
import type { GcpDoor } from './door.ts'
import { answered, type Explained, jsonBody } from './exchange.ts'
import { keyOf, logIn } from './identity.ts'
import { askMetadata } from './metadata-server.ts'

/** For whom a token is, and how long. */
export interface SignedFor {
  readonly audience: string
  readonly seconds: number
}

/**
 * A JWT of Google that says which service account we are: what Vault's gcp method logs in with. A key signs it here; a
 * pod's comes from the metadata server; anyone else's from IAM, which signs for the service account that they may become.
 */
export async function signedIdentity(
  door: GcpDoor,
  { audience, seconds }: SignedFor,
  signal: AbortSignal,
): Promise<SecretValue> {
  const { auth, line } = door
  const iat = Math.floor(line.context.nowMs() / 1000)
  const times = { aud: audience, iat, exp: iat + seconds }
  if (auth.source === 'key') {
    const key = await keyOf(door, auth.ref)
    return SecretValue.fromText(signJwt(key, { sub: key.email, ...times }))
  }
  if (auth.source === 'pod' && !line.context.env.GOOGLE_APPLICATION_CREDENTIALS) {
    const query = new URLSearchParams({ audience, format: 'full' })
    const path = `instance/service-accounts/default/identity?${query}`
    return askMetadata(door, path, signal)
  }
  const { value: token, principal } = await logIn(door, signal)
  const { email, words } = principal
  if (email === '') {
    throw new ProviderError(
      'invalid',
      `${words} is no service account of Google, so nobody can sign for it`,
      `link it to one by annotation, or set gcpServiceAccountEmail in ${door.field}`,
    )
  }
  const question = {
    call: 'iamcredentials:SignJwt',
    method: 'POST' as const,
    url: `${door.endpoints.iamCredentials}/v1/projects/-/serviceAccounts/${email}:signJwt`,
    token,
    body: jsonBody({ payload: JSON.stringify({ sub: email, ...times }) }),
  }
  const explained: Explained = {
    what: `iam does not sign for ${words}`,
    hint: () =>
      `gcloud iam service-accounts add-iam-policy-binding ${email} --role=roles/iam.serviceAccountTokenCreator --member=serviceAccount:${email}`,
  }
  const jwt = text((await answered(line, question, { explained, signal })).signedJwt) ?? ''
  if (jwt !== '') return SecretValue.fromText(jwt)
  throw new ProviderError('malformed', 'iam answered without a signed token')
}
