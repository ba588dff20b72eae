import {
  becomeAccount,
  type GcpAuthOptions,
  type GcpTokens,
  type Holder,
  holderOf,
  newToken,
  status,
  tokenForAssertion,
  tokenForCluster,
  tokenForSubject,
} from './gcp-auth.ts'
import {
  type GcpSecret,
  type GcpSecrets,
  readSecrets,
  type SecretInput,
  type SentSecret,
  secretOf,
} from './gcp-secrets.ts'
import {
  type Answered,
  type Incoming,
  json,
  type Reply,
  startServer,
  type TestServer,
} from './server.ts'

// GCP Secret Manager, its token services, IAM credentials and a metadata server on loopback, as far as reading secrets
// goes. Strict: tokens, assertions, audiences, projects, filters and pages are checked, errors are worded as Google's.

export interface GcpOptions extends GcpAuthOptions {
  readonly tls?: boolean
  readonly clock?: () => number
  /** Where secrets live: a project, or a location of it. `shop-1` alone when absent. */
  readonly project?: string
  readonly location?: string
  readonly secrets?: Readonly<Record<string, SecretInput>>
  /** Everything to everybody when absent. */
  readonly isAllowed?: (member: string, method: string, key: string) => boolean
  /** Secrets in a page at most. */
  readonly pageSizeMax?: number
  readonly lifeSeconds?: number
  /** Email of the pod's service account; without it there is no metadata server. */
  readonly podEmail?: string
  /** What the metadata server says of the cluster. */
  readonly attributes?: Readonly<Record<string, string>>
}

export interface GcpServer extends TestServer {
  /** A new version, of a new secret if there is none. */
  readonly set: (key: string, value: string) => void
  readonly secret: (key: string) => GcpSecret
  readonly find: (key: string) => GcpSecret | undefined
  readonly setState: (
    key: string,
    version: number,
    state: 'ENABLED' | 'DISABLED' | 'DESTROYED',
  ) => void
  /** Changes a bit of the newest version on its way out. */
  readonly damage: (key: string) => void
  /** Ends every access token. */
  readonly revokeAll: () => void
  /** Tokens that were ever handed out: what must never appear in an error. */
  readonly handedOut: readonly string[]
  /** A token without a login, for parts of tests that are about something else. */
  readonly token: (member: string) => string
}

/** Google answers with the number of a project, whatever it was asked by. */
export const PROJECT_NUMBER = '123456789012'

/** What sends the provider here instead of to Google. */
export function gcpEnv(url: string): Readonly<Record<string, string>> {
  return {
    GCP_TOKEN_ENDPOINT: `${url}/token`,
    GCP_STS_ENDPOINT: url,
    GCP_SECURETOKEN_ENDPOINT: url,
    GCP_IAMCREDENTIALS_ENDPOINT: url,
    GCP_SECRETMANAGER_ENDPOINT: url,
    GCE_METADATA_HOST: new URL(url).host,
  }
}

interface Gcp {
  readonly options: GcpOptions
  readonly tokens: GcpTokens
  readonly secrets: GcpSecrets
}

export async function startGcp(options: GcpOptions = {}): Promise<GcpServer> {
  const now = options.clock ?? Date.now
  const tokens: GcpTokens = {
    options,
    now,
    lifeSeconds: options.lifeSeconds ?? 3600,
    live: new Map(),
    handedOut: [],
  }
  const parent = parentOf(PROJECT_NUMBER, options.location)
  const secrets = readSecrets(options.secrets ?? {}, {
    parent,
    now,
    pageSizeMax: options.pageSizeMax ?? 25_000,
  })
  const gcp: Gcp = { options, tokens, secrets }
  const server = await startServer({
    tls: options.tls ?? false,
    nameOf: (incoming) => routeOf(incoming).call,
    answer: (incoming) => answer(gcp, incoming),
  })
  return {
    ...server,
    set: secrets.add,
    secret: (key) => secretOf(secrets, key),
    find: (key) => secrets.byKey.get(key),
    setState: (key, version, state) => {
      const found = secretOf(secrets, key).versions[version - 1]
      if (found === undefined) throw new Error(`no version ${version} of ${key}`)
      Object.assign(found, { state })
    },
    damage: (key) => {
      Object.assign(secretOf(secrets, key).versions.at(-1) ?? {}, { isDamaged: true })
    },
    revokeAll: () => tokens.live.clear(),
    handedOut: tokens.handedOut,
    token: (member) => newToken(tokens, member),
  }
}

function parentOf(project: string, location: string | undefined): string {
  return location === undefined
    ? `projects/${project}`
    : `projects/${project}/locations/${location}`
}

interface Route {
  readonly call: string
  readonly parent: string
  readonly key: string
  readonly version: string
}

const SECRETS =
  /^\/v1\/(projects\/[^/]+(?:\/locations\/[^/]+)?)\/secrets(?:\/([\w-]+)(?::addVersion|\/versions(?:\/([\w-]+):access)?)?)?$/
const ACCOUNT = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]+):(generateAccessToken|signJwt)$/

