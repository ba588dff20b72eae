import { lookup } from 'node:dns'
import {
  type ClientRequest,
  type Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import {
  type HttpClient,
  HttpFailure,
  type HttpRequest,
  type HttpResponse,
  type HttpStreams,
  type StreamRequest,
} from '../model/http.ts'
import { watchersOf } from './abort-watch.ts'
import { createPools, type Resolve } from './connection-pool.ts'
import { readLines } from './line-stream.ts'
import { FORBIDDEN_ADDRESS, failureOf } from './network-failure.ts'

// The one way to the network. Its rules:
//   - one keep-alive pool per (origin, TLS identity): a new TLS connection costs ten times the request;
//   - no redirects: a token must never reach a host that its owner did not name;
//   - a body cap, a header cap, TLS 1.2 or newer, and one deadline from DNS to the last byte of the body;
//   - a failure names host and port only: paths, headers, bodies and Node's own messages are dropped here;
//   - proxies of the environment are not used: who sees the traffic is never decided by a stray variable.

/** Bounds and the fence of addresses; everything else comes with each request. */
export interface HttpClientOptions {
  /** Longest body that is accepted; the API server's LISTs need more than providers do. */
  readonly bodyBytesMax?: number
  /** Open connections per origin and identity; further requests wait, inside their own deadline. */
  readonly socketsPerPoolMax?: number
  /**
   * Trust: a store's URL is written by a tenant. Asked for every address that a host resolves to, before a connection
   * is opened to exactly that address; one refused address refuses the host. Undefined allows all.
   */
  readonly isAddressAllowed?: (address: string, host: string) => boolean
  /** Stands for DNS in tests. */
  readonly resolve?: Resolve
}

interface Limits {
  readonly bodyBytesMax: number
  readonly socketsPerPoolMax: number
  readonly isAddressAllowed: ((address: string, host: string) => boolean) | undefined
  readonly resolve: Resolve
}

const HEADER_BYTES_MAX = 64 * 1024
/** 304 is an answer, 300 offers a choice: neither moves the request elsewhere. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** Methods without effect, which may be sent again when an idle connection turns out to be dead. */
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'LIST'])

/** Opens the network. The caller closes it; open connections do not keep the process alive. */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient & HttpStreams {
  const limits: Limits = {
    bodyBytesMax: options.bodyBytesMax ?? 4 * 1024 * 1024,
    socketsPerPoolMax: options.socketsPerPoolMax ?? 32,
    isAddressAllowed: options.isAddressAllowed,
    resolve: options.resolve ?? lookup,
  }
  const pools = createPools(limits)
  const send = async (request: HttpRequest, lines?: Lines): Promise<HttpResponse> => {
    const url = readUrl(request.url, limits)
    const pool = pools.poolOf(url, request.tls)
    const deadlineMs = performance.now() + request.timeoutMs
    for (let sent: HttpRequest = request; ; sent = { ...request, onLeave: undefined }) {
      const answer = await exchange({ request: sent, url, pool, deadlineMs, lines }, limits)
      // An idle connection was closed by the server just as it was taken from the pool: take the next one.
      if (answer !== 'stale') return answer
    }
  }
  return {
    request: (request) => send(request),
    stream: (request, onLine) => send(request, { ...request, onLine }),
    close: pools.close,
  }
}

/** How an answer that does not end is read. */
type Lines = Pick<StreamRequest, 'idleMs' | 'lineBytesMax'> & {
  readonly onLine: (line: Uint8Array) => void
}

interface Call {
  readonly request: HttpRequest
  readonly url: URL
  readonly pool: HttpAgent
  /** On the monotonic clock. */
  readonly deadlineMs: number
  /** Undefined for an answer that is wanted whole. */
  readonly lines: Lines | undefined
}

