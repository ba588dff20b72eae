import { KubeError } from '../kube/api.ts'
import { type OverviewFormat, type OverviewRow, overviewText } from '../report/overview.ts'
import { plain } from '../report/plain.ts'
import { overview } from '../sync/overview.ts'
import { createHttpClient } from '../sync/transport.ts'
import { findConnection, openKube } from './connect.ts'
import { EXIT, UsageError, WorldError } from './exit.ts'
import type { Command, OptionValues } from './invocation.ts'
import type { Io } from './io.ts'

const BODY_BYTES_MAX = 64 * 1024 * 1024
const POLL_MS = 5000

/** `waybill status [NAME…]`: exit 0 whatever the state is, 4 when the cluster is out of reach. */
export const status: Command = async ({ operands, options, io }) => {
  const format = formatOf(options)
  const http = createHttpClient({ bodyBytesMax: BODY_BYTES_MAX })
  try {
    const { connection } = await findConnection(options, io)
    const kube = openKube(connection, http, { io, signal: io.signal })
    const namespace = options.flag('all-namespaces')
      ? ''
      : (options.text('namespace') ?? connection.namespace)
    const names = new Set(operands)
    const look = async (): Promise<readonly OverviewRow[]> => {
      const rows = await overview(kube, { namespace, app: options.text('app') })
      return names.size === 0 ? rows : rows.filter(({ name }) => names.has(name))
    }
    const rows = await look()
    if (rows.length === 0) io.writeErr(`no ExternalSecrets ${placeOf(namespace)}\n`)
    await print(rows, { format, io })
    if (options.flag('watch')) await watch(rows, look, { format, io })
    return EXIT.clean
  } catch (error) {
    if (error instanceof KubeError) throw new WorldError(plain(error.message))
    throw error
  } finally {
    http.close()
  }
}

function formatOf(options: OptionValues): OverviewFormat {
  const format = options.text('output') ?? 'text'
  if (format === 'text' || format === 'wide' || format === 'json' || format === 'yaml')
    return format
  throw new UsageError(`--output is ${JSON.stringify(format)}, expected text, wide, json or yaml`)
}

function placeOf(namespace: string): string {
  return namespace === '' ? 'in any namespace' : `in namespace ${namespace}`
}

interface Printing {
  readonly format: OverviewFormat
  readonly io: Io
}

async function print(rows: readonly OverviewRow[], { format, io }: Printing): Promise<void> {
  const text = overviewText(rows, { format, nowMs: io.clock.nowMs() })
  await io.writeOut(new TextEncoder().encode(text))
}

/** Prints what has changed, as `kubectl get --watch` does, until a signal comes. An API server that is away comes back. */
async function watch(
  first: readonly OverviewRow[],
  look: () => Promise<readonly OverviewRow[]>,
  printing: Printing,
): Promise<void> {
  const { io } = printing
  let known = new Set(first.map(fingerprint))
  while (!io.signal.aborted) {
    try {
      await io.clock.sleep(POLL_MS, io.signal)
      const rows = await look()
      const changed = rows.filter((row) => !known.has(fingerprint(row)))
      if (changed.length > 0) await print(changed, printing)
      known = new Set(rows.map(fingerprint))
    } catch (error) {
      if (io.signal.aborted) return
      if (!(error instanceof KubeError)) throw error
      io.writeErr(`waybill: ${plain(error.message)}\n`)
    }
  }
}

function fingerprint(row: OverviewRow): string {
  return JSON.stringify(row)
}
