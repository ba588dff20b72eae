import { SecretValue } from '../../model/secret-value.ts'
import { ProviderError } from '../provider.ts'
import { credential, namespaceOf, revealText } from '../references.ts'
import { signedHeaders } from '../sigv4.ts'
import type { FederatedSubject, Federation } from './auth.ts'
import { accountPrincipal, type GcpDoor, type GcpToken } from './door.ts'
import {
  type Explained,
  formBody,
  impersonate,
  oauthToken,
  type Principal,
  SCOPE,
} from './exchange.ts'
import { type ExternalAccount, readExternalAccount, sourcedToken } from './external-account.ts'
import { linkedAccount } from './workload-identity.ts'

// Workload Identity Federation: a token of another identity provider for one of Google (R161).

/** What is exchanged, and who it is about. */
interface Subject {
  readonly token: SecretValue
  readonly tokenType: string
  readonly words: string
  /** Behind the name of the pool, as IAM policies write it; undefined when only the token says. */
  readonly subject: string | undefined
}

/** A token of the federated identity itself, or of the service account that it may become. */
export async function federatedToken(
  door: GcpDoor,
  federation: Federation,
  signal: AbortSignal,
): Promise<GcpToken> {
  return exchangedToken(door, { ...federation, config: await configOf(door, federation) }, signal)
}

/** The same with a configuration from anywhere. */
export async function exchangedToken(
  door: GcpDoor,
  federation: Federation & { readonly config: ExternalAccount | undefined },
  signal: AbortSignal,
): Promise<GcpToken> {
  const { line, endpoints } = door
  const { config } = federation
  const audience = federation.audience || (config?.audience ?? '')
  if (audience === '') throw new ProviderError('invalid', `${door.field} names no audience`)
  const subject = await subjectOf(door, { ...federation, audience }, { config, signal })
  const principal = principalOf(audience, subject)
  const question = {
    call: 'sts:Token',
    method: 'POST' as const,
    url: `${endpoints.sts}/v1/token`,
    token: undefined,
    body: formBody({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: subject.tokenType,
      subject_token: revealText(subject.token),
      audience,
      scope: SCOPE,
    }),
  }
  const explained: Explained = {
    what: `${audience} refuses ${subject.words}`,
    hint: ({ remark }) =>
      remark === 'mapping'
        ? 'its audience, attribute mapping or condition does not fit this token: gcloud iam workload-identity-pools providers describe'
        : 'the provider of the pool must trust the issuer of the token, and allow its audience: gcloud iam workload-identity-pools providers describe',
  }
  const token = await oauthToken(line, question, { explained, signal })
  // The store's own word goes before that of a ConfigMap, and both before what a ServiceAccount says of itself.
  const email = federation.email || config?.email || (await linkOf(door, federation.subject))
  if (email === '') return { ...token, principal }
  const { iamCredentials } = endpoints
  const step = { iamCredentials, email, token: token.value, from: principal }
  return { ...(await impersonate(line, step, signal)), principal: accountPrincipal(email) }
}

/** Undefined without a configuration file. */
async function configOf(
  { opening, field }: GcpDoor,
  { subject, tokenEndpoint }: Federation,
): Promise<ExternalAccount | undefined> {
  if (subject.from !== 'config') return undefined
  const { ref } = subject
  const { store, context } = opening
  const where = `ConfigMap ${namespaceOf(ref, store, context)}/${ref.name}`
  const json = await context.credentials.configMapKey(ref)
  if (json === undefined || json === '') {
    const hint = `correct ${field}.workloadIdentityFederation.credConfig, or create it`
    throw new ProviderError('credentials-not-found', `${where} has no key "${ref.key}"`, hint)
  }
  // A tenant's store would read with our rights what the tenant may not see.
  const isFileAllowed = store.kind === 'ClusterSecretStore'
  return readExternalAccount(json, { where, tokenEndpoint, isFileAllowed })
}