/** Names as the provider counts its calls. */
function routeOf({ method, path }: Incoming): Route {
  const none = { parent: '', key: '', version: '' }
  if (path === '/token') return { ...none, call: 'oauth2:Token' }
  if (path === '/v1/token') return { ...none, call: 'sts:Token' }
  if (path === '/v1/identitybindingtoken')
    return { ...none, call: 'securetoken:IdentityBindingToken' }
  if (path.startsWith('/computeMetadata/v1/')) return { ...none, call: 'metadata:Get' }
  const account = ACCOUNT.exec(path)
  if (account !== null) {
    const call = account[2] === 'signJwt' ? 'SignJwt' : 'GenerateAccessToken'
    return { ...none, call: `iamcredentials:${call}` }
  }
  const [, parent = '', key = '', version = ''] = SECRETS.exec(path) ?? []
  const name = parent === '' ? undefined : methodOf(method, path, { key, version })
  if (name === undefined) return { ...none, call: 'unknown' }
  return { call: `secretmanager:${name}`, parent, key, version }
}

function methodOf(
  method: string,
  path: string,
  { key, version }: Pick<Route, 'key' | 'version'>,
): string | undefined {
  if (path.endsWith(':addVersion')) return method === 'POST' ? 'AddSecretVersion' : undefined
  if (key === '') return { GET: 'ListSecrets', POST: 'CreateSecret' }[method]
  if (path.endsWith('/versions')) return method === 'GET' ? 'ListSecretVersions' : undefined
  if (version !== '') return method === 'GET' ? 'AccessSecretVersion' : undefined
  return { GET: 'GetSecret', PATCH: 'UpdateSecret', DELETE: 'DeleteSecret' }[method]
}

function answer(gcp: Gcp, incoming: Incoming): Answered {
  const route = routeOf(incoming)
  const { call, key } = route
  const login = loginReply(gcp, call, incoming)
  if (login !== undefined) return { call, reply: login }
  const holder = holderOf(gcp.tokens, incoming)
  if (holder === undefined) {
    const words = 'Request had invalid authentication credentials. Expected OAuth 2 access token.'
    return { call, reply: status(401, 'UNAUTHENTICATED', words, 'ACCESS_TOKEN_EXPIRED') }
  }
  const keys = key === '' ? [] : [key]
  return {
    call,
    keys,
    principal: holder.member,
    reply: secretReply(gcp, incoming, { route, holder }),
  }
}

function loginReply({ tokens, options }: Gcp, call: string, incoming: Incoming): Reply | undefined {
  if (call === 'metadata:Get') return metadataReply({ tokens, options }, incoming)
  if (call === 'unknown') return { status: 404, body: '<html>404. That’s an error.</html>' }
  const [, email = '', method = ''] = ACCOUNT.exec(incoming.path) ?? []
  if (email !== '') return becomeAccount(tokens, incoming, { email, method })
  if (call === 'oauth2:Token') return tokenForAssertion(tokens, incoming)
  if (call === 'sts:Token') return tokenForSubject(tokens, incoming)
  return call.startsWith('securetoken:') ? tokenForCluster(tokens, incoming) : undefined
}

/** Texts, and the token of the pod; only to those who say that they know whom they ask. */
function metadataReply(
  { tokens, options }: Omit<Gcp, 'secrets'>,
  { path, query, headers }: Incoming,
): Reply {
  const flavor = { 'metadata-flavor': 'Google' }
  const { podEmail, attributes = {} } = options
  if (headers['metadata-flavor'] !== 'Google' || podEmail === undefined) {
    return { status: 403, body: 'Missing Metadata-Flavor:Google header.' }
  }
  const account = 'instance/service-accounts/default'
  const what = path.slice('/computeMetadata/v1/'.length)
  if (what === `${account}/token`) {
    const access_token = newToken(tokens, `serviceAccount:${podEmail}`)
    return json(200, { access_token, expires_in: tokens.lifeSeconds, token_type: 'Bearer' }, flavor)
  }
  const known: Readonly<Record<string, string>> = {
    'project/project-id': options.project ?? 'shop-1',
    [`${account}/email`]: podEmail,
    [`${account}/identity`]: `identity.${Buffer.from(query).toString('base64url')}.sig`,
    ...attributes,
  }
  const text = known[what]
  return text === undefined
    ? { status: 404, headers: flavor, body: 'not found' }
    : { status: 200, headers: flavor, body: text }
}

function secretReply(
  { options, secrets }: Gcp,
  { query, body }: Incoming,
  { route, holder }: { readonly route: Route; readonly holder: Holder },
): Reply {
  const { call, parent, version } = route
  const asked = new URLSearchParams(query)
  const key = route.key || (asked.get('secretId') ?? '')
  const method = call.slice(call.indexOf(':') + 1)
  const { project = 'shop-1', location } = options
  if (![parentOf(project, location), parentOf(PROJECT_NUMBER, location)].includes(parent)) {
    return status(404, 'NOT_FOUND', `Project '${parent}' not found or deleted.`)
  }
  if (options.isAllowed?.(holder.member, method, key) === false) {
    const words = `Permission 'secretmanager.${method}' denied for resource '${parent}/secrets/${key}' (or it may not exist).`
    return status(403, 'PERMISSION_DENIED', words, 'IAM_PERMISSION_DENIED')
  }
  const sent = body.length === 0 ? {} : (JSON.parse(body.toString()) as SentSecret)
  switch (method) {
    case 'CreateSecret':
      return secrets.create(key, sent, location !== undefined)
    case 'UpdateSecret':
      return secrets.update(key, sent, asked.get('updateMask') ?? '')
    case 'AddSecretVersion':
      return secrets.addVersion(key, sent)
    case 'DeleteSecret':
      return secrets.remove(key, asked.get('etag'))
    case 'ListSecrets':
      return secrets.list(asked)
    case 'ListSecretVersions':
      return secrets.listVersions(key, asked)
    case 'GetSecret':
      return secrets.get(key)
    default:
      return secrets.access(key, version)
  }
}
