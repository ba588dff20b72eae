import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttp, type RequestListener, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer as createTcp, type Socket } from 'node:net'
import { after, test } from 'node:test'
import {
  type HttpClient,
  HttpFailure,
  type HttpFailureCode,
  type HttpRequest,
  type TlsSettings,
} from '../../../src/model/http.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { createHttpClient, type HttpClientOptions } from '../../../src/sync/transport.ts'
import { makeAuthority } from '../../servers/certificates.ts'

const authority = makeAuthority()
const server = authority.issue({ commonName: 'localhost', hosts: ['localhost', '127.0.0.1'] })
const closing: (() => void)[] = []
after(() => {
  for (const close of closing) close()
})

test('a body comes back with its status and lower-case headers', async () => {
  const { url } = await serve((request, response) => {
    response.writeHead(203, { 'X-Answer': 'yes' }).end(`${request.method} ${request.url}`)
  })
  const answer = await client().request(get(`${url}/a?b=c`))
  assert.equal(answer.status, 203)
  assert.equal(answer.headers['x-answer'], 'yes')
  assert.equal(Buffer.from(answer.body).toString(), 'GET /a?b=c')
})

test('a body that is sent arrives whole, with its length', async () => {
  const { url } = await serve(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    response.end(`${request.headers['content-length']} ${Buffer.concat(chunks)}`)
  })
  const body = Buffer.from('gr\u00fc\u00dfe')
  const answer = await client().request({ ...get(url), method: 'PUT', body })
  assert.equal(Buffer.from(answer.body).toString(), '7 gr\u00fc\u00dfe')
})

test('an HTTP error status is an answer, not a failure', async () => {
  const { url } = await serve((_, response) => void response.writeHead(503).end())
  assert.equal((await client().request(get(url))).status, 503)
})

