import {
  dig,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../../src/model/json.ts'
import { type Issuer, startIssuer } from './jwt.ts'
import { kubeconfig } from './kube-kubeconfig.ts'
import { kindsOf, read } from './kube-read.ts'
import { type Answer, notFound, otherUid, type Place, refuse } from './kube-refusals.ts'
import {
  callOf,
  forbidden,
  isApply,
  isDry,
  isMerge,
  kindNamed,
  mergePatch,
  parse,
  placeOf,
  type Request,
  readRequest,
  resourceOf,
  verbOf,
} from './kube-request.ts'
import { type Act, isAllowed, KINDS, type Kind, type User } from './kube-rules.ts'
import { apiVersionOf, withMetadata } from './kube-shape.ts'
import { type Change, createStore, type KubeStore } from './kube-store.ts'
import {
  addUser,
  type Cluster,
  issueToken,
  KUBE_ISSUER,
  tokenRequest,
  tokenReview,
  userOf,
} from './kube-tokens.ts'
import { createWatches, type Watches } from './kube-watch.ts'
import {
  type Answered,
  type Incoming,
  json,
  type Stream,
  startServer,
  type TestServer,
  testTls,
} from './server.ts'

export { KUBE_ISSUER } from './kube-tokens.ts'

// A strict API server for tests and the demo: it knows who asks (tokens of its own, client certificates), enforces the
// Roles and RoleBindings that were given to it, does server-side apply with owners of fields, and is watched. It runs
// nothing: no Job, no controller. Admission is absent.

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
  readonly watches: Omit<Watches, 'open'>
  readonly installCrds: () => void
  /** The garbage collector's work, now: answers `Kind/namespace/name` of what it deleted. */
  readonly collectGarbage: () => readonly string[]
}

export interface KubeServerOptions {
  readonly tls?: boolean
  /** Besides `default` and `kube-system`. */
  readonly namespaces?: readonly string[]
  readonly nowMs?: () => number
  readonly objects?: readonly JsonObject[]
  /** Whether the CustomResourceDefinitions of External Secrets are there from the start; they are. */
  readonly crds?: boolean
}

const BODY_BYTES_MAX = 3 * 1024 * 1024

/** Starts an API server on loopback with an administrator and empty namespaces. */
export async function startKube(options: KubeServerOptions = {}): Promise<KubeServer> {
  const nowMs = options.nowMs ?? Date.now
  const store = createStore(nowMs)
  const cluster: Cluster = {
    store,
    watches: createWatches(store),
    issuer: startIssuer(KUBE_ISSUER),
    users: new Map(),
    nowMs,
    hasCrds: options.crds ?? true,
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
    watches: cluster.watches,
    installCrds: () => {
      cluster.hasCrds = true
    },
    collectGarbage: cluster.store.collectGarbage,
  }
}

function seed({ store }: Cluster, object: JsonObject): void {
  const apiVersion = text(member(object, 'apiVersion')) ?? ''
  const wanted = text(member(object, 'kind')) ?? ''
  const kind = KINDS.find((k) => k.kind === wanted && apiVersionOf(k) === apiVersion)
  if (kind === undefined) throw new Error(`${apiVersion} ${wanted} is not a kind of this server`)
  const metadata = member(object, 'metadata')
  const namespace = kind.isNamespaced ? (text(member(metadata, 'namespace')) ?? 'default') : ''
  const place = { kind, namespace, name: text(member(metadata, 'name')) ?? '' }
  const answer = store.create(place, object, { ...CHANGE, manager: 'kubectl-create' })
  if (answer.status === 201) settled(store, place, CHANGE)
  const status = member(object, 'status')
  if (kind.isCustom && status !== undefined) {
    store.replace(place, { ...answer.object, status }, { ...CHANGE, part: 'status' })
  }
  if (answer.status !== 201) throw new Error(text(member(answer.object, 'message')))
}

