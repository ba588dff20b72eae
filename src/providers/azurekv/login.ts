import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dig, type JsonObject, text } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { codeOfStatus, exchange, objectOf } from '../exchange.ts'
import { rsaKeyOf, signRs256 } from '../jwt.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import { credential, namespaceOf, type Opening, revealText } from '../references.ts'
import type { Expiring } from '../token-cache.ts'
import { type AzureAuth, type AzureSettings, FIELD, tenantName } from './settings.ts'

// Tokens of Microsoft Entra ID by the grant `client_credentials`: with a secret, with an assertion that we sign, or with one
// of the cluster (workload identity). The identity of the machine is asked of its metadata server, where that is allowed.

/** An access token for vaults. */
export interface AzureToken extends Expiring {
  readonly value: SecretValue
}

const TIMEOUT_MS = 10_000
/** Of tokens that Entra exchanges, by its own default. */
const AUDIENCE = 'api://AzureADTokenExchange'
const ACCOUNT_TOKEN_SECONDS = 600
const ASSERTION_SECONDS = 600
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const CLIENT_ID = 'azure.workload.identity/client-id'
const TENANT_ID = 'azure.workload.identity/tenant-id'
const METADATA = 'http://169.254.169.254/metadata/identity/oauth2/token'

/** What a login needs. */
export interface AzureDoor {
  readonly settings: AzureSettings
  readonly opening: Opening
}

/** A client of a tenant, and what proves that we are it. */
interface Client {
  readonly tenant: string
  readonly clientId: string
  readonly proof: Readonly<Record<string, string>>
}

/** Throws ProviderError. */
export async function logIn(door: AzureDoor, signal: AbortSignal): Promise<AzureToken> {
  const { settings, opening } = door
  const { auth, cloud } = settings
  if (auth.method === 'managed-identity') return metadataToken(door, auth.clientId, signal)
  const { tenant, clientId, proof } = await clientOf(auth, door)
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    scope: `${cloud.resource}/.default`,
    ...proof,
  })
  const what = `Microsoft Entra ID, asked for a token for ${settings.vaultUrl}`
  const question = {
    call: 'entra:Token',
    what,
    request: {
      method: 'POST',
      url: tokenUrl(cloud.login, tenant),
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new TextEncoder().encode(form.toString()),
      tls: undefined,
      timeoutMs: TIMEOUT_MS,
    },
    isRepeatable: true,
    hidesHost: false,
    retry: undefined,
  } as const
  const { status, body } = await exchange(opening.context, question, signal)
  const json = objectOf(body)
  if (status !== 200) throw refusal(status, json, what)
  return tokenOf(json, opening.context, what)
}

function tokenUrl(login: string, tenant: string): string {
  return `${login}/${tenant}/oauth2/v2.0/token`
}

function clientOf(auth: AzureAuth, door: AzureDoor): Promise<Client> {
  switch (auth.method) {
    case 'service-principal':
      return servicePrincipal(auth, door)
    case 'workload-identity':
      return workloadIdentity(auth, door)
    default:
      return podIdentity(door.opening.context)
  }
}

type Of<Method extends AzureAuth['method']> = Extract<AzureAuth, { readonly method: Method }>

async function servicePrincipal(
  { tenant, clientId: idRef, credential: given }: Of<'service-principal'>,
  { settings, opening }: AzureDoor,
): Promise<Client> {
  const field = `${FIELD}.authSecretRef`
  const clientId = revealText(await credential(idRef, `${field}.clientId`, opening)).trim()
  if (given.is === 'secret') {
    const secret = await credential(given.ref, `${field}.clientSecret`, opening)
    return { tenant, clientId, proof: { client_secret: revealText(secret) } }
  }
  const pem = revealText(await credential(given.ref, `${field}.clientCertificate`, opening))
  const audience = tokenUrl(settings.cloud.login, tenant)
  const assertion = certificateAssertion(pem, { clientId, audience }, opening)
  return { tenant, clientId, proof: assertionOf(assertion) }
}

