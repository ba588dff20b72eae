import { type HttpClient, HttpFailure, type HttpStreams } from '../model/http.ts'
import { isObject, type JsonObject, type JsonValue, member, text } from '../model/json.ts'
import { KubeError } from './api.ts'
import { type Connection, tlsOf } from './connection.ts'
import { acceptOf, type Listed, type Listing, listAll, subjectOfListing } from './list.ts'
import { collectionPath, queryOf } from './resources.ts'
import { createSend, FAILURES, headersFor, type KubeOptions, parseBody } from './send.ts'
import { type Asked, refusal } from './status.ts'

/** One line of a watch. `gone` holds the object as it was last. */
export type WatchEvent =
  | { readonly event: 'set' | 'gone'; readonly object: JsonObject }
  /** Nothing happened up to this version. */
  | { readonly event: 'bookmark'; readonly object: JsonObject }

/** What a controller needs beside the calls of a run. Every call throws KubeError. */
export interface KubeWatch {
  readonly list: (listing: Listing) => Promise<Listed>
  /**
   * One watch request: `ended` is the server's regular end, `expired` means that the version is too old and a list is
   * needed. A silence of 30 s is a failure: the server was asked to end earlier than that by itself.
   */
  readonly watch: (
    listing: Listing,
    resourceVersion: string,
    onEvent: (event: WatchEvent) => void,
  ) => Promise<'ended' | 'expired'>
}

/** How a watch is asked for. */
interface WatchContext {
  readonly connection: Connection
  readonly http: HttpStreams
  readonly options: KubeOptions
}

// The server sends a bookmark two seconds before the end that we ask for, so a quiet watch goes on from a fresh version.
const WATCH_SECONDS = 25
const IDLE_MS = 30_000
/** An object of etcd's largest size, with its JSON around. */
const LINE_BYTES_MAX = 8 * 1024 * 1024

/** Lists and watches behind `connection`. A list has the retries of other calls, a watch has none. */
export function createKubeWatch(
  connection: Connection,
  http: HttpClient & HttpStreams,
  options: KubeOptions,
): KubeWatch {
  const send = createSend(connection, http, options)
  const context: WatchContext = { connection, http, options }
  return {
    list: (listing) => listAll(send, listing),
    watch: (listing, resourceVersion, onEvent) =>
      watch(listing, { ...context, resourceVersion, onEvent }),
  }
}

async function watch(
  listing: Listing,
  {
    connection,
    http,
    options,
    resourceVersion,
    onEvent,
  }: WatchContext & {
    readonly resourceVersion: string
    readonly onEvent: (event: WatchEvent) => void
  },
): Promise<'ended' | 'expired'> {
  const asked = { verb: 'watch', subject: subjectOfListing(listing) }
  const { apiVersion, kind, namespace, labelSelector } = listing
  const query = queryOf({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion,
    labelSelector,
    timeoutSeconds: String(WATCH_SECONDS),
  })
  let refused: KubeError | 'expired' | undefined
  const onLine = (line: Uint8Array): void => {
    const body = parseBody(line)
    const event = eventOf(body, listing)
    if (refused !== undefined) return
    if (event !== undefined) onEvent(event)
    else refused = refusedBy(member(body, 'object'), asked)
  }
  try {
    const { status, body } = await http.stream(
      {
        method: 'GET',
        url: connection.server + collectionPath(apiVersion, kind, namespace) + query,
        headers: await headersFor(connection, acceptOf(listing, 'PartialObjectMetadata')),
        body: undefined,
        tls: tlsOf(connection),
        timeoutMs: options.timeoutMs,
        signal: options.signal,
        idleMs: IDLE_MS,
        lineBytesMax: LINE_BYTES_MAX,
      },
      onLine,
    )
    if (status === 410) return 'expired'
    if (status !== 200) throw refusal(status, parseBody(body), asked)
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error
    const what = `cannot ${asked.verb} ${asked.subject}: ${error.message}`
    throw new KubeError(FAILURES[error.code], 0, what)
  }
  if (refused instanceof KubeError) throw refused
  return refused ?? 'ended'
}

/** An error comes as a line of a 200, with the Status in it. */
function refusedBy(status: JsonValue | undefined, asked: Asked): KubeError | 'expired' {
  const code = member(status, 'code')
  if (code === 410) return 'expired'
  return refusal(typeof code === 'number' && code >= 400 ? code : 500, status, asked)
}

/** Undefined for an error, and for what is no event at all. */
function eventOf(
  body: JsonValue | undefined,
  { apiVersion, kind }: Listing,
): WatchEvent | undefined {
  const object = member(body, 'object')
  if (!isObject(object)) return undefined
  switch (text(member(body, 'type'))) {
    case 'ADDED':
    case 'MODIFIED':
      return { event: 'set', object: { ...object, apiVersion, kind } }
    case 'DELETED':
      return { event: 'gone', object: { ...object, apiVersion, kind } }
    case 'BOOKMARK':
      return { event: 'bookmark', object }
    default:
      return undefined
  }
}