test('the LIST method of Vault goes out as it is', async () => {
  const heard = await listen((socket) => {
    socket.once('data', (bytes) => {
      const [line] = bytes.toString().split('\r\n')
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${line?.length}\r\n\r\n${line}`)
    })
  })
  const answer = await client().request({ ...get(`${heard}/v1/secret`), method: 'LIST' })
  assert.equal(Buffer.from(answer.body).toString(), 'LIST /v1/secret HTTP/1.1')
})

test('200 requests share the pool: never more connections than it holds', async () => {
  const { url, connections } = await serveTls()
  const http = client({ socketsPerPoolMax: 8 })
  const tls = trusting(authority.ca)
  await Promise.all(Array.from({ length: 200 }, () => http.request({ ...get(url), tls })))
  assert.ok(connections() <= 8, `${connections()} connections`)
  for (let i = 0; i < 20; i++) await http.request({ ...get(url), tls })
  assert.ok(connections() <= 8, `${connections()} connections after 20 more`)
})

test('equal TLS settings in different objects share connections', async () => {
  const { url, connections } = await serveTls()
  const http = client()
  for (let i = 0; i < 3; i++) await http.request({ ...get(url), tls: trusting(authority.ca) })
  assert.equal(connections(), 1)
})

test('another client certificate never travels on the same connection', async () => {
  const { url, connections } = await serveTls({ asksForCertificate: true })
  const http = client()
  const names: string[] = []
  for (const commonName of ['alice', 'bob']) {
    const { cert, key } = authority.issue({ commonName })
    const tls = {
      ...trusting(authority.ca),
      cert: SecretValue.fromText(cert),
      key: SecretValue.fromText(key),
    }
    names.push(Buffer.from((await http.request({ ...get(url), tls })).body).toString())
  }
  assert.deepEqual(names, ['alice', 'bob'])
  assert.equal(connections(), 2)
})

test('the server name to verify can differ from the host', async () => {
  const { url } = await serveTls()
  const wrong = { ...trusting(authority.ca), serverName: 'other.example' }
  await fails({ ...get(url), tls: wrong }, 'untrusted-certificate', /is for another name/)
  const right = { ...trusting(authority.ca), serverName: 'localhost' }
  assert.equal((await client().request({ ...get(url), tls: right })).status, 200)
})

test('verification can be turned off, and only by the request', async () => {
  const { url } = await serveTls()
  const tls = { ...trusting(undefined), isVerificationOff: true }
  assert.equal((await client().request({ ...get(url), tls })).status, 200)
})

test('TLS 1.1 is not spoken', async () => {
  const { url } = await serveTls({ maxVersion: 'TLSv1.1' })
  await fails({ ...get(url), tls: trusting(authority.ca) }, 'untrusted-certificate', /agree on TLS/)
})

test('an expired certificate is called by its name', async () => {
  const old = authority.issue({ commonName: 'old', hosts: ['127.0.0.1'], days: -1 })
  const { url } = await serveTls({ identity: old })
  await fails({ ...get(url), tls: trusting(authority.ca) }, 'untrusted-certificate', /has expired/)
})

for (const ca of [undefined, makeAuthority('another CA').ca]) {
  test(`a server whose CA is ${ca === undefined ? 'not given' : 'another one'} is not trusted`, async () => {
    const { url } = await serveTls()
    await fails({ ...get(url), tls: trusting(ca) }, 'untrusted-certificate', /certificate/)
  })
}

test('a CA that is no PEM is told apart from a server that is not trusted', async () => {
  const { url } = await serveTls()
  const tls = trusting('-----BEGIN CERTIFICATE-----\ncanary-pem\n-----END CERTIFICATE-----\n')
  await fails({ ...get(url), tls }, 'untrusted-certificate', /not valid PEM/)
})

for (const status of [301, 302, 303, 307, 308]) {
  test(`${status} is refused and names the host, without path or query`, async () => {
    let visits = 0
    const target = await serve((_, response) => {
      visits++
      response.end()
    })
    const location = `${target.url}/canary-path?canary-query`
    const { url } = await serve(
      (_, response) => void response.writeHead(status, { location }).end(),
    )
    await fails(get(url), 'redirect', new RegExp(`points to ${new URL(target.url).host}:`))
    assert.equal(visits, 0)
  })
}

test('304 is an answer: nothing moved', async () => {
  const { url } = await serve((_, response) => void response.writeHead(304).end())
  assert.equal((await client().request(get(url))).status, 304)
})

test('a body at the cap is taken, one byte more is too large', async () => {
  const { url } = await serve((request, response) => {
    response.end(Buffer.alloc(Number(request.url?.slice(1)), 'x'))
  })
  const http = client({ bodyBytesMax: 1000 })
  assert.equal((await http.request(get(`${url}/1000`))).body.length, 1000)
  await fails(get(`${url}/1001`), 'too-large', /more than 1000 bytes/, http)
})

test('a stream without a length is cut at the cap', async () => {
  const { url } = await serve((_, response) => {
    const push = (): void => {
      if (response.write(Buffer.alloc(10_000, 'x'))) setImmediate(push)
      else response.once('drain', push)
    }
    response.on('close', () => response.removeAllListeners('drain'))
    push()
  })
  await fails(get(url), 'too-large', /more than 50000 bytes/, client({ bodyBytesMax: 50_000 }))
})

test('headers beyond 64 KiB are refused', async () => {
  const { url } = await serve(
    (_, response) => void response.writeHead(200, { 'x-long': 'y'.repeat(70_000) }).end(),
  )
  await fails(get(url), 'too-large', /headers/)
})

const silences: readonly [string, RequestListener][] = [
  ['no answer at all', () => undefined],
  ['headers and then silence', (_, response) => response.writeHead(200).flushHeaders()],
  ['half a body', (_, response) => void response.writeHead(200).write('half')],
]
for (const [story, listener] of silences) {
  test(`the deadline ends a call: ${story}`, async () => {
    const { url } = await serve(listener)
    await fails({ ...get(url), timeoutMs: 60 }, 'timeout', /no answer in 60 ms/)
  })
}

test('the deadline counts the wait for a free connection', async () => {
  const { url } = await serve(() => undefined)
  const http = client({ socketsPerPoolMax: 1 })
  const first = fails({ ...get(url), timeoutMs: 100 }, 'timeout', /no answer/, http)
  await fails({ ...get(url), timeoutMs: 50 }, 'timeout', /no answer in 50 ms/, http)
  await first
})

test('a signal cancels a call in flight, and one that has not begun', async () => {
  const { url } = await serve(() => undefined)
  const controller = new AbortController()
  const call = fails({ ...get(url), signal: controller.signal }, 'aborted', /cancelled/)
  setImmediate(() => controller.abort())
  await call
  await fails({ ...get(url), signal: controller.signal }, 'aborted', /cancelled/)
})

test('a refused connection is said so, with host and port only', async () => {
  const { url, close } = await serve(() => undefined)
  await close()
  await fails(get(`${url}/canary-path?canary-query`), 'refused', /^127\.0\.0\.1:\d+ refused/)
})

test('a name that DNS does not know is unresolved', async () => {
  await fails(get('http://waybill-test.invalid/'), 'unresolved', /^waybill-test\.invalid /)
})

test('an answer that ends early is a cut connection, never a short body', async () => {
  const cut = await listen((socket) => {
    socket.once('data', () =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ncanary-half'),
    )
  })
  await fails(get(cut), 'reset', /cut the connection/)
})

test('something that is not HTTP is a reset, and none of it is quoted', async () => {
  const other = await listen((socket) => {
    socket.once('data', () => socket.end('SSH-2.0-canary-banner\r\n'))
  })
  await fails(get(other), 'reset', /not HTTP/)
})

test('a GET survives an idle connection that the server closed', async () => {
  let answers = 0
  const url = await listen((socket) => {
    socket.on('error', () => undefined)
    let isFirst = true
    socket.on('data', () => {
      // The second request on a connection meets a server that has just gone away.
      if (!isFirst) return void socket.destroy()
      isFirst = false
      answers++
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    })
  })
  const http = client()
  await http.request(get(url))
  await http.request(get(url))
  assert.equal(answers, 2)
  await fails({ ...get(url), method: 'POST' }, 'reset', /cut the connection/, http)
})

test('a line break in a header is refused before anything is sent, without its text', async () => {
  const { url, connections } = await serve((_, response) => void response.end())
  const headers = { 'x-vault-token': 'canary-token\n' }
  await fails({ ...get(url), headers }, 'refused', /line break/)
  assert.equal(connections(), 0)
})

for (const url of ['ftp://host/', 'host/path', '', 'http://canary-user:canary-pass@127.0.0.1/']) {
  test(`the address ${JSON.stringify(url.replaceAll(/canary/g, 'x'))} is refused`, async () => {
    await assert.rejects(client().request(get(url)), noCanary)
  })
}

test('an address policy refuses a host by what it resolves to', async () => {
  const { url, connections } = await serve((_, response) => void response.end())
  const { port } = new URL(url)
  const http = client({ isAddressAllowed: (address) => !/^(127\.|::1)/.test(address) })
  const disguises = ['127.0.0.1', 'localhost', '0x7f.1', '2130706433', '0177.0.0.1', '[::1]']
  for (const host of disguises) {
    await fails(get(`http://${host}:${port}/`), 'forbidden-address', /may not use/, http)
  }
  assert.equal(connections(), 0)
})

test('an address policy that allows an address lets the request through', async () => {
  const { url } = await serve((_, response) => void response.end('in'))
  const http = client({ isAddressAllowed: () => true })
  const { port } = new URL(url)
  assert.equal((await http.request(get(`http://localhost:${port}/`))).status, 200)
})

test('close ends idle connections', async () => {
  const { url, server: listening } = await serve((_, response) => void response.end())
  const http = createHttpClient()
  await http.request(get(url))
  http.close()
  // Resolves only when every connection has ended.
  await new Promise((resolve) => listening.close(resolve))
})

// --- what the tests above share ---

function client(options: HttpClientOptions = {}): HttpClient {
  const http = createHttpClient(options)
  closing.push(http.close)
  return http
}

function get(url: string): HttpRequest {
  return {
    method: 'GET',
    url,
    headers: { authorization: 'Bearer canary-bearer' },
    body: undefined,
    tls: undefined,
    timeoutMs: 5_000,
    signal: new AbortController().signal,
  }
}

function trusting(ca: string | undefined): TlsSettings {
  return { ca, cert: undefined, key: undefined, serverName: undefined, isVerificationOff: false }
}

async function fails(
  request: HttpRequest,
  code: HttpFailureCode,
  message: RegExp,
  http = client(),
): Promise<void> {
  await assert.rejects(http.request(request), (error) => {
    assert.ok(error instanceof HttpFailure, String(error))
    assert.deepEqual([error.code, message.test(error.message)], [code, true], error.message)
    return noCanary(error)
  })
}

function noCanary(error: Error): boolean {
  assert.doesNotMatch(`${error.message}${JSON.stringify(error)}`, /canary/)
  assert.equal(error.cause, undefined)
  return true
}

interface Serving {
  readonly url: string
  readonly server: Server
  readonly connections: () => number
  readonly close: () => Promise<void>
}

async function serve(listener: RequestListener, listening = createHttp()): Promise<Serving> {
  let connections = 0
  listening.on('request', listener)
  listening.on('connection', () => connections++)
  const scheme = 'setSecureContext' in listening ? 'https' : 'http'
  const port = await portOf(listening)
  closing.push(() => listening.closeAllConnections())
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    server: listening,
    connections: () => connections,
    close: () => new Promise((resolve) => listening.close(() => resolve())),
  }
}

function serveTls({
  identity = server,
  asksForCertificate = false,
  maxVersion = 'TLSv1.3' as 'TLSv1.3' | 'TLSv1.1',
} = {}): Promise<Serving> {
  const listening = createHttps({
    ...identity,
    ca: authority.ca,
    requestCert: asksForCertificate,
    minVersion: 'TLSv1.1',
    maxVersion,
  })
  return serve((request, response) => {
    const peer =
      'getPeerCertificate' in request.socket ? request.socket.getPeerCertificate : undefined
    const certificate = typeof peer === 'function' ? peer.call(request.socket) : undefined
    response.end(String(certificate?.subject?.CN))
  }, listening)
}

async function listen(onConnection: (socket: Socket) => void): Promise<string> {
  const listening = createTcp(onConnection)
  const sockets = new Set<Socket>()
  listening.on('connection', (socket) => sockets.add(socket))
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
  })
  return `http://127.0.0.1:${await portOf(listening)}`
}

async function portOf(listening: ReturnType<typeof createTcp>): Promise<number> {
  listening.listen(0, '127.0.0.1')
  listening.unref()
  await once(listening, 'listening')
  return (listening.address() as AddressInfo).port
}
