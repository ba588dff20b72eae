import { dig, type JsonObject, member } from '../../src/model/json.ts'
import { readSelector } from './kube-read.ts'
import { type Answer, refuse } from './kube-refusals.ts'
import type { Kind } from './kube-rules.ts'
import { apiVersionOf, metadataOf, withMetadata } from './kube-shape.ts'
import type { KubeStore, StoreEvent } from './kube-store.ts'
import type { Stream } from './server.ts'

// Watches of the API server of the tests: what happened since a version, then what happens; bookmarks, 410, and the end
// that was asked for. Seen at kube-apiserver 1.35: a version that is too old is a 200 whose only line is an error, an
// object that leaves the selector is deleted for the watcher, and a bookmark comes two seconds before the end.

export interface WatchAsk {
  readonly kind: Kind
  readonly namespace: string
  readonly query: URLSearchParams
  /** Whether names, labels and versions are enough. */
  readonly isMetadataOnly: boolean
}

export interface Watches {
  /** A refusal, or what to do with the connection. */
  readonly open: (ask: WatchAsk) => Answer | Stream
  /** Cuts every watch that is open, as a load balancer does. */
  readonly cut: () => void
  /** Ends every watch as if its time were over. */
  readonly end: () => void
  /** Forgets what happened so far: older versions are gone. */
  readonly compact: () => void
  /** Bookmarks for those who asked for them. */
  readonly bookmark: () => void
  readonly count: () => number
}

interface Watcher {
  readonly tell: (event: StoreEvent) => void
  readonly bookmark: () => void
  readonly end: () => void
  readonly cut: () => void
}

const BOOKMARK_BEFORE_END_MS = 2_000

export function createWatches(store: KubeStore): Watches {
  const watchers = new Set<Watcher>()
  let oldest = Number(store.resourceVersion())
  store.onEvent((event) => {
    for (const watcher of [...watchers]) watcher.tell(event)
  })
  const begin =
    (ask: WatchAsk, selects: Selects): Stream =>
    (out) => {
      const since = Number(ask.query.get('resourceVersion') ?? 0)
      if (since < oldest) {
        const message = `too old resource version: ${since} (${oldest})`
        out.write(line('ERROR', refuse(410, 'Expired', message).object))
        return out.end()
      }
      const watcher: Watcher = {
        tell: (event) => {
          const told = seenBy(event, { ask, selects })
          if (told !== undefined) out.write(told)
        },
        bookmark: () => {
          if (ask.query.get('allowWatchBookmarks') === 'true') out.write(bookmark(ask, store))
        },
        end: out.end,
        cut: out.cut,
      }
      for (const event of store.eventsSince(since)) watcher.tell(event)
      watchers.add(watcher)
      const stopClock = endLater(Number(ask.query.get('timeoutSeconds') ?? 0), watcher, out.end)
      out.onClose(() => {
        stopClock()
        watchers.delete(watcher)
      })
    }
  return {
    open: (ask) => {
      const selects = readSelector(ask.query.get('labelSelector') ?? '')
      return selects === undefined
        ? refuse(400, 'BadRequest', 'unable to parse requirement')
        : begin(ask, selects)
    },
    cut: () => {
      for (const watcher of [...watchers]) watcher.cut()
    },
    end: () => {
      for (const watcher of [...watchers]) watcher.end()
    },
    compact: () => {
      oldest = Number(store.resourceVersion())
    },
    bookmark: () => {
      for (const watcher of watchers) watcher.bookmark()
    },
    count: () => watchers.size,
  }
}

/** The end that the client asked for, with its bookmark. */
function endLater(seconds: number, watcher: Watcher, end: () => void): () => void {
  if (seconds === 0) return () => undefined
  const timers = [
    setTimeout(watcher.bookmark, Math.max(0, seconds * 1000 - BOOKMARK_BEFORE_END_MS)).unref(),
    setTimeout(end, seconds * 1000).unref(),
  ]
  return () => timers.forEach(clearTimeout)
}

type Selects = (object: JsonObject) => boolean

/** The line for one watcher; undefined for what it does not see. */
function seenBy(
  { before, after, isGone }: StoreEvent,
  { ask, selects }: { readonly ask: WatchAsk; readonly selects: Selects },
): string | undefined {
  const sees = (object: JsonObject): boolean => isAsked(object, ask) && selects(object)
  const shape = ask.isMetadataOnly ? metadataOf : (object: JsonObject) => object
  const wasSeen = before !== undefined && sees(before)
  if (!isGone && sees(after)) return line(wasSeen ? 'MODIFIED' : 'ADDED', shape(after))
  if (!wasSeen) return undefined
  // As it was, with the version of its end.
  const resourceVersion = dig(after, 'metadata', 'resourceVersion')
  return line('DELETED', shape(withMetadata(before, { resourceVersion })))
}

function isAsked(object: JsonObject, { kind, namespace }: WatchAsk): boolean {
  return (
    member(object, 'kind') === kind.kind &&
    member(object, 'apiVersion') === apiVersionOf(kind) &&
    (namespace === '' || dig(object, 'metadata', 'namespace') === namespace)
  )
}

function bookmark({ kind, isMetadataOnly }: WatchAsk, store: KubeStore): string {
  const metadata = { resourceVersion: store.resourceVersion(), creationTimestamp: null }
  const object = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata }
  return line('BOOKMARK', isMetadataOnly ? metadataOf(object) : object)
}

function line(type: string, object: JsonObject): string {
  return `${JSON.stringify({ type, object })}\n`
}