/** An annotation links a ServiceAccount as it does on GKE. */
async function linkOf(door: GcpDoor, subject: FederatedSubject): Promise<string> {
  return subject.from === 'account' ? linkedAccount(door, subject.account) : ''
}

/** What a configuration leaves out, and what a cluster signs. */
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const TOKEN_SECONDS = 15 * 60

/** Fetched or signed anew for each login: the life of what is exchanged bounds that of nothing else. */
async function subjectOf(
  door: GcpDoor,
  { subject, audience }: Federation,
  {
    config,
    signal,
  }: { readonly config: ExternalAccount | undefined; readonly signal: AbortSignal },
): Promise<Subject> {
  const { store, context } = door.opening
  switch (subject.from) {
    case 'account': {
      const { account } = subject
      // Upstream: exactly the audiences of the reference; the provider of the pool says which it takes.
      const { audiences } = account
      const token = await context.credentials.serviceAccountToken(account, audiences, TOKEN_SECONDS)
      const namespace = namespaceOf(account, store, context)
      const words = `ServiceAccount ${namespace}/${account.name}`
      const name = `system:serviceaccount:${namespace}:${account.name}`
      return { token, tokenType: JWT, words, subject: name }
    }
    case 'aws':
      return awsSubject(door, subject, audience)
    case 'config': {
      const { source, subjectTokenType, where } = config ?? neverWithout(door)
      const token = await sourcedToken(source, where, { line: door.line, signal })
      const words = `the token that ${where} describes`
      return { token, tokenType: subjectTokenType || JWT, words, subject: undefined }
    }
  }
}

/** For the compiler: a configuration is read before its subject. */
function neverWithout({ field }: GcpDoor): never {
  throw new ProviderError('invalid', `${field} has no configuration`)
}

/** Names of keys in the Secret, as ESO has them. */
const FIELD = 'workloadIdentityFederation.awsSecurityCredentials.awsCredentialsSecretRef'

/** For AWS the token is a signed request that Google sends to AWS: whoever may send it holds the keys. */
async function awsSubject(
  { opening, field }: GcpDoor,
  { secret, region }: FederatedSubject & { readonly from: 'aws' },
  audience: string,
): Promise<Subject> {
  const { store, context } = opening
  const at = `${field}.${FIELD}`
  const read = async (key: string): Promise<string> =>
    revealText(await credential({ ...secret, key }, at, opening))
  // Keys of a user have no session, and only ever all three are of one moment.
  const session = await context.credentials.secretKey({ ...secret, key: 'aws_session_token' })
  const keys = {
    accessKeyId: await read('aws_access_key_id'),
    secretAccessKey: await read('aws_secret_access_key'),
    sessionToken: session === undefined ? undefined : revealText(session) || undefined,
  }
  const url = `https://sts.${region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15`
  // Signing the audience in keeps anybody who sees the request from using it for another pool.
  const headers = signedHeaders(
    {
      method: 'POST',
      url: new URL(url),
      headers: { 'x-goog-cloud-target-resource': audience },
      body: '',
    },
    keys,
    { region, service: 'sts', nowMs: context.nowMs() },
  )
  const named = Object.entries(headers).map(([key, value]) => ({ key, value }))
  const request = JSON.stringify({ url, method: 'POST', headers: named })
  return {
    token: SecretValue.fromText(encodeURIComponent(request)),
    tokenType: 'urn:ietf:params:aws:token-type:aws4_request',
    words: `the AWS keys in Secret ${namespaceOf(secret, store, context)}/${secret.name}`,
    subject: undefined,
  }
}

/** As IAM policies name it; a whole pool when only the token says who it is about. */
function principalOf(audience: string, { words, subject }: Subject): Principal {
  const pool = audience.replace(/\/providers\/[^/]*$/, '')
  const member =
    subject === undefined ? `principalSet:${pool}/*` : `principal:${pool}/subject/${subject}`
  return { words, member, email: '' }
}
