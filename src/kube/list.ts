import { dig, isArray, isObject, type JsonObject, member, text } from '../model/json.ts'
import { KubeError } from './api.ts'
import { collectionPath, queryOf } from './resources.ts'
import type { Reply, Send } from './send.ts'

/** Which objects: an empty namespace means every namespace. */
export interface Listing {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly labelSelector: string | undefined
  /** Names, labels and versions alone: data and spec stay where they are. */
  readonly isMetadataOnly: boolean
}

/** Objects as they were at one moment. */
export interface Listed {
  readonly items: readonly JsonObject[]
  /** That moment: where a watch goes on. */
  readonly resourceVersion: string
}

const PAGE_SIZE = 500

/** For messages: `ConfigMap in all namespaces`. */
export function subjectOfListing({ kind, namespace }: Listing): string {
  return `${kind} in ${namespace || 'all namespaces'}`
}

/** What to accept: `one` is the form of an object, or of a list of them. */
export function acceptOf(
  { isMetadataOnly }: Listing,
  one: 'PartialObjectMetadata' | 'PartialObjectMetadataList',
): string {
  return isMetadataOnly ? `application/json;as=${one};g=meta.k8s.io;v=v1` : 'application/json'
}

/** All pages; starts anew, once, when the first ones are too old for the last. */
export async function listAll(send: Send, listing: Listing): Promise<Listed> {
  for (let isRestart = false; ; isRestart = true) {
    const listed = await listOnce(send, listing, isRestart)
    // 410: the pages were older than etcd's compaction; a second time is thrown by `listOnce`.
    if (listed !== undefined) return listed
  }
}

async function listOnce(
  send: Send,
  listing: Listing,
  isRestart: boolean,
): Promise<Listed | undefined> {
  const { apiVersion, kind, namespace, labelSelector } = listing
  const items: JsonObject[] = []
  const asked = { verb: 'list', subject: subjectOfListing(listing) }
  const collection = collectionPath(apiVersion, kind, namespace)
  const accept = acceptOf(listing, 'PartialObjectMetadataList')
  const get = { method: 'GET', body: undefined, contentType: 'application/json' } as const
  let next: string | undefined
  let resourceVersion = ''
  do {
    const path = collection + queryOf({ limit: String(PAGE_SIZE), labelSelector, continue: next })
    const expected = next === undefined || isRestart ? [] : [410]
    const reply = await send({ ...get, path, asked, accept }, expected)
    if (reply.status === 410) return undefined
    // Items of a list carry neither.
    for (const item of itemsOf(reply, asked.subject)) items.push({ ...item, apiVersion, kind })
    resourceVersion = text(dig(reply.body, 'metadata', 'resourceVersion')) ?? ''
    next = text(dig(reply.body, 'metadata', 'continue')) || undefined
  } while (next !== undefined)
  return { items, resourceVersion }
}

function itemsOf({ status, body }: Reply, subject: string): readonly JsonObject[] {
  const items = member(body, 'items')
  if (isArray(items)) return items.filter(isObject)
  // Seen: a list of metadata that holds nothing has null.
  if ((items ?? null) === null && text(member(body, 'kind'))?.endsWith('List') === true) return []
  throw new KubeError('malformed', status, `cannot list ${subject}: the answer holds no items`)
}
