import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { rsaKeyOf, signRs256 } from '../jwt.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import { credential, namespaceOf, type Opening, revealText } from '../references.ts'
import { type AzureAuth, type AzureSettings, FIELD, tenantName, tokenUrl } from './settings.ts'

// Who we are to Microsoft Entra ID, and what proves it: a secret, an assertion that we sign with a certificate, or a token of
// the cluster that Entra trusts (workload identity).

/** A client of a tenant, and the members of the form that prove that we are it. */
export interface Client {
  readonly tenant: string
  readonly clientId: string
  readonly proof: Readonly<Record<string, string>>
}

/** What a login needs. */
export interface AzureDoor {
  readonly settings: AzureSettings
  readonly opening: Opening
}

/** Of tokens that Entra exchanges, by its own default. */
const AUDIENCE = 'api://AzureADTokenExchange'
const ACCOUNT_TOKEN_SECONDS = 600
const ASSERTION_SECONDS = 600
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const CLIENT_ID = 'azure.workload.identity/client-id'
const TENANT_ID = 'azure.workload.identity/tenant-id'

/** Reads what `auth` names. Throws ProviderError. */
export function clientOf(auth: AzureAuth, door: AzureDoor): Promise<Client> {
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
