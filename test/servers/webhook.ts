import { type Answered, type Incoming, json, startServer, type TestServer } from './server.ts'

// A service of somebody's own, as webhook stores ask it: values by key and version behind a bearer token, and an echo.
// Strict: another method, content type or shape of the body than it wants is an error, never a value.

export interface WebhookOptions {
  readonly tls?: boolean
  /** What `authorization` must be. */
  readonly authorization: string
  readonly secrets?: Readonly<Record<string, unknown>>
  /** Keys that this token may not read. */
  readonly locked?: readonly string[]
}

export interface WebhookServer extends TestServer {
  /** Adds a version. */
  readonly set: (key: string, value: unknown) => void
}

/**
 * `GET /secrets/<key>?version=<n>` and `POST /secrets {"key", "version"}` give `{"value": …}`; `/raw/<key>` the value
 * itself; `/echo` what was sent.
 */
export async function startWebhook(options: WebhookOptions): Promise<WebhookServer> {
  const versions = new Map<string, unknown[]>()
  const set = (key: string, value: unknown): void => {
    versions.set(key, [...(versions.get(key) ?? []), value])
  }
  for (const [key, value] of Object.entries(options.secrets ?? {})) set(key, value)
  const server = await startServer({
    tls: options.tls ?? false,
    nameOf: () => 'webhook:Request',
    answer: (incoming) => answer(incoming, options, versions),
  })
  return { ...server, set }
}

function answer(
  incoming: Incoming,
  { authorization, locked }: WebhookOptions,
  versions: ReadonlyMap<string, readonly unknown[]>,
): Answered {
  const call = 'webhook:Request'
  const refuse = (status: number, error: string): Answered => ({
    call,
    reply: json(status, { error }),
  })
  if (incoming.path.startsWith('/echo')) return { call, reply: json(200, echoOf(incoming)) }
  if (incoming.headers.authorization !== authorization) return refuse(401, 'who are you')
  const wanted = wantedOf(incoming)
  if (typeof wanted === 'string') return refuse(400, wanted)
  const { key, version, isRaw } = wanted
  if (locked?.includes(key) === true) return refuse(403, `not for you: ${key}`)
  const known = versions.get(key) ?? []
  const index = version === '' ? known.length - 1 : Number(version) - 1
  if (known[index] === undefined) return { ...refuse(404, 'no such secret'), keys: [key] }
  const value = known[index]
  const reply = isRaw ? { status: 200, body: String(value) } : json(200, { value })
  return { call, keys: [key], reply }
}

interface Wanted {
  readonly key: string
  readonly version: string
  readonly isRaw: boolean
}

/** What is asked for, or what is wrong with the question. */
function wantedOf({ method, path, query, headers, body }: Incoming): Wanted | string {
  if (method === 'GET') {
    if (body.length > 0) return 'a GET has no body here'
    const [, place = '', key = '', ...rest] = path.split('/')
    if (rest.length > 0 || !['secrets', 'raw'].includes(place)) return 'no such path'
    const version = new URLSearchParams(query).get('version') ?? ''
    return { key: decodeForm(key), version, isRaw: place === 'raw' }
  }
  if (method !== 'POST' || path !== '/secrets' || query !== '') return 'no such method'
  if (headers['content-type'] !== 'application/json') return 'application/json is needed'
  const asked = parse(body)
  if (typeof asked?.key !== 'string') return 'the body needs a key'
  return { key: asked.key, version: String(asked.version ?? ''), isRaw: false }
}

/** As Go's QueryEscape writes it. */
function decodeForm(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function parse(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(body.toString()) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}

function echoOf({ method, path, query, headers, body }: Incoming): unknown {
  return { method, path, query, headers, body: body.toString() }
}