const CHANGE: Change = { manager: '', isForced: false, isDryRun: false, part: '' }

/** A new namespace has its ServiceAccount `default`, as controllers of a real cluster see to. */
function settled(store: KubeStore, { kind, name }: Place, change: Change): void {
  if (kind.kind !== 'Namespace' || change.isDryRun) return
  const account = { kind: kindNamed('ServiceAccount'), namespace: name, name: 'default' }
  store.create(account, {}, { ...CHANGE, manager: 'kube-controller-manager' })
}

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
  const isMissing = request.kind?.isCustom === true && !cluster.hasCrds
  if (isMissing || (!request.isKnownGroup && request.kind === undefined)) {
    return { ...log, reply: { status: 404, body: '404 page not found\n' } }
  }
  const kinds = kindsOf(incoming.path)
  if (kinds !== undefined) return { ...log, call: 'discover', reply: json(200, kinds) }
  const answer = answerAs(cluster, user, { request, body: incoming.body })
  if (typeof answer === 'function') return { ...log, reply: json(200, {}), stream: answer }
  return { ...log, reply: json(answer.status, answer.object) }
}

interface Call {
  readonly request: Request
  readonly body: Buffer
}

const RBAC_KINDS = ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']

function rbacOf({ store }: Cluster): readonly JsonObject[] {
  return RBAC_KINDS.flatMap((kind) => store.list(kindNamed(kind), ''))
}

function answerAs(cluster: Cluster, user: User, { request, body }: Call): Answer | Stream {
  const { kind } = request
  if (kind === undefined) {
    return refuse(404, 'NotFound', 'the server could not find the requested resource')
  }
  const isPermitted = (verb: string, name = request.name): boolean => {
    const { namespace, group } = request
    const act: Act = { verb, group, resource: resourceOf(request), namespace, name }
    return isAllowed(user, act, rbacOf(cluster))
  }
  if (!isPermitted(verbOf(request))) return forbidden(user, request, verbOf(request))
  if (request.isWatch) return cluster.watches.open({ ...request, kind })
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
  if (request.method === 'GET') return read(cluster.store, place, request)
  if (request.method === 'DELETE') {
    const isDryRun = member(object, 'dryRun') !== undefined || isDry(request)
    return cluster.store.delete(place, object, isDryRun)
  }
  return malformedAnswer(cluster, task) ?? write(cluster, task)
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
  return isApply(request) ? malformedApply({ request, kind, object }) : undefined
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

function changeOf(request: Request): Change {
  return {
    manager: request.query.get('fieldManager') ?? 'waybill-test',
    isForced: request.query.get('force') === 'true',
    isDryRun: isDry(request),
    part: request.subresource === 'status' ? 'status' : '',
  }
}

function write({ store }: Cluster, { request, kind, object }: Task): Answer {
  const place = placeOf(request, kind)
  const change = changeOf(request)
  if (request.method === 'PUT') return store.replace(place, object, change)
  if (request.method === 'POST' || isApply(request)) {
    const name = request.name || (text(dig(object, 'metadata', 'name')) ?? '')
    const at = { ...place, name }
    const answer = isApply(request)
      ? store.apply(at, object, change)
      : store.create(at, object, change)
    if (answer.status === 201) settled(store, at, change)
    return answer
  }
  if (!isMerge(request)) {
    return refuse(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format')
  }
  return patch(store, place, { object, change })
}

function patch(
  store: KubeStore,
  place: Place,
  { object, change }: { readonly object: JsonObject; readonly change: Change },
): Answer {
  const live = store.get(place)
  if (live === undefined) return notFound(place)
  // Seen: a patch of a status looks at no uid, only at the resourceVersion.
  const uid = dig(live, 'metadata', 'uid')
  const next = mergePatch(live, object) as JsonObject
  const isOther = change.part === '' && dig(next, 'metadata', 'uid') !== uid
  return isOther ? otherUid(place) : store.replace(place, withMetadata(next, { uid }), change)
}