function assertionOf(token: string): Client['proof'] {
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: token }
}

/** A PEM with a certificate and its RSA key, in any order; of several certificates the last one counts, as upstream. */
function certificateAssertion(
  pem: string,
  { clientId, audience }: { readonly clientId: string; readonly audience: string },
  { context }: Opening,
): string {
  const certificate = certificateOf(pem)
  const key = rsaKeyOf(pem)
  if (certificate === undefined || key === undefined) {
    throw new ProviderError(
      'invalid',
      `${FIELD}.authSecretRef.clientCertificate holds no ${key === undefined ? 'RSA key' : 'certificate'} in PEM`,
      'it wants both, one after the other',
    )
  }
  const thumbprint = (algorithm: 'sha1' | 'sha256'): string =>
    createHash(algorithm).update(certificate).digest('base64url')
  const now = Math.floor(context.nowMs() / 1000)
  const claims = {
    aud: audience,
    iss: clientId,
    sub: clientId,
    jti: `${context.nowMs()}-${context.random().toString(36).slice(2)}`,
    nbf: now,
    iat: now,
    exp: now + ASSERTION_SECONDS,
  }
  return signRs256(key, claims, { x5t: thumbprint('sha1'), 'x5t#S256': thumbprint('sha256') })
}

/** DER; undefined when there is none. OpenSSL's words are dropped. */
function certificateOf(pem: string): Uint8Array | undefined {
  const blocks = pem.split(/(?=-----BEGIN )/)
  const block = blocks.findLast((text) => text.startsWith('-----BEGIN CERTIFICATE-----'))
  try {
    return block === undefined ? undefined : new X509Certificate(block).raw
  } catch {
    return undefined
  }
}

async function workloadIdentity(
  { account, clientId, tenant }: Of<'workload-identity'>,
  { opening }: AzureDoor,
): Promise<Client> {
  const { store, context } = opening
  const where = `ServiceAccount ${namespaceOf(account, store, context)}/${account.name}`
  const found = await context.credentials.serviceAccount(account)
  if (found === undefined) {
    throw new ProviderError('credentials-not-found', `${where} does not exist`)
  }
  const read = async (given: typeof tenant, name: string): Promise<string | undefined> =>
    typeof given === 'object'
      ? revealText(await credential(given, `${FIELD}.authSecretRef.${name}`, opening)).trim()
      : given
  const client = only(await read(clientId, 'clientId'), found.annotations.get(CLIENT_ID), {
    what: 'client ID',
    where: `${where} (annotation ${CLIENT_ID}) and ${FIELD}.authSecretRef.clientId`,
  })
  const fallback = context.env.AZURE_TENANT_ID || undefined
  const authored = await read(tenant, 'tenantId')
  const annotated = found.annotations.get(TENANT_ID)
  const tenantId = only(authored, annotated ?? (authored === undefined ? fallback : undefined), {
    what: 'tenant ID',
    where: `${where} (annotation ${TENANT_ID}) and ${FIELD}.tenantId`,
  })
  const audiences = [AUDIENCE, ...account.audiences]
  const { credentials } = context
  const token = await credentials.serviceAccountToken(account, audiences, ACCOUNT_TOKEN_SECONDS)
  return {
    tenant: tenantName(tenantId),
    clientId: client,
    proof: assertionOf(revealText(token)),
  }
}

/** Exactly one of the two, as upstream: two would leave open which one is meant. */
function only(
  authored: string | undefined,
  annotated: string | undefined,
  { what, where }: { readonly what: string; readonly where: string },
): string {
  if (authored !== undefined && annotated !== undefined) {
    throw new ProviderError('invalid', `the ${what} stands in both of ${where}`)
  }
  const found = authored ?? annotated ?? ''
  if (found !== '') return found
  throw new ProviderError('invalid', `no ${what}: it stands in neither of ${where}`)
}

