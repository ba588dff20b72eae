import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A wire to a port of this machine that keeps what is sent, as a network that is parted does, and delivers it later. */
export interface Wire {
  readonly port: number
  /** Nothing arrives any more, and nothing is lost. */
  readonly hold: () => void
  /** What was kept arrives, even of those who have gone meanwhile. */
  readonly release: () => void
  /** Every connection ends now; new ones are welcome. */
  readonly cut: () => void
  /** Every connection ends now, and so does every new one until `mend`. */
  readonly down: () => void
  readonly mend: () => void
  readonly close: () => void
}

export async function startWire(target: number): Promise<Wire> {
  const sockets = new Set<Socket>()
  const kept: (() => void)[] = []
  let state: 'up' | 'held' | 'down' = 'up'
  const later = (act: () => void): void => {
    if (state === 'held') kept.push(act)
    else act()
  }
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from.on('data', (bytes) => later(() => to.destroyed || to.write(bytes)))
    from.on('end', () => later(() => to.end()))
    from.on('error', () => later(() => to.destroy()))
    from.on('close', () => sockets.delete(from))
  }
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (state === 'down') {
      client.destroy()
      return
    }
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })
    join(client, upstream)
    join(upstream, client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const become = (next: typeof state) => (): void => {
    state = next
    if (next === 'down') cut()
    if (next === 'up') for (const act of kept.splice(0)) act()
  }
  return {
    port: (server.address() as AddressInfo).port,
    hold: become('held'),
    release: become('up'),
    cut,
    down: become('down'),
    mend: become('up'),
    close: () => {
      server.close()
      cut()
    },
  }
}
