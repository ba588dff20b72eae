import { ESO_GROUP, GENERATORS_GROUP } from '../model/external-secret.ts'
import {
  canonicalJson,
  compareBytes,
  dig,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../model/json.ts'
import { APP_LABEL, bundleName, HANDOFF_LABEL, sha256, shardName } from './names.ts'
import { handedOff } from './normalise.ts'

// A bundle is a v1 List of the objects that the author wrote, cut into shards. The anchor says how many there are and
// what they add up to, so that a reader never acts on half of an edit.

/** Format that this version writes, and the newest that it reads. */
export const FORMAT_VERSION = 1
/** Client-side apply keeps a copy in an annotation, and annotations end at 256 KiB: stay well below. */
export const SHARD_BYTES_MAX = 192 * 1024
/** Two digits, which `bundleName` keeps free for shards; some 12 MiB of references. */
export const SHARDS_MAX = 64
const SHARD_KEY = 'bundle.json'

/** What travels: the ExternalSecrets and generators of one app in one namespace. */
export interface BundleContent {
  readonly app: string
  /** Empty when the destination decides. */
  readonly namespace: string
  readonly storeNamespace: string
  /** How often the CronJob comes, so that a run refreshes what would fall due before the next; undefined without one. */
  readonly periodSeconds: number | undefined
  /** Rendered with `--orphans=delete`; what says nothing leaves it to whoever syncs. */
  readonly prunes?: boolean | undefined
  readonly objects: readonly JsonObject[]
}

/** ConfigMaps, without a sync wave. */
export interface Bundle {
  readonly anchor: JsonObject
  readonly shards: readonly JsonObject[]
}

/** Why a bundle is unusable as a whole; single bad entries are `refused` instead. */
export type BundleProblemCode =
  | 'malformed'
  | 'newer-format'
  | 'incomplete'
  | 'digest-mismatch'
  | 'too-large'

/** Why a bundle cannot be made or read. The reader keeps the previous state. */
export interface BundleProblem {
  readonly outcome: 'unusable'
  readonly code: BundleProblemCode
  readonly message: string
}

/** An entry of the payload that may not be acted on (MT-1, MT-3); the others may. */
export interface RefusedEntry {
  /** `Kind/namespace/name` as written. */
  readonly subject: string
  readonly message: string
}

/** A bundle whose digest is right; `refused` holds what must not be acted on. */
export interface ReadBundle extends BundleContent {
  readonly prunes: boolean
  readonly outcome: 'complete'
  readonly digest: string
  /** The ConfigMaps that it came from, in order. */
  readonly shardNames: readonly string[]
  readonly refused: readonly RefusedEntry[]
}

/** The anchor alone: which shards to get before the bundle can be read. */
export interface ReadAnchor {
  readonly outcome: 'read'
  readonly app: string
  readonly namespace: string
  readonly storeNamespace: string
  readonly periodSeconds: number | undefined
  readonly prunes: boolean
  readonly digest: string
  /** ConfigMaps to get, in order. */
  readonly shardNames: readonly string[]
}

/** Cuts the objects of one namespace into an anchor and shards. Equal content gives equal bytes in any order of objects. */
export function encodeBundle(
  content: BundleContent,
): { readonly outcome: 'encoded'; readonly bundle: Bundle } | BundleProblem {
  const entries = content.objects
    .map((object) => handedOff(object, isClusterGenerator(object) ? '' : content.namespace))
    .map((object) => ({ key: entryKey(object), json: canonicalJson(object) }))
    .sort((a, b) => compareBytes(a.key, b.key) || compareBytes(a.json, b.json))
  const lists = split(entries)
  if (lists === undefined) {
    const message = `the bundle of ${content.app} does not fit into ${SHARDS_MAX} ConfigMaps of ${SHARD_BYTES_MAX / 1024} KiB`
    return { outcome: 'unusable', code: 'too-large', message }
  }
  const data = {
    app: content.app,
    digest: digestOf(lists),
    format: String(FORMAT_VERSION),
    options: canonicalJson({
      periodSeconds: content.periodSeconds,
      ...(content.prunes === true && { prunes: true }),
      storeNamespace: content.storeNamespace,
    }),
    shards: String(lists.length),
  }
  return {
    outcome: 'encoded',
    bundle: {
      anchor: configMap(bundleName(content.app), content, 'anchor', data),
      shards: lists.map((json, index) =>
        configMap(shardName(content.app, index), content, 'shard', { [SHARD_KEY]: json }),
      ),
    },
  }
}

/** Reads what the anchor promises, so that the caller knows which shards to get. */
export function readAnchor(anchor: JsonObject): ReadAnchor | BundleProblem {
  const data = member(anchor, 'data')
  const name = text(dig(anchor, 'metadata', 'name')) ?? ''
  const format = count(member(data, 'format'))
  if (format === undefined || format < 1) return malformed(name)
  if (format > FORMAT_VERSION) {
    const message = `ConfigMap ${name} has format ${format}, this version reads up to ${FORMAT_VERSION}`
    return { outcome: 'unusable', code: 'newer-format', message }
  }
  const app = text(member(data, 'app'))
  const digest = text(member(data, 'digest'))
  const shards = count(member(data, 'shards'))
  if (app === undefined || digest === undefined || shards === undefined || shards > SHARDS_MAX) {
    return malformed(name)
  }
  const options = parsed(member(data, 'options'))
  const periodSeconds = member(options, 'periodSeconds')
  return {
    outcome: 'read',
    app,
    namespace: text(dig(anchor, 'metadata', 'namespace')) ?? '',
    storeNamespace: text(member(options, 'storeNamespace')) ?? '',
    periodSeconds: typeof periodSeconds === 'number' ? periodSeconds : undefined,
    prunes: member(options, 'prunes') === true,
    digest,
    shardNames: Array.from({ length: shards }, (_, index) => `${name}-${index}`),
  }
}

/**
 * Puts a bundle together again, from shards in any order. Trust: whoever may create ConfigMaps in the namespace wrote it, so an
 * entry reaches no further than the anchor's own namespace (MT-1), and a store in it is refused (MT-3). A ClusterGenerator is
 * safe where a ClusterSecretStore is not: it counts for this bundle alone, and its credentials are looked up in the namespace of
 * the ExternalSecret, so it does what a generator of the namespace does and grants nothing.
 */
export function decodeBundle(
  anchor: JsonObject,
  shards: readonly JsonObject[],
): ReadBundle | BundleProblem {
  const head = readAnchor(anchor)
  if (head.outcome === 'unusable') return head
  const byName = new Map(shards.map((shard) => [text(dig(shard, 'metadata', 'name')), shard]))
  const lists: string[] = []
  for (const name of head.shardNames) {
    const json = text(dig(byName.get(name), 'data', SHARD_KEY))
    if (json === undefined) {
      const message = `ConfigMap ${name} is missing or holds no ${SHARD_KEY}: expected ${head.shardNames.length} shards`
      return { outcome: 'unusable', code: 'incomplete', message }
    }
    lists.push(json)
  }
  if (digestOf(lists) !== head.digest) {
    const message = `the shards of ${bundleName(head.app)} do not add up to its digest: an update is under way, or somebody edited them`
    return { outcome: 'unusable', code: 'digest-mismatch', message }
  }
  const objects: JsonObject[] = []
  for (const json of lists) {
    const items = member(parsed(json), 'items')
    if (!isArray(items) || !items.every(isObject)) return malformed(bundleName(head.app))
    objects.push(...items)
  }
  return { ...head, outcome: 'complete', ...judged(objects, head.namespace) }
}

function judged(
  objects: readonly JsonObject[],
  namespace: string,
): { readonly objects: readonly JsonObject[]; readonly refused: readonly RefusedEntry[] } {
  const accepted: JsonObject[] = []
  const refused: RefusedEntry[] = []
  for (const object of objects) {
    const own = text(dig(object, 'metadata', 'namespace')) ?? ''
    const subject = entryKey(object)
    if (!isBundled(object)) {
      refused.push({ subject, message: 'a bundle holds ExternalSecrets and generators only' })
    } else if (own !== '' && own !== namespace) {
      const message = `namespace ${own} is not the bundle's namespace ${namespace}`
      refused.push({ subject, message })
    } else accepted.push(object)
  }
  return { objects: accepted, refused }
}

/** Whether an object may travel in a bundle; stores travel on their own. */
export function isBundled(object: JsonObject): boolean {
  const group = (text(member(object, 'apiVersion')) ?? '').split('/')[0]
  const kind = member(object, 'kind')
  if (group === GENERATORS_GROUP) return kind !== 'GeneratorState'
  return group === ESO_GROUP && kind === 'ExternalSecret'
}

/** A generator of all namespaces, which travels to each that names it. */
export function isClusterGenerator(object: JsonObject): boolean {
  return isBundled(object) && member(object, 'kind') === 'ClusterGenerator'
}

interface Entry {
  readonly key: string
  readonly json: string
}

/** The fewest shards, doubling, of which none is too large: an edit moves entries only when the number changes. */
function split(entries: readonly Entry[]): readonly string[] | undefined {
  for (let shards = 1; shards <= SHARDS_MAX; shards *= 2) {
    const buckets: string[][] = Array.from({ length: shards }, () => [])
    for (const { key, json } of entries) {
      buckets[shardOf(key, shards)]?.push(json)
    }
    const lists = buckets.map((items) => listOf(items))
    if (lists.every((json) => new TextEncoder().encode(json).length <= SHARD_BYTES_MAX))
      return lists
  }
  return undefined
}

/** The shard of an entry, by `Kind/namespace/name`. */
export function shardOf(key: string, shards: number): number {
  return Number.parseInt(sha256(key).slice(0, 8), 16) % shards
}

function listOf(items: readonly string[]): string {
  return `{"apiVersion":"v1","items":[${items.join(',')}],"kind":"List"}`
}

/** Lengths are part of it: two shards cannot trade text without being noticed. */
function digestOf(lists: readonly string[]): string {
  return `sha256:${sha256(lists.map((json) => `${json.length}\n${json}`).join('\n'))}`
}

function entryKey(object: JsonObject): string {
  const metadata = member(object, 'metadata')
  const parts = [member(object, 'kind'), member(metadata, 'namespace'), member(metadata, 'name')]
  return parts.map((part) => text(part) ?? '').join('/')
}

function configMap(
  name: string,
  { app, namespace }: BundleContent,
  part: string,
  data: JsonObject,
): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      ...(namespace === '' ? {} : { namespace }),
      labels: { [APP_LABEL]: bundleName(app).slice('waybill-'.length), [HANDOFF_LABEL]: part },
    },
    data,
  }
}

function malformed(name: string): BundleProblem {
  const message = `ConfigMap ${name} is not a bundle that waybill wrote`
  return { outcome: 'unusable', code: 'malformed', message }
}

function count(value: JsonValue | undefined): number | undefined {
  const digits = text(value) ?? ''
  return /^\d{1,6}$/.test(digits) ? Number(digits) : undefined
}

/** Undefined for what is no JSON: the parser's message would quote it. */
export function parsed(json: JsonValue | undefined): JsonValue | undefined {
  try {
    return JSON.parse(text(json) ?? '') as JsonValue
  } catch {
    return undefined
  }
}
