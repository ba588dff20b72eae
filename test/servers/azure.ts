import { type LoginOptions, logIn, type Tokens } from './azure-login.ts'
import { type Answered, type Incoming, json, startServer, type TestServer } from './server.ts'

// Azure Key Vault's REST API and its login on loopback. Strict: every request needs the version of the API and a token that
// is alive, and what the real vault answers with 401, 403 or 404 looks so here.

export interface AzureVersion {
  readonly value?: string
  readonly key?: Readonly<Record<string, unknown>>
  /** Base64 of DER. */
  readonly cer?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly attributes?: Readonly<Record<string, number | boolean>>
}

export interface AzureOptions extends Omit<LoginOptions, 'clock'> {
  readonly clock?: () => number
  /** `secrets/<name>`, `keys/<name>` or `certificates/<name>` → its versions, the newest last. */
  readonly objects?: Readonly<Record<string, readonly AzureVersion[]>>
  /** Names that nobody may read. */
  readonly locked?: readonly string[]
  /** Entries of a page, whatever is asked for. */
  readonly pageMax?: number
}

export interface AzureServer extends TestServer {
  readonly handedOut: readonly string[]
  readonly set: (name: string, value: string) => void
  /** As if somebody had revoked them. */
  readonly forgetTokens: () => void
}

/** Versions of the real vault are 32 digits. */
export function versionId(number: number): string {
  return String(number).padStart(32, '0')
}

const CALLS: Readonly<Record<string, string>> = {
  secrets: 'keyvault:GetSecret',
  keys: 'keyvault:GetKey',
  certificates: 'keyvault:GetCertificate',
}
const NOUNS: Readonly<Record<string, string>> = {
  secrets: 'Secret',
  keys: 'Key',
  certificates: 'Certificate',
}

export async function startAzure(options: AzureOptions): Promise<AzureServer> {
  const objects = new Map(Object.entries(options.objects ?? {}))
  const clock = options.clock ?? Date.now
  const tokens: Tokens = new Map()
  const handedOut: string[] = []
  let url = ''
  const server = await startServer({
    tls: false,
    nameOf,
    answer: (incoming) => {
      if (nameOf(incoming) !== 'entra:Token') {
        return answer(incoming, { ...options, clock, objects, tokens, url })
      }
      const answered = logIn(incoming, url, { options: { ...options, clock }, tokens })
      handedOut.push(...tokens.keys())
      return answered
    },
  })
  url = server.url
  return {
    ...server,
    handedOut,
    set: (name, value) => {
      const known = objects.get(`secrets/${name}`) ?? []
      objects.set(`secrets/${name}`, [...known, { value }])
    },
    forgetTokens: () => tokens.clear(),
  }
}

function nameOf({ path }: Incoming): string {
  const [, type = '', name = ''] = path.split('/')
  if (path.endsWith('/oauth2/v2.0/token')) return 'entra:Token'
  return type === 'secrets' && name === '' ? 'keyvault:GetSecrets' : (CALLS[type] ?? 'keyvault:?')
}

interface Vaulted extends Omit<AzureOptions, 'objects'> {
  readonly clock: () => number
  readonly objects: ReadonlyMap<string, readonly AzureVersion[]>
  readonly tokens: Tokens
  readonly url: string
}

function answer(incoming: Incoming, vault: Vaulted): Answered {
  const call = nameOf(incoming)
  const token = vault.tokens.get((incoming.headers.authorization ?? '').replace(/^Bearer /, ''))
  if (token === undefined || token.endsMs <= vault.clock()) return challenge(call, vault)
  const query = new URLSearchParams(incoming.query)
  if (incoming.method !== 'GET' || query.get('api-version') !== '7.4') {
    return refuse(incoming, 400, 'BadParameter')
  }
  if (call === 'keyvault:GetSecrets') return { call, reply: json(200, pageOf(query, vault)) }
  return { principal: token.principal, ...objectAt(incoming, vault) }
}

function refuse(incoming: Incoming, status: number, code: string, inner?: string): Answered {
  const { path } = incoming
  const error = { code, message: `${code} of ${path}`, innererror: inner && { code: inner } }
  return {
    call: nameOf(incoming),
    keys: [path.split('/')[2] ?? ''],
    reply: json(status, { error }),
  }
}

function objectAt(incoming: Incoming, { objects, locked, url }: Vaulted): Answered {
  const [, type = '', name = '', version = '', ...rest] = incoming.path.split('/')
  const noun = NOUNS[type]
  if (noun === undefined || rest.length > 0) return refuse(incoming, 400, 'BadParameter')
  if (locked?.includes(name) === true) return refuse(incoming, 403, 'Forbidden', 'ForbiddenByRbac')
  const versions = objects.get(`${type}/${name}`) ?? []
  const at = version === '' ? versions.length : Number(version)
  const found = versions[at - 1]
  if (found === undefined) return refuse(incoming, 404, `${noun}NotFound`)
  if (found.attributes?.enabled === false) {
    return refuse(incoming, 403, 'Forbidden', `${noun}Disabled`)
  }
  const id = `${url}/${type}/${name}/${versionId(at)}`
  return { call: nameOf(incoming), keys: [name], reply: json(200, { id, ...found }) }
}

/** What a vault says to those whom it does not know. */
function challenge(call: string, { url }: Vaulted): Answered {
  const error = { code: 'Unauthorized', message: 'AKV10000: a token is needed' }
  const authenticate = `Bearer authorization="${url}/tenant", resource="https://vault.azure.net"`
  return { call, reply: json(401, { error }, { 'www-authenticate': authenticate }) }
}

/** The list knows no values and no versions. */
function pageOf(query: URLSearchParams, { objects, url, pageMax }: Vaulted): unknown {
  const items = [...objects].filter(([path]) => path.startsWith('secrets/'))
  const from = Number(query.get('$skiptoken') ?? 0)
  const size = Math.min(Number(query.get('maxresults') ?? 25), pageMax ?? 25)
  const page = items.slice(from, from + size).map(([path, versions]) => {
    const { tags, attributes } = versions.at(-1) ?? {}
    return { id: `${url}/${path}`, tags, attributes: { enabled: true, ...attributes } }
  })
  const next = `${url}/secrets?api-version=7.4&$skiptoken=${from + size}&maxresults=${size}`
  return { value: page, nextLink: from + size < items.length ? next : null }
}