/** One request on one connection. Settles exactly once, whatever the socket does afterwards. */
function exchange(call: Call, limits: Limits): Promise<HttpResponse | 'stale'> {
  const { request, url, deadlineMs, lines } = call
  const { signal } = request
  const cancelled = (): HttpFailure =>
    new HttpFailure('aborted', `the request to ${url.host} was cancelled`)
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancelled())
    let isAnswered = false
    const outgoing = start(call)
    const watchers = watchersOf(signal)
    const leave = (): void => {
      clearTimeout(timer)
      watchers.delete(onAbort)
    }
    const fail = (failure: HttpFailure): void => {
      leave()
      reject(failure)
      outgoing.destroy()
    }
    const onAbort = (): void => fail(cancelled())
    let timer: NodeJS.Timeout | undefined
    const expect = (what: string, waitMs: number, delayMs: number): void => {
      const late = (): void =>
        fail(new HttpFailure('timeout', `${url.host} gave ${what} in ${waitMs} ms`))
      clearTimeout(timer)
      timer = setTimeout(late, delayMs)
    }
    expect('no answer', request.timeoutMs, Math.max(0, deadlineMs - performance.now()))
    watchers.add(onAbort)
    outgoing.on('error', (error) => {
      if (!isAnswered && outgoing.reusedSocket && isStale(error, request)) {
        leave()
        resolve('stale')
      } else fail(failureOf(error, url.host))
    })
    outgoing.on('response', (incoming) => {
      isAnswered = true
      const isStream = lines !== undefined && incoming.statusCode === 200
      const onAlive = (): void => {
        if (lines !== undefined) expect('no sign of life', lines.idleMs, lines.idleMs)
      }
      if (isStream) onAlive()
      const answer = isStream
        ? readLines(incoming, url.host, { ...lines, onAlive })
        : readAnswer(incoming, url, limits)
      answer.then((whole) => {
        leave()
        resolve(whole)
      }, fail)
    })
    outgoing.end(request.body)
    request.onLeave?.()
  })
}

function start({ request, url, pool }: Call): ClientRequest {
  const { body, method } = request
  const headers: Record<string, string | number> = { ...request.headers }
  if (body !== undefined) headers['content-length'] = body.length
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  try {
    return send({
      method,
      headers,
      agent: pool,
      protocol: url.protocol,
      host: bareHost(url),
      port: url.port,
      path: url.pathname + url.search,
      maxHeaderSize: HEADER_BYTES_MAX,
    })
  } catch {
    // A token with a line break, most often from a file: Node refuses it before anything is sent.
    throw new HttpFailure(
      'refused',
      `a header or the path of the request to ${url.host} holds a character that HTTP does not allow, e.g. a line break`,
    )
  }
}

/** The body is counted while it comes: a longer one ends the connection. */
function readAnswer(
  incoming: IncomingMessage,
  url: URL,
  { bodyBytesMax }: Limits,
): Promise<HttpResponse> {
  const status = incoming.statusCode ?? 0
  return new Promise((resolve, reject) => {
    const tooLarge = (): void =>
      reject(
        new HttpFailure('too-large', `${url.host} sent a body of more than ${bodyBytesMax} bytes`),
      )
    if (REDIRECTS.has(status)) return reject(redirected(incoming, url))
    if (Number(incoming.headers['content-length'] ?? 0) > bodyBytesMax) return tooLarge()
    const chunks: Buffer[] = []
    let bodyBytes = 0
    incoming.on('data', (chunk: Buffer) => {
      bodyBytes += chunk.length
      if (bodyBytes > bodyBytesMax) return tooLarge()
      chunks.push(chunk)
    })
    incoming.on('error', (error) => reject(failureOf(error, url.host)))
    incoming.on('end', () => {
      const body =
        chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
      resolve({ status, headers: headersOf(incoming), body })
    })
  })
}

function redirected(incoming: IncomingMessage, url: URL): HttpFailure {
  const location = incoming.headers.location ?? ''
  const target = URL.canParse(location, url.href)
    ? new URL(location, url).host
    : 'an unreadable address'
  return new HttpFailure(
    'redirect',
    `${url.host} answered ${incoming.statusCode} and points to ${target}: redirects are not followed, name that host instead`,
  )
}

/** Node has joined what came more than once, but for cookies, which nobody here wants. */
function headersOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  delete headers['set-cookie']
  return headers as Readonly<Record<string, string>>
}

/** An idle connection that the other side had closed: nothing was carried out. */
function isStale(error: NodeJS.ErrnoException, { method }: HttpRequest): boolean {
  return REPEATABLE.has(method) && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}

/** Userinfo would travel as a header that nobody asked for; a host given as an address never reaches `lookup`. */
function readUrl(text: string, { isAddressAllowed }: Limits): URL {
  const url = parsed(text)
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.host === '') {
    throw new HttpFailure('unresolved', 'the address is not an absolute http or https URL')
  }
  if (url.username !== '' || url.password !== '') {
    throw new HttpFailure('refused', `the URL of ${url.host} holds a user name or a password`)
  }
  const host = bareHost(url)
  if (isAddressAllowed !== undefined && isIP(host) !== 0 && !isAddressAllowed(host, host)) {
    throw failureOf({ code: FORBIDDEN_ADDRESS }, url.host)
  }
  return url
}

/** One parse, and not two with `canParse`: this is done for each of ten thousand reads. */
function parsed(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

/** The host as sockets want it: IPv6 without brackets. */
function bareHost({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}