/** What the webhook of Azure Workload Identity puts into pods. */
async function podIdentity({ env }: OpenContext): Promise<Client> {
  const clientId = env.AZURE_CLIENT_ID ?? ''
  const tenant = env.AZURE_TENANT_ID ?? ''
  const path = env.AZURE_FEDERATED_TOKEN_FILE ?? ''
  if (clientId === '' || tenant === '' || path === '') {
    throw new ProviderError(
      'credentials-not-found',
      'this pod has no Azure workload identity: AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE are needed',
      `name a ServiceAccount in ${FIELD}.serviceAccountRef, or label the pod azure.workload.identity/use: "true"`,
    )
  }
  try {
    const token = (await readFile(path, 'utf8')).trim()
    return { tenant: tenantName(tenant), clientId, proof: assertionOf(token) }
  } catch (error) {
    if (error instanceof ProviderError) throw error
    const message = 'the file of AZURE_FEDERATED_TOKEN_FILE cannot be read'
    throw new ProviderError('credentials-not-found', message)
  }
}

/** Trust: every pod of the node gets the same identity there, so it is asked only where that is allowed. */
async function metadataToken(
  { settings, opening }: AzureDoor,
  clientId: string | undefined,
  signal: AbortSignal,
): Promise<AzureToken> {
  const { context } = opening
  if (context.metadata === undefined) {
    throw new ProviderError(
      'unsupported',
      `${FIELD}.authType ManagedIdentity would have to be asked of the metadata server, which is not allowed here`,
      'use WorkloadIdentity; or, if every pod of the node may have its identity, run waybill with WAYBILL_METADATA_SERVER=allow',
    )
  }
  const query = new URLSearchParams({
    'api-version': '2018-02-01',
    resource: settings.cloud.resource,
    ...(clientId === undefined ? {} : { client_id: clientId }),
  })
  const what = `the metadata server, asked for a token for ${settings.vaultUrl}`
  const question = {
    call: 'metadata:Token',
    what,
    request: {
      method: 'GET',
      url: `${METADATA}?${query}`,
      headers: { metadata: 'true' },
      body: undefined,
      tls: undefined,
      timeoutMs: TIMEOUT_MS,
    },
    isRepeatable: true,
    hidesHost: false,
    retry: undefined,
  } as const
  const metadata = { ...context, http: context.metadata }
  const { status, body } = await exchange(metadata, question, signal)
  const json = objectOf(body)
  if (status !== 200) throw refusal(status, json, what)
  return tokenOf(json, context, what)
}

/** Entra's words quote what was sent; of them only the error's name and number are told. */
function refusal(status: number, json: JsonObject | undefined, what: string): ProviderError {
  const error = /^[a-z_]{1,40}$/.exec(text(dig(json, 'error')) ?? '')?.[0]
  const number = /\bAADSTS\d{1,9}\b/.exec(text(dig(json, 'error_description')) ?? '')?.[0]
  const told = [error, number, `HTTP ${status}`].filter((part) => part !== undefined).join(', ')
  const isRefusal = error !== undefined && status >= 400 && status < 500 && status !== 429
  return new ProviderError(
    isRefusal ? 'unauthenticated' : codeOfStatus(status === 400 ? 200 : status),
    `${what}: ${isRefusal ? 'refused' : 'no answer of it'} (${told})`,
    number === undefined ? undefined : `https://login.microsoftonline.com/error explains ${number}`,
  )
}

/** `expires_in` is a number at one place and a text at another. */
function tokenOf(json: JsonObject | undefined, { nowMs }: OpenContext, what: string): AzureToken {
  const value = text(dig(json, 'access_token')) ?? ''
  const seconds = Number(dig(json, 'expires_in'))
  if (value !== '' && Number.isFinite(seconds) && seconds > 0) {
    return { value: SecretValue.fromText(value), expiresMs: nowMs() + seconds * 1000 }
  }
  throw new ProviderError('malformed', `${what}: its answer holds no token with an end`)
}
