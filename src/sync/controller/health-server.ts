import { createServer, type RequestListener, type Server } from 'node:http'

/** What probes and Prometheus ask. */
export interface HealthState {
  /** Why the process should be restarted; undefined while it is alive. */
  readonly deadBecause: () => string | undefined
  /** Why it does not do its work (yet); undefined when it does. */
  readonly unreadyBecause: () => string | undefined
  readonly metrics: () => string
}

/** `host:port` as Go programs take it: `:8080` is every address. Undefined for `0`, which serves nothing. */
export interface Address {
  readonly host: string | undefined
  readonly port: number
}

/** Servers that were opened. */
export interface HealthServers {
  /** Ports in the order of the addresses. */
  readonly ports: readonly number[]
  readonly close: () => void
}

// A scrape is a line and some headers; whoever sends more, or slowly, is cut off.
const REQUEST_MS_MAX = 5_000
const CONNECTIONS_MAX = 64

/** Serves all three paths at each address: who may reach which is for the network to say. Rejects when one is taken. */
export async function serveHealth(
  state: HealthState,
  addresses: readonly Address[],
): Promise<HealthServers> {
  const servers: Server[] = []
  try {
    for (const address of addresses) servers.push(await listen(state, address))
  } catch (error) {
    for (const server of servers) server.close()
    throw error
  }
  return {
    ports: servers.map((server) => {
      const address = server.address()
      return typeof address === 'object' ? (address?.port ?? 0) : 0
    }),
    close: () => {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

function listen(state: HealthState, { host, port }: Address): Promise<Server> {
  const limits = { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX }
  const server = createServer({ ...limits, maxHeaderSize: 8 * 1024 }, answerer(state))
  server.maxConnections = CONNECTIONS_MAX
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => resolve(server))
  })
}

function answerer({ deadBecause, unreadyBecause, metrics }: HealthState): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '').split('?')[0]
    const probe = (reason: string | undefined): void => {
      response.writeHead(reason === undefined ? 200 : 503, { 'content-type': 'text/plain' })
      response.end(`${reason ?? 'ok'}\n`)
    }
    if (request.method !== 'GET') return void response.writeHead(405).end()
    if (path === '/livez' || path === '/healthz') return probe(deadBecause())
    if (path === '/readyz') return probe(unreadyBecause())
    if (path !== '/metrics') return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metrics())
  }
}
