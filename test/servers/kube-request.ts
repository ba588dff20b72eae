import { isObject, type JsonObject, type JsonValue } from '../../src/model/json.ts'
import { type Answer, type Place, refuse } from './kube-refusals.ts'
import { KINDS, type Kind, type User } from './kube-rules.ts'
import type { Incoming } from './server.ts'

// A request to the API server of the tests, taken apart as the real one does: verb, resource, subresource, name.

export interface Request {
  readonly method: string
  readonly kind: Kind | undefined
  readonly group: string
  readonly namespace: string
  readonly name: string
  /** `token`, `status`; empty for the object itself. */
  readonly subresource: string
  readonly query: URLSearchParams
  readonly contentType: string
  readonly isWatch: boolean
  /** Whether names, labels and versions are enough. */
  readonly isMetadataOnly: boolean
  /** Whether the API group exists: else the answer is plain text. */
  readonly isKnownGroup: boolean
}

const REVIEWS: ReadonlyMap<string, string> = new Map([['tokenreviews', 'TokenReview']])

export function readRequest({ method, path, query, headers }: Incoming): Request {
  const parts = path.split('/').slice(1).map(decodeURIComponent)
  const group = parts[0] === 'apis' ? (parts[1] ?? '') : ''
  const [version = '', ...rest] = parts.slice(parts[0] === 'apis' ? 2 : 1)
  const isScoped = rest[0] === 'namespaces' && rest.length > 2
  const namespace = isScoped ? (rest[1] ?? '') : ''
  const [plural = '', name = '', subresource = ''] = isScoped ? rest.slice(2) : rest
  const isHere = (kind: Kind): boolean => kind.group === group && kind.version === version
  const kind = KINDS.find((candidate) => isHere(candidate) && candidate.plural === plural)
  const parameters = new URLSearchParams(query)
  return {
    method,
    kind: kind ?? reviewKind(plural, group),
    group,
    namespace,
    name,
    subresource,
    query: parameters,
    contentType: headers['content-type'] ?? '',
    isWatch: method === 'GET' && name === '' && parameters.get('watch') === 'true',
    isMetadataOnly: (headers.accept ?? '').includes(';as=PartialObjectMetadata'),
    isKnownGroup: KINDS.some(isHere),
  }
}

function reviewKind(plural: string, group: string): Kind | undefined {
  const kind = REVIEWS.get(plural)
  if (kind === undefined || group !== 'authentication.k8s.io') return undefined
  return { group, version: 'v1', plural, kind, isNamespaced: false, members: ['spec'] }
}

export function verbOf({ method, name, isWatch }: Request): string {
  if (isWatch) return 'watch'
  if (method === 'GET') return name === '' ? 'list' : 'get'
  const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' }
  return verbs[method] ?? (name === '' ? 'deletecollection' : 'delete')
}

export function resourceOf({ kind, subresource }: Request): string {
  const plural = kind?.plural ?? 'unknown'
  return subresource === '' ? plural : `${plural}/${subresource}`
}

/** E.g. `patch secrets`, `create serviceaccounts/token`: the name of a call in the log and for faults. */
export function callOf(request: Request): string {
  return `${verbOf(request)} ${resourceOf(request)}`
}

export function isApply({ method, contentType }: Request): boolean {
  return method === 'PATCH' && contentType === 'application/apply-patch+yaml'
}

export function isMerge({ method, contentType }: Request): boolean {
  return method === 'PATCH' && contentType === 'application/merge-patch+json'
}

export function isDry({ query }: Request): boolean {
  return query.get('dryRun') === 'All'
}

export function placeOf({ namespace, name }: Request, kind: Kind): Place {
  return { kind, namespace, name }
}

export function forbidden({ name: user }: User, request: Request, verb: string): Answer {
  const { kind, group, namespace } = request
  // A POST names no object, except for a subresource.
  const name = request.method === 'POST' && request.subresource === '' ? '' : request.name
  const subject = name === '' ? kind?.plural : `${kind?.plural} "${name}"`
  const scope = namespace === '' ? ' at the cluster scope' : ` in the namespace "${namespace}"`
  const message = `${subject} is forbidden: User "${user}" cannot ${verb} resource "${resourceOf(request)}" in API group "${group}"${scope}`
  const details = { ...(name === '' ? {} : { name }), kind: kind?.plural ?? '' }
  return refuse(403, 'Forbidden', message, details)
}

export function parse(body: Buffer): JsonObject | undefined {
  if (body.length === 0) return {}
  try {
    const value: JsonValue = JSON.parse(body.toString())
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function kindNamed(name: string): Kind {
  const kind = KINDS.find((candidate) => candidate.kind === name)
  if (kind === undefined) throw new Error(`${name} is not a kind of this server`)
  return kind
}

/** RFC 7386. */
export function mergePatch(target: JsonValue | undefined, patch: JsonValue | undefined): JsonValue {
  if (!isObject(patch)) return patch ?? null
  const merged: { [key: string]: JsonValue | undefined } = Object.create(null)
  Object.assign(merged, isObject(target) ? target : {})
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = mergePatch(merged[key], value)
  }
  return merged
}
