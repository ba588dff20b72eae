import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type Authority, type Identity, makeAuthority } from './certificates.ts'

// What the servers of these tests share: a socket on loopback, a call log that can be counted, and a fault script.

export interface Incoming {
  readonly method: string
  /** As it came: encoded, without the query. */
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Common name of the client certificate; undefined without one that the test CA signed. */
  readonly clientName: string | undefined
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** An answer that goes on until one side ends it. */
export type Stream = (out: StreamOut) => void

export interface StreamOut {
  readonly write: (text: string) => void
  readonly end: () => void
  /** Breaks the connection. */
  readonly cut: () => void
  readonly onClose: (listener: () => void) => void
}

/** One request as it was understood. `call` is `service:Operation`; `keys` are the secrets that it names. */
export interface Call {
  readonly call: string
  readonly keys: readonly string[]
  /** Who asked, once authenticated. */
  readonly principal: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** What happens to the next requests instead of, or on the way to, an answer. */
export interface Fault {
  /** Only to this call; every call when absent. */
  readonly call?: string
  /** How many requests it hits; 1 when absent. */
  readonly times?: number
  /** How many matching requests pass before it starts. */
  readonly after?: number
  readonly does:
    | { readonly reply: Reply }
    | { readonly delayMs: number }
    | { readonly reset: 'before' | 'in-body' }
    /** The true answer, cut after so many bytes of its body. */
    | { readonly truncateTo: number }
    /** The true answer, a byte at a time. */
    | { readonly slowMs: number }
    /** Never answers. */
    | { readonly hang: true }
    | { readonly redirect: string }
}

export interface Calls {
  readonly all: readonly Call[]
  readonly count: (call?: string) => number
  /** Sockets that were ever opened. */
  readonly connections: () => number
  readonly clear: () => void
}

export interface TestServer {
  readonly url: string
  readonly calls: Calls
  readonly fault: (fault: Fault) => void
  readonly clearFaults: () => void
  readonly close: () => Promise<void>
}

export interface Answered {
  readonly call: string
  readonly keys?: readonly string[]
  readonly principal?: string
  readonly reply: Reply
  /** Goes on after the reply's status and headers; faults of its body do not apply. */
  readonly stream?: Stream
}

export interface ServerOptions {
  readonly tls: boolean
  /** Names the call before it is answered, for faults that hit before. */
  readonly nameOf: (incoming: Incoming) => string
  readonly answer: (incoming: Incoming) => Answered | Promise<Answered>
}

export interface TestTls {
  readonly authority: Authority
  readonly server: Identity
  readonly client: Identity
}

let made: TestTls | undefined

/** The CA of every TLS server of this process, a server certificate for loopback and a client certificate. */
export function testTls(): TestTls {
  if (made === undefined) {
    const authority = makeAuthority()
    const hosts = ['localhost', '127.0.0.1']
    made = {
      authority,
      server: authority.issue({ commonName: 'server', hosts }),
      client: authority.issue({ commonName: 'client' }),
    }
  }
  return made
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
}

/** Starts on a free port of 127.0.0.1. */
export async function startServer(options: ServerOptions): Promise<TestServer> {
  const calls: Call[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const script = faultScript()
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const incoming = await readIncoming(request)
    const fault = script.take(options.nameOf(incoming))
    const early = fault === undefined ? undefined : earlyReply(fault)
    const answered =
      early === undefined
        ? await options.answer(incoming)
        : { call: options.nameOf(incoming), reply: early }
    calls.push({
      call: answered.call,
      keys: answered.keys ?? [],
      principal: answered.principal ?? '',
      status: answered.reply.status,
      headers: incoming.headers,
    })
    if (answered.stream === undefined) await send(response, answered.reply, fault)
    else stream(response, answered.reply, answered.stream)
  }
  const server: Server = options.tls
    ? createTlsServer(
        {
          ...testTls().server,
          ca: testTls().authority.ca,
          requestCert: true,
          rejectUnauthorized: false,
        },
        listener,
      )
    : createServer(listener)
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    calls: {
      all: calls,
      count: (call) => calls.filter((entry) => call === undefined || entry.call === call).length,
      connections: () => connections,
      clear: () => {
        calls.length = 0
        connections = 0
      },
    },
    fault: script.add,
    clearFaults: script.clear,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

interface FaultScript {
  readonly add: (fault: Fault) => void
  /** The first fault that is due for this call. */
  readonly take: (call: string) => Fault | undefined
  readonly clear: () => void
}

function faultScript(): FaultScript {
  let entries: { readonly fault: Fault; passed: number; hit: number }[] = []
  return {
    add: (fault) => {
      entries.push({ fault, passed: 0, hit: 0 })
    },
    take: (call) => {
      const entry = entries.find(
        ({ fault, hit }) => (fault.call ?? call) === call && hit < (fault.times ?? 1),
      )
      if (entry === undefined || entry.passed++ < (entry.fault.after ?? 0)) return undefined
      entry.hit++
      return entry.fault
    },
    clear: () => {
      entries = []
    },
  }
}

function earlyReply({ does }: Fault): Reply | undefined {
  if ('reply' in does) return does.reply
  if ('redirect' in does) return { status: 307, headers: { location: does.redirect }, body: '' }
  if ('hang' in does || ('reset' in does && does.reset === 'before')) return { status: 0, body: '' }
  return undefined
}

async function readIncoming(request: IncomingMessage): Promise<Incoming> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const [path = '', query = ''] = split(request.url ?? '', '?')
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(',') : (value ?? '')
  }
  const { socket } = request
  const isTrusted = socket instanceof TLSSocket && socket.authorized
  const subject = isTrusted ? socket.getPeerCertificate().subject?.CN : undefined
  return {
    method: request.method ?? '',
    path,
    query,
    headers,
    body: Buffer.concat(chunks),
    clientName: Array.isArray(subject) ? subject[0] : subject,
  }
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

const pause = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs).unref())

async function send(
  response: ServerResponse,
  reply: Reply,
  fault: Fault | undefined,
): Promise<void> {
  const does = fault?.does ?? { delayMs: 0 }
  const body = Buffer.from(reply.body)
  if ('hang' in does) return
  if ('reset' in does && does.reset === 'before') return cut(response)
  if ('delayMs' in does && does.delayMs > 0) await pause(does.delayMs)
  response.writeHead(reply.status, { ...reply.headers, 'content-length': String(body.length) })
  if ('slowMs' in does) return drip(response, body, does.slowMs)
  if ('truncateTo' in does) {
    response.write(body.subarray(0, does.truncateTo), () => response.socket?.destroy())
  } else if ('reset' in does) {
    response.write(body.subarray(0, 1), () => cut(response))
  } else {
    response.end(body)
  }
}

function stream(response: ServerResponse, { status, headers }: Reply, begin: Stream): void {
  response.writeHead(status, headers)
  response.flushHeaders()
  begin({
    // Whoever has been told the end hears no more.
    write: (text) => void (response.writableEnded || response.write(text)),
    end: () => response.end(),
    cut: () => cut(response),
    onClose: (listener) => response.on('close', listener),
  })
}

/** A TLS socket cannot send a reset of its own: its end without a farewell is one to the client. */
function cut({ socket }: ServerResponse): void {
  if (socket instanceof TLSSocket) socket.destroy()
  else socket?.resetAndDestroy()
}

async function drip(response: ServerResponse, body: Buffer, slowMs: number): Promise<void> {
  for (const byte of body) {
    if (response.destroyed) return
    response.write(Uint8Array.of(byte))
    await pause(slowMs)
  }
  response.end()
}
