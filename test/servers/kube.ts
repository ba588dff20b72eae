import { randomUUID } from 'node:crypto'
import {
  dig,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../../src/model/json.ts'
import { type Issuer, startIssuer, verifyToken } from './jwt.ts'
import { type Act, isAllowed, KINDS, type Kind, type User } from './kube-rules.ts'
import {
  type Answer,
  type Change,
  createStore,
  type KubeStore,
  notFound,
  type Place,
  refuse,
} from './kube-store.ts'
import {
  type Answered,
  type Incoming,
  json,
  startServer,
  type TestServer,
  testTls,
} from './server.ts'

// A strict API server for tests and the demo: it knows who asks (tokens of its own, client certificates), enforces the
// Roles and RoleBindings that were given to it, and does server-side apply with owners of fields. It runs nothing: no
// Job, no controller. Watches and admission are absent.

export interface KubeServer extends TestServer {
  /** PEM. */
  readonly ca: string
  /** May do everything, as a cluster administrator. */
  readonly adminToken: string
  /** Signer of ServiceAccount tokens: `issuer.jwks` is what a Vault or STS has to trust. */
  readonly issuer: Issuer
  /** A token of a user that holds nothing but what RBAC grants. */
  readonly addUser: (name: string, groups?: readonly string[]) => string
  /** A ServiceAccount's token as TokenRequest would give it; the account has to exist. */
  readonly serviceAccountToken: (
    namespace: string,
    name: string,
    options?: { readonly audiences?: readonly string[]; readonly expirationSeconds?: number },
  ) => string
  readonly kubeconfig: (token: string, namespace?: string) => string
  /** Creates an object as `kubectl create` by an administrator would; throws when it is refused. */
  readonly seed: (...objects: readonly JsonObject[]) => void
  readonly object: (kind: string, namespace: string, name: string) => JsonObject | undefined
  readonly objects: (kind?: string, namespace?: string) => readonly JsonObject[]
  readonly remove: (kind: string, namespace: string, name: string) => void
  /** The garbage collector's work, now: answers `Kind/namespace/name` of what it deleted. */
  readonly collectGarbage: () => readonly string[]
}

export interface KubeServerOptions {
  readonly tls?: boolean
  /** Besides `default` and `kube-system`. */
  readonly namespaces?: readonly string[]
  readonly nowMs?: () => number
  readonly objects?: readonly JsonObject[]
}

/** Audience and issuer of the API server's own tokens. */
export const KUBE_ISSUER = 'https://kubernetes.default.svc'
const BODY_BYTES_MAX = 3 * 1024 * 1024
const CALLER = 'system:serviceaccount'

/** Starts an API server on loopback with an administrator and empty namespaces. */
export async function startKube(options: KubeServerOptions = {}): Promise<KubeServer> {
  const nowMs = options.nowMs ?? Date.now
  const cluster: Cluster = {
    store: createStore(nowMs),
    issuer: startIssuer(KUBE_ISSUER),
    users: new Map(),
    nowMs,
  }
  const adminToken = addUser(cluster, 'admin', ['system:masters'])
  for (const namespace of ['default', 'kube-system', ...(options.namespaces ?? [])]) {
    seed(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  }
  for (const object of options.objects ?? []) seed(cluster, object)
  const server = await startServer({
    tls: options.tls ?? true,
    nameOf: (incoming) => callOf(readRequest(incoming)),
    answer: (incoming) => answerTo(cluster, incoming),
  })
  const { ca } = testTls().authority
  return {
    ...server,
    ca,
    adminToken,
    issuer: cluster.issuer,
    addUser: (name, groups = []) => addUser(cluster, name, groups),
    serviceAccountToken: (namespace, name, how = {}) => {
      const { audiences = [KUBE_ISSUER], expirationSeconds = 3600 } = how
      return issueToken(cluster, { namespace, name }, { audiences, expirationSeconds })
    },
    kubeconfig: (token, namespace = 'default') => kubeconfig(server.url, ca, { token, namespace }),
    seed: (...objects) => {
      for (const object of objects) seed(cluster, object)
    },
    object: (kind, namespace, name) =>
      cluster.store.get({ kind: kindNamed(kind), namespace, name }),
    objects: (kind, namespace = '') =>
      kind === undefined ? cluster.store.all() : cluster.store.list(kindNamed(kind), namespace),
    remove: (kind, namespace, name) => {
      cluster.store.delete({ kind: kindNamed(kind), namespace, name }, {}, false)
    },
    collectGarbage: cluster.store.collectGarbage,
  }
}

interface Cluster {
  readonly store: KubeStore
  readonly issuer: Issuer
  readonly users: Map<string, User>
  readonly nowMs: () => number
}

function addUser({ users }: Cluster, name: string, groups: readonly string[]): string {
  const token = randomUUID()
  users.set(token, { name, groups: [...groups, 'system:authenticated'] })
  return token
}

function seed({ store }: Cluster, object: JsonObject): void {
  const apiVersion = text(member(object, 'apiVersion')) ?? ''
  const wanted = text(member(object, 'kind')) ?? ''
  const kind = KINDS.find((k) => k.kind === wanted && versionOf(k) === apiVersion)
  if (kind === undefined) throw new Error(`${apiVersion} ${wanted} is not a kind of this server`)
  const metadata = member(object, 'metadata')
  const namespace = kind.isNamespaced ? (text(member(metadata, 'namespace')) ?? 'default') : ''
  const place = { kind, namespace, name: text(member(metadata, 'name')) ?? '' }
  const answer = createAt(store, place, object, { ...CHANGE, manager: 'kubectl-create' })
  if (answer.status !== 201) throw new Error(text(member(answer.object, 'message')))
}

const CHANGE: Change = { manager: '', isForced: false, isDryRun: false }

/** A new namespace has its ServiceAccount `default`, as controllers of a real cluster see to. */
function createAt(store: KubeStore, place: Place, object: JsonObject, change: Change): Answer {
  if (place.kind.kind !== 'Namespace') return store.create(place, object, change)
  const answer = store.create(place, { ...object, status: { phase: 'Active' } }, change)
  if (answer.status === 201 && !change.isDryRun) {
    const account = { kind: kindNamed('ServiceAccount'), namespace: place.name, name: 'default' }
    store.create(account, {}, { ...CHANGE, manager: 'kube-controller-manager' })
  }
  return answer
}

function kindNamed(name: string): Kind {
  const kind = KINDS.find((candidate) => candidate.kind === name)
  if (kind === undefined) throw new Error(`${name} is not a kind of this server`)
  return kind
}

function versionOf({ group, version }: Kind): string {
  return group === '' ? version : `${group}/${version}`
}

// --- a request, read ---

interface Request {
  readonly method: string
  readonly kind: Kind | undefined
  readonly group: string
  readonly namespace: string
  readonly name: string
  /** `token`, `status`; empty for the object itself. */
  readonly subresource: string
  readonly query: URLSearchParams
  readonly contentType: string
  /** Whether the API group exists: else the answer is plain text. */
  readonly isKnownGroup: boolean
}

const REVIEWS: ReadonlyMap<string, string> = new Map([['tokenreviews', 'TokenReview']])

function readRequest({ method, path, query, headers }: Incoming): Request {
  const parts = path.split('/').slice(1).map(decodeURIComponent)
  const group = parts[0] === 'apis' ? (parts[1] ?? '') : ''
  const [version = '', ...rest] = parts.slice(parts[0] === 'apis' ? 2 : 1)
  const isScoped = rest[0] === 'namespaces' && rest.length > 2
  const namespace = isScoped ? (rest[1] ?? '') : ''
  const [plural = '', name = '', subresource = ''] = isScoped ? rest.slice(2) : rest
  const isHere = (kind: Kind): boolean => kind.group === group && kind.version === version
  const kind = KINDS.find((candidate) => isHere(candidate) && candidate.plural === plural)
  return {
    method,
    kind: kind ?? reviewKind(plural, group),
    group,
    namespace,
    name,
    subresource,
    query: new URLSearchParams(query),
    contentType: headers['content-type'] ?? '',
    isKnownGroup: KINDS.some(isHere),
  }
}

function reviewKind(plural: string, group: string): Kind | undefined {
  const kind = REVIEWS.get(plural)
  if (kind === undefined || group !== 'authentication.k8s.io') return undefined
  return { group, version: 'v1', plural, kind, isNamespaced: false, members: ['spec'] }
}

function verbOf({ method, name }: Request): string {
  if (method === 'GET') return name === '' ? 'list' : 'get'
  const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' }
  return verbs[method] ?? (name === '' ? 'deletecollection' : 'delete')
}

function resourceOf({ kind, subresource }: Request): string {
  const plural = kind?.plural ?? 'unknown'
  return subresource === '' ? plural : `${plural}/${subresource}`
}

/** E.g. `patch secrets`, `create serviceaccounts/token`: the name of a call in the log and for faults. */
function callOf(request: Request): string {
  return `${verbOf(request)} ${resourceOf(request)}`
}

// --- an answer ---

function answerTo(cluster: Cluster, incoming: Incoming): Answered {
  if (incoming.path === '/openid/v1/jwks') {
    return { call: 'get jwks', reply: json(200, { keys: cluster.issuer.jwks }) }
  }
  const request = readRequest(incoming)
  const keys = [[request.namespace, request.name].filter((part) => part !== '').join('/')]
  const user = userOf(cluster, incoming)
  const log = { call: callOf(request), keys, principal: user?.name ?? '' }
  if (user === undefined) {
    const { status, object } = refuse(401, 'Unauthorized', 'Unauthorized')
    return { ...log, reply: json(status, object) }
  }
  if (!request.isKnownGroup && request.kind === undefined) {
    return { ...log, reply: { status: 404, body: '404 page not found\n' } }
  }
  const { status, object } = answerAs(cluster, user, { request, body: incoming.body })
  return { ...log, reply: json(status, object) }
}

/** Anonymous is a user too; a wrong token is nobody. */
function userOf(cluster: Cluster, { headers, clientName }: Incoming): User | undefined {
  const { authorization } = headers
  if (authorization === undefined) {
    if (clientName === undefined) return { name: 'system:anonymous', groups: [] }
    return { name: clientName, groups: ['system:authenticated'] }
  }
  const token = /^Bearer (.+)$/.exec(authorization)?.[1] ?? ''
  return cluster.users.get(token) ?? review(cluster, token, [KUBE_ISSUER])
}

/** The ServiceAccount of a token that is ours, of its time, for one of these audiences, and whose account is there. */
function review(
  { issuer, store, nowMs }: Cluster,
  token: string,
  audiences: readonly string[],
): User | undefined {
  const claims = verifyToken(token, issuer.jwks, nowMs())
  if (claims === undefined || claims === 'expired') return undefined
  const aud = Array.isArray(claims.aud) ? claims.aud : [claims.aud]
  if (!audiences.some((audience) => aud.includes(audience))) return undefined
  const [, , namespace = '', name = ''] = String(claims.sub).split(':')
  const account = store.get({ kind: kindNamed('ServiceAccount'), namespace, name })
  const claimed = claims['kubernetes.io'] as JsonObject
  const uid = dig(claimed, 'serviceaccount', 'uid')
  if (account === undefined || dig(account, 'metadata', 'uid') !== uid) return undefined
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
  return { name: String(claims.sub), groups: [...groups, 'system:authenticated'] }
}

interface Call {
  readonly request: Request
  readonly body: Buffer
}

function answerAs(cluster: Cluster, user: User, { request, body }: Call): Answer {
  const { kind } = request
  if (kind === undefined) {
    return refuse(404, 'NotFound', 'the server could not find the requested resource')
  }
  const isPermitted = (verb: string, name = request.name): boolean => {
    const { namespace, group } = request
    const act: Act = { verb, group, resource: resourceOf(request), namespace, name }
    return isAllowed(user, act, cluster.store.all())
  }
  if (!isPermitted(verbOf(request))) return forbidden(user, request, verbOf(request))
  const isCreation = isApply(request) && cluster.store.get(placeOf(request, kind)) === undefined
  // An apply that creates is authorised again, as `create` with the object's name.
  if (isCreation && !isPermitted('create')) return forbidden(user, request, 'create')
  if (body.length > BODY_BYTES_MAX) {
    const message = `Request entity too large: limit is ${BODY_BYTES_MAX}`
    return refuse(413, 'RequestEntityTooLarge', message)
  }
  const object = parse(body)
  if (object === undefined) return refuse(400, 'BadRequest', `cannot parse: ${body}`)
  return act(cluster, { request, kind, object })
}

interface Task {
  readonly request: Request
  readonly kind: Kind
  readonly object: JsonObject
}

function act(cluster: Cluster, task: Task): Answer {
  const { request, kind, object } = task
  const place = placeOf(request, kind)
  if (kind.kind === 'TokenReview') return tokenReview(cluster, object)
  if (request.subresource === 'token') return tokenRequest(cluster, place, object)
  if (request.method === 'GET') return read(cluster, place, request)
  if (request.method === 'DELETE') {
    const isDryRun = member(object, 'dryRun') !== undefined || isDry(request)
    return cluster.store.delete(place, object, isDryRun)
  }
  return malformedAnswer(cluster, task) ?? write(cluster, task)
}

function read({ store }: Cluster, place: Place, request: Request): Answer {
  if (place.name !== '') {
    const object = store.get(place)
    return object === undefined ? notFound(place) : { status: 200, object }
  }
  const selector = request.query.get('labelSelector') ?? ''
  const all = store.list(place.kind, place.namespace).filter((item) => selects(selector, item))
  const limit = Number(request.query.get('limit') ?? 0) || all.length
  const from = continueAt(request.query.get('continue'))
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
  const object = { kind: `${kind.kind}List`, apiVersion: versionOf(kind), metadata, items }
  return { status: 200, object }
}

function continueAt(token: string | null): number | undefined {
  if (token === null) return 0
  const from = member(parse(Buffer.from(token, 'base64url')), 'from')
  return typeof from === 'number' ? from : undefined
}

/** Equality, inequality and existence; the set forms are not needed here. */
function selects(selector: string, item: JsonObject): boolean {
  const labels = dig(item, 'metadata', 'labels')
  return selector
    .split(',')
    .filter((term) => term !== '')
    .every((term) => {
      const [, not, key = '', op = '', value = ''] =
        /^(!?)([^=!]+)(?:(==|=|!=)(.*))?$/.exec(term.trim()) ?? []
      const actual = member(labels, key)
      if (op === '') return (actual === undefined) === (not === '!')
      return op === '!=' ? actual !== value : actual === value
    })
}

function malformedAnswer({ store }: Cluster, { request, kind, object }: Task): Answer | undefined {
  const metadata = member(object, 'metadata')
  const name = text(member(metadata, 'name')) ?? ''
  const namespace = text(member(metadata, 'namespace')) ?? request.namespace
  if (request.name !== '' && !isMerge(request) && name !== request.name) {
    const message = `the name of the object (${name}) does not match the name on the URL (${request.name})`
    return refuse(400, 'BadRequest', message)
  }
  if (namespace !== request.namespace) {
    const message =
      'the namespace of the provided object does not match the namespace sent on the request'
    return refuse(400, 'BadRequest', message)
  }
  const home = { kind: kindNamed('Namespace'), namespace: '', name: namespace }
  if (kind.isNamespaced && store.get(home) === undefined) return notFound(home)
  return isApply(request) ? malformedApply(task(request, kind, object)) : undefined
}

function task(request: Request, kind: Kind, object: JsonObject): Task {
  return { request, kind, object }
}

function malformedApply({ request, kind, object }: Task): Answer | undefined {
  if (!request.query.get('fieldManager')) {
    const message = 'Required value: is required for apply patch'
    const causes = [{ reason: 'FieldValueRequired', message, field: 'fieldManager' }]
    return refuse(422, 'Invalid', `PatchOptions.meta.k8s.io "" is invalid: ${message}`, { causes })
  }
  if (dig(object, 'metadata', 'managedFields') !== undefined) {
    return refuse(400, 'BadRequest', 'metadata.managedFields must be nil')
  }
  const known = ['apiVersion', 'kind', 'metadata', ...kind.members]
  const stray = Object.keys(object).find((key) => !known.includes(key))
  const what = `(${request.namespace}/${request.name}; /${kind.version}, Kind=${kind.kind})`
  // Seen: these two are 500 without a reason.
  if (stray !== undefined) {
    const message = `failed to create typed patch object ${what}: .${stray}: field not declared in schema`
    return refuse(500, '', message)
  }
  const data = member(object, 'data')
  const isBroken = (value: JsonValue | undefined): boolean =>
    typeof value === 'string' && !/^[A-Za-z0-9+/]*={0,2}$/.test(value)
  if (kind.kind === 'Secret' && isObject(data) && Object.values(data).some(isBroken)) {
    return refuse(500, '', `failed to convert new object ${what} to proper version: illegal base64`)
  }
  return undefined
}

function write({ store }: Cluster, { request, kind, object }: Task): Answer {
  const place = placeOf(request, kind)
  const change: Change = {
    manager: request.query.get('fieldManager') ?? 'waybill-test',
    isForced: request.query.get('force') === 'true',
    isDryRun: isDry(request),
  }
  if (request.method === 'POST') {
    const name = text(dig(object, 'metadata', 'name')) ?? ''
    return createAt(store, { ...place, name }, object, change)
  }
  if (request.method === 'PUT') return store.replace(place, object, change)
  if (isApply(request)) {
    const isNew = store.get(place) === undefined
    const answer = store.apply(place, object, change)
    const isNamespace = kind.kind === 'Namespace' && isNew && answer.status === 201
    if (isNamespace && !change.isDryRun) {
      const account = { kind: kindNamed('ServiceAccount'), namespace: place.name, name: 'default' }
      store.create(account, {}, CHANGE)
    }
    return answer
  }
  if (!isMerge(request)) {
    return refuse(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format')
  }
  const live = store.get(place)
  if (live === undefined) return notFound(place)
  return store.replace(place, mergePatch(live, object) as JsonObject, change)
}

/** RFC 7386. */
function mergePatch(target: JsonValue | undefined, patch: JsonValue | undefined): JsonValue {
  if (!isObject(patch)) return patch ?? null
  const merged: { [key: string]: JsonValue | undefined } = Object.create(null)
  Object.assign(merged, isObject(target) ? target : {})
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = mergePatch(merged[key], value)
  }
  return merged
}

function isApply({ method, contentType }: Request): boolean {
  return method === 'PATCH' && contentType === 'application/apply-patch+yaml'
}

function isMerge({ method, contentType }: Request): boolean {
  return method === 'PATCH' && contentType === 'application/merge-patch+json'
}

function isDry({ query }: Request): boolean {
  return query.get('dryRun') === 'All'
}

function placeOf({ namespace, name }: Request, kind: Kind): Place {
  return { kind, namespace, name }
}

function forbidden({ name: user }: User, request: Request, verb: string): Answer {
  const { kind, group, namespace } = request
  // A POST names no object, except for a subresource.
  const name = request.method === 'POST' && request.subresource === '' ? '' : request.name
  const subject = name === '' ? kind?.plural : `${kind?.plural} "${name}"`
  const scope = namespace === '' ? ' at the cluster scope' : ` in the namespace "${namespace}"`
  const message = `${subject} is forbidden: User "${user}" cannot ${verb} resource "${resourceOf(request)}" in API group "${group}"${scope}`
  const details = { ...(name === '' ? {} : { name }), kind: kind?.plural ?? '' }
  return refuse(403, 'Forbidden', message, details)
}

function parse(body: Buffer): JsonObject | undefined {
  if (body.length === 0) return {}
  try {
    const value: JsonValue = JSON.parse(body.toString())
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

// --- tokens ---

function tokenRequest(cluster: Cluster, place: Place, object: JsonObject): Answer {
  const account = cluster.store.get(place)
  if (account === undefined) return notFound(place)
  const asked = dig(object, 'spec', 'audiences')
  const audiences = isArray(asked) && asked.length > 0 ? asked.map(String) : [KUBE_ISSUER]
  const expirationSeconds = Number(dig(object, 'spec', 'expirationSeconds') ?? 3600)
  if (expirationSeconds < 600) {
    const message = `Invalid value: ${expirationSeconds}: may not specify a duration less than 10 minutes`
    const causes = [{ reason: 'FieldValueInvalid', message, field: 'spec.expirationSeconds' }]
    return refuse(422, 'Invalid', `TokenRequest.authentication.k8s.io "" is invalid: ${message}`, {
      group: 'authentication.k8s.io',
      kind: 'TokenRequest',
      causes,
    })
  }
  const token = issueToken(cluster, place, { audiences, expirationSeconds })
  const expires = new Date(cluster.nowMs() + expirationSeconds * 1000).toISOString()
  const answer = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: place.name, namespace: place.namespace },
    spec: { audiences, expirationSeconds, boundObjectRef: null },
    status: { token, expirationTimestamp: `${expires.slice(0, 19)}Z` },
  }
  return { status: 201, object: answer }
}

function issueToken(
  { store, issuer, nowMs }: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  how: { readonly audiences: readonly string[]; readonly expirationSeconds: number },
): string {
  const account = store.get({ kind: kindNamed('ServiceAccount'), namespace, name })
  if (account === undefined) throw new Error(`no ServiceAccount/${namespace}/${name}`)
  const seconds = Math.floor(nowMs() / 1000)
  return issuer.sign({
    aud: how.audiences,
    exp: seconds + how.expirationSeconds,
    iat: seconds,
    nbf: seconds,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      serviceaccount: { name, uid: dig(account, 'metadata', 'uid') },
    },
    sub: `${CALLER}:${namespace}:${name}`,
  })
}

function tokenReview(cluster: Cluster, object: JsonObject): Answer {
  const token = text(dig(object, 'spec', 'token')) ?? ''
  const asked = dig(object, 'spec', 'audiences')
  const audiences = isArray(asked) && asked.length > 0 ? asked.map(String) : [KUBE_ISSUER]
  const user = cluster.users.get(token) ?? review(cluster, token, audiences)
  const status =
    user === undefined
      ? { user: {}, error: 'invalid bearer token' }
      : {
          authenticated: true,
          user: { username: user.name, groups: [...user.groups] },
          audiences,
        }
  return { status: 201, object: { ...object, status } }
}

function kubeconfig(
  server: string,
  ca: string,
  { token, namespace }: { readonly token: string; readonly namespace: string },
): string {
  const authority = Buffer.from(ca).toString('base64')
  return `apiVersion: v1
kind: Config
current-context: test
clusters:
- name: test
  cluster:
    server: ${server}
    certificate-authority-data: ${authority}
users:
- name: test
  user:
    token: ${token}
contexts:
- name: test
  context: {cluster: test, user: test, namespace: ${namespace}}
`
}
