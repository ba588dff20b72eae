import { readFile } from 'node:fs/promises'
import { text } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { type KeyRef, ProviderError } from '../provider.ts'
import { credential, namespaceOf } from '../references.ts'
import { type TokenCache, tokenCache } from '../token-cache.ts'
import { readServiceAccountKey, type ServiceAccountKey, signJwt } from './account-key.ts'
import type { Federation } from './auth.ts'
import { parseObject } from './call.ts'
import { accountPrincipal, type GcpDoor, type GcpToken } from './door.ts'
import { type Explained, formBody, oauthToken, type Principal, SCOPE } from './exchange.ts'
import { readExternalAccount } from './external-account.ts'
import { exchangedToken, federatedToken } from './federation.ts'
import { metadataName, tokenOfPod } from './metadata-server.ts'
import { workloadToken } from './workload-identity.ts'

// Who we are to Google. For stores, for the GCRAccessToken generator, and for Vault's gcp method.

/** One identity, logged in when it is needed first. */
export type GcpIdentity = TokenCache<GcpToken>

/** Access tokens for this `auth`, by one login however many ask at the same time. */
export function gcpIdentity(door: GcpDoor): GcpIdentity {
  return tokenCache((signal) => logIn(door, signal), door.opening.context.nowMs)
}

/** A fresh access token. Throws ProviderError. */
export async function logIn(door: GcpDoor, signal: AbortSignal): Promise<GcpToken> {
  switch (door.auth.source) {
    case 'key':
      return tokenOfKey(await keyOf(door, door.auth.ref), door, signal)
    case 'workload-identity':
      return workloadToken(door, door.auth, signal)
    case 'federation':
      return federatedToken(door, door.auth, signal)
    case 'pod':
      return ownToken(door, signal)
  }
}

/** Google's default chain, without what belongs to a person: the file that the environment names, else the metadata server. */
async function ownToken(door: GcpDoor, signal: AbortSignal): Promise<GcpToken> {
  const path = door.opening.context.env.GOOGLE_APPLICATION_CREDENTIALS
  if (path) return tokenOfFile(door, path, signal)
  const token = await tokenOfPod(door, signal)
  return { ...token, principal: await principalOfPod(door, signal) }
}

/** Trust: whoever runs us has named the file, so it may name files and URLs itself. */
async function tokenOfFile(door: GcpDoor, path: string, signal: AbortSignal): Promise<GcpToken> {
  const where = `the file ${path} of GOOGLE_APPLICATION_CREDENTIALS`
  const json = await readFile(path, 'utf8').catch(() => {
    throw new ProviderError('credentials-not-found', `${where} cannot be read`)
  })
  if (text(parseObject(json)?.type) !== 'external_account') {
    return tokenOfKey(readServiceAccountKey(SecretValue.fromText(json), where), door, signal)
  }
  const config = readExternalAccount(json, {
    where,
    tokenEndpoint: undefined,
    isFileAllowed: true,
  })
  return exchangedToken(door, { ...FROM_FILE, config }, signal)
}

/** The configuration says it all. */
const FROM_FILE: Federation = {
  audience: '',
  email: '',
  tokenEndpoint: '',
  subject: { from: 'config', ref: { name: '', namespace: undefined, key: '' } },
}

/** The service account key that `auth.secretRef` names. */
export async function keyOf({ opening, field }: GcpDoor, ref: KeyRef): Promise<ServiceAccountKey> {
  const json = await credential(ref, `${field}.secretRef.secretAccessKeySecretRef`, opening)
  const where = `Secret ${namespaceOf(ref, opening.store, opening.context)}/${ref.name}`
  return readServiceAccountKey(json, where)
}

const KEY_SECONDS = 3600

/** The key signs who it is, Google gives a token for it. */
async function tokenOfKey(
  key: ServiceAccountKey,
  { line, endpoints }: GcpDoor,
  signal: AbortSignal,
): Promise<GcpToken> {
  const { email } = key
  const iat = Math.floor(line.context.nowMs() / 1000)
  const claims = { iss: email, scope: SCOPE, aud: key.tokenUri, iat, exp: iat + KEY_SECONDS }
  const question = {
    call: 'oauth2:Token',
    method: 'POST' as const,
    url: endpoints.tokenUrl,
    token: undefined,
    body: formBody({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: signJwt(key, claims),
    }),
  }
  const explained: Explained = {
    what: `google refuses the key of service account ${email}`,
    hint: ({ cause, remark }) =>
      cause !== 'unauthenticated'
        ? undefined
        : remark === 'clock'
          ? 'the clock of this machine is wrong by more than Google allows'
          : `the key is gone or disabled, or its account is: gcloud iam service-accounts keys list --iam-account=${email}`,
  }
  const token = await oauthToken(line, question, { explained, signal })
  return { ...token, principal: accountPrincipal(email) }
}

/** On GKE without a linked service account this is the name of the pool. */
async function principalOfPod(door: GcpDoor, signal: AbortSignal): Promise<Principal> {
  const path = 'instance/service-accounts/default/email'
  return accountPrincipal(await metadataName(door, path, signal))
}
