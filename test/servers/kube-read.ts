import { dig, type JsonObject, member, text } from '../../src/model/json.ts'
import { type Answer, notFound, type Place, refuse } from './kube-refusals.ts'
import { parse, type Request } from './kube-request.ts'
import { KINDS } from './kube-rules.ts'
import { apiVersionOf, metadataOf } from './kube-shape.ts'
import type { KubeStore } from './kube-store.ts'

/** GET of one object or of a page of many. */
export function read(
  store: KubeStore,
  place: Place,
  { query, isMetadataOnly }: Pick<Request, 'query' | 'isMetadataOnly'>,
): Answer {
  if (place.name !== '') {
    const object = store.get(place)
    return object === undefined ? notFound(place) : { status: 200, object }
  }
  const selector = query.get('labelSelector') ?? ''
  const selects = readSelector(selector)
  if (selects === undefined) {
    return refuse(400, 'BadRequest', "unable to parse requirement: found '', expected: ',' or ')'")
  }
  const all = store.list(place.kind, place.namespace).filter(selects)
  const limit = Number(query.get('limit') ?? 0) || all.length
  const from = continueAt(query.get('continue'))
  if (from === undefined) {
    return refuse(400, 'BadRequest', 'invalid continue token: continue key is not valid')
  }
  const left = all.length - from - limit
  const next = Buffer.from(JSON.stringify({ from: from + limit })).toString('base64url')
  const metadata = {
    resourceVersion: store.resourceVersion(),
    ...(left > 0 ? { continue: next, remainingItemCount: left } : {}),
  }
  // Items of a real list carry neither apiVersion nor kind.
  const items = all.slice(from, from + limit).map(({ apiVersion, kind, ...item }) => item)
  const { kind } = place
  if (isMetadataOnly) {
    const object = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata }
    // Seen: such a list that holds nothing has null.
    const none = items.length === 0 ? null : items.map(metadataOf)
    return { status: 200, object: { ...object, items: none } }
  }
  const object = { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items }
  return { status: 200, object }
}

/** Discovery of a group and version, which every user may ask for; undefined for any other path. */
export function kindsOf(path: string): JsonObject | undefined {
  const [, group, version] = /^\/apis\/([^/?]+)\/([^/?]+)$/.exec(path) ?? []
  const here = KINDS.filter((kind) => kind.group === group && kind.version === version)
  if (here.length === 0) return undefined
  const resources = here.flatMap(({ plural, kind, isNamespaced }) => [
    { name: plural, singularName: '', namespaced: isNamespaced, kind, verbs: ['get'] },
    { name: `${plural}/status`, singularName: '', namespaced: isNamespaced, kind, verbs: ['get'] },
  ])
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: `${group}/${version}`,
    resources,
  }
}

function continueAt(token: string | null): number | undefined {
  if (token === null) return 0
  const from = member(parse(Buffer.from(token, 'base64url')), 'from')
  return typeof from === 'number' ? from : undefined
}

/** One requirement: `key`, `!key`, `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`. */
const REQUIREMENT =
  /^\s*(!?)\s*([-A-Za-z0-9_./]+)\s*(?:(==|=|!=)\s*([-A-Za-z0-9_.]*)|(in|notin)\s*\(([^()]*)\))?\s*$/

type Requirement = (value: string | undefined) => boolean

/** A label selector as a test of an object; undefined when it cannot be parsed. */
export function readSelector(selector: string): ((item: JsonObject) => boolean) | undefined {
  const terms = selector.split(/,(?![^(]*\))/).filter((term) => term.trim() !== '')
  const parsed = terms.map((term) => REQUIREMENT.exec(term))
  if (parsed.includes(null)) return undefined
  const tests = parsed.map((match) => [match?.[2] ?? '', requirementOf(match ?? [])] as const)
  return (item) => {
    const labels = dig(item, 'metadata', 'labels')
    return tests.every(([key, test]) => test(text(member(labels, key))))
  }
}

function requirementOf(match: readonly (string | undefined)[]): Requirement {
  const [, not, , op, value, set, list = ''] = match
  const values = set === undefined ? [value] : list.split(',').map((item) => item.trim())
  if (op === undefined && set === undefined)
    return (actual) => (actual === undefined) === (not === '!')
  const isNegative = op === '!=' || set === 'notin'
  return (actual) => values.includes(actual) !== isNegative
}
