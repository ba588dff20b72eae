import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

// A wire between a client and a server of the tests that can break: it passes bytes, and knows nothing of what they say.

export type Wire = 'pass' | 'refuse' | 'black-hole' | 'tls-alert'

export interface Proxy {
  readonly port: number
  /** Breaks what is connected already, too; `pass` mends it for whoever connects from now on. */
  readonly set: (wire: Wire) => Promise<void>
  /** Breaks what is connected; whoever connects anew is let through. */
  readonly cut: () => void
  readonly close: () => Promise<void>
}

/** A fatal handshake_failure of TLS 1.2. */
const ALERT = Uint8Array.of(0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28)

/** Listens on a free port of 127.0.0.1 for the server at `url`. */
export async function startProxy(url: string): Promise<Proxy> {
  const target = Number(new URL(url).port)
  const sockets = new Set<Socket>()
  let wire: Wire = 'pass'
  const known = (socket: Socket): Socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    return socket
  }
  const server = createServer((client) => {
    known(client)
    if (wire === 'black-hole') return
    if (wire === 'tls-alert') {
      client.end(ALERT)
      return
    }
    const upstream = known(connect(target, '127.0.0.1'))
    client.pipe(upstream).pipe(client)
    // What has passed goes nowhere any more once the wire is broken.
    upstream.on('data', () => wire === 'pass' || client.unpipe(upstream))
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      cut()
    })
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const breakWith: Readonly<Record<Wire, (before: Wire) => Promise<void> | void>> = {
    pass: () => undefined,
    refuse: (before) => (before === 'refuse' ? undefined : stop()),
    'black-hole': () => {
      for (const socket of sockets) socket.pause().unpipe()
    },
    'tls-alert': cut,
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    cut,
    set: async (next) => {
      const before = wire
      wire = next
      if (before === 'refuse' && next !== 'refuse') await listen(port)
      await breakWith[next](before)
    },
    close: async () => {
      if (wire !== 'refuse') await stop()
    },
  }
}
