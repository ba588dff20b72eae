import type { HttpClient, HttpRequest } from '../../src/model/http.ts'
import { dig, type JsonObject, type JsonValue, member, text } from '../../src/model/json.ts'

// What kube-apiserver 1.35.4 was seen to answer, question by question. The unit tests hold the server of the tests to
// it; run against a real API server, the same stories show whether a newer one still answers so.

export type Ask = (
  method: string,
  path: string,
  body?: JsonObject,
  contentType?: string,
) => Promise<{ readonly status: number; readonly body: JsonValue | undefined }>

/** Questions over HTTP, with the bearer token that is given; undefined asks as nobody. */
export function asksOf(
  { url, ca }: { readonly url: string; readonly ca: string },
  http: HttpClient,
): (token: string | undefined) => Ask {
  const verification = { cert: undefined, key: undefined, serverName: undefined }
  const tls = { ...verification, ca, isVerificationOff: false }
  return (token) =>
    async (method, path, body, contentType = 'application/json') => {
      const who = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const answer = await http.request({
        method: method as HttpRequest['method'],
        url: url + path,
        headers: { 'content-type': contentType, ...who },
        body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
        tls,
        timeoutMs: 10_000,
        signal: new AbortController().signal,
      })
      const isJson = answer.headers['content-type'] === 'application/json'
      const text = Buffer.from(answer.body).toString()
      return { status: answer.status, body: isJson ? JSON.parse(text) : undefined }
    }
}

export interface Story {
  readonly story: string
  readonly got: string
  readonly seen: string
}

const SECRETS = '/api/v1/namespaces/demo/secrets'
const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/demo'
const APPLY = 'application/apply-patch+yaml'
const NO_UID = '00000000-0000-0000-0000-000000000000'

/** Asks everything of an API server that has no namespace `demo` yet; `as` asks with another bearer token. */
export async function tellStories(
  admin: Ask,
  as: (token: string | undefined) => Ask,
): Promise<readonly Story[]> {
  const told: Story[] = []
  const tell = async (
    story: string,
    seen: string,
    answer: ReturnType<Ask>,
  ): Promise<JsonValue | undefined> => {
    const { status, body } = await answer
    told.push({ story, seen, got: summary(status, body) })
    return body
  }
  const apply = (
    name: string,
    secret: JsonObject,
    query = 'fieldManager=waybill',
  ): ReturnType<Ask> => admin('PATCH', `${SECRETS}/${name}?${query}`, secret, APPLY)
  await admin('POST', '/api/v1/namespaces', manifest('v1', 'Namespace', 'demo', {}))
  const teller: Teller = { tell, apply, admin, as }
  await tellApply(teller)
  await tellRefusals(teller)
  await tellReplace(teller)
  await tellDelete(teller)
  await tellAccess(teller)
  return told
}

interface Teller {
  readonly tell: (
    story: string,
    seen: string,
    answer: ReturnType<Ask>,
  ) => Promise<JsonValue | undefined>
  readonly apply: (name: string, secret: JsonObject, query?: string) => ReturnType<Ask>
  readonly admin: Ask
  readonly as: (token: string | undefined) => Ask
}

async function tellApply({ tell, apply, admin }: Teller): Promise<void> {
  const both = secret('a', { x: '1', y: '2' }, { labels: { l: '1' } })
  const first = await tell('apply creates', '201 data=x,y waybill/Apply[x,y,l]', apply('a', both))
  await tell('apply again', '200 data=x,y waybill/Apply[x,y,l]', apply('a', both))
  const uid = text(dig(first, 'metadata', 'uid')) ?? ''
  const old = text(dig(first, 'metadata', 'resourceVersion')) ?? ''
  const fewer = secret('a', { x: '1' })
  await tell('keys that are no longer applied go', '200 data=x waybill/Apply[x]', apply('a', fewer))
  const stale = secret('a', { x: '3' }, { resourceVersion: old })
  await tell('stale resourceVersion', '409 Conflict', apply('a', stale))
  await tell('… forced', '409 Conflict', apply('a', stale, 'fieldManager=waybill&force=true'))
  const foreign = secret('a', { x: '3' }, { uid: NO_UID })
  await tell('wrong uid', '422 Invalid metadata.uid', apply('a', foreign))
  const now = (await admin('GET', `${SECRETS}/a`)).body
  const version = text(dig(now, 'metadata', 'resourceVersion')) ?? ''
  const right = secret('a', { x: '3' }, { uid, resourceVersion: version })
  await tell('right uid and version', '200 data=x waybill/Apply[x]', apply('a', right))
  await tell('uid of nothing', '409 Conflict', apply('none', secret('none', { x: '3' }, { uid })))
  const recreated = secret('again', { x: '3' }, { resourceVersion: '5' })
  await tell('version of nothing creates', '201 data=x waybill/Apply[x]', apply('again', recreated))
  const other = 'fieldManager=other'
  const taken = secret('a', { x: '4', z: 'z' })
  await tell("another's value", '409 Conflict data.x', apply('a', taken, other))
  const shared = secret('a', { x: '3', z: 'z' })
  const two = '200 data=x,z other/Apply[x,z] waybill/Apply[x]'
  await tell("another's equal value is shared", two, apply('a', shared, other))
  const left = '200 data=x,z other/Apply[z] waybill/Apply[x]'
  await tell('a shared key stays', left, apply('a', secret('a', { z: 'z' }), other))
  const forced = apply('a', secret('a', { x: '5' }), `${other}&force=true`)
  await tell('force takes the key', '200 data=x other/Apply[x]', forced)
  const nothing = manifest('v1', 'Secret', 'a', { namespace: 'demo' })
  await tell('an empty apply gives all up', '200 data= ', apply('a', nothing, other))
  const dry = apply('dry', secret('dry', { k: '1' }), 'fieldManager=w&dryRun=All')
  await tell('a dry run creates', '201 data=k w/Apply[k]', dry)
  await tell('… and leaves nothing', '404 NotFound', admin('GET', `${SECRETS}/dry`))
}

async function tellRefusals({ tell, apply }: Teller): Promise<void> {
  const put = (name: string, data: Record<string, string>, extra: JsonObject = {}) =>
    apply(name, { ...secret(name, data), ...extra })
  const unnamed = apply('a', secret('a', {}), '')
  await tell('no field manager', '422 Invalid fieldManager', unnamed)
  await tell('another name than in the URL', '400 BadRequest', apply('a', secret('b', {})))
  const managed = secret('a', {}, { managedFields: [{ manager: 'x' }] })
  await tell('managedFields', '400 BadRequest', apply('a', managed))
  await tell('an unknown field', '500 ', put('uf', {}, { nonsense: 1 }))
  await tell('broken base64', '500 ', put('bb', {}, { data: { k: '***' } }))
  await tell('an illegal key', '422 Invalid data[bad key]', put('bk', { 'bad key': '1' }))
  await tell('an illegal name', '422 Invalid metadata.name', put('Bad_Name', { k: '1' }))
  const label = secret('bl', { k: '1' }, { labels: { a: 'not ok!' } })
  await tell('an illegal label', '422 Invalid metadata.labels', apply('bl', label))
  const size = 1024 * 1024
  await tell('1 MiB fits', '201 data=k waybill/Apply[k]', put('fits', { k: 'x'.repeat(size) }))
  await tell('one byte more', '422 Invalid data', put('long', { k: 'x'.repeat(size + 1) }))
  await tell('3 MiB', '413 RequestEntityTooLarge', put('huge', { k: 'x'.repeat(3 * size) }))
  await tell('half a pair', '422 Invalid data[tls.key]', put('tls', { 'tls.crt': '1' }, TLS))
  await put('kept', { k: '1' }, { type: 'x/y', immutable: true })
  const type = { type: 'x/z', immutable: true }
  await tell('another type', '422 Invalid type', put('kept', { k: '1' }, type))
  const changed = put('kept', { k: '2' }, { type: 'x/y', immutable: true })
  await tell('an immutable Secret', '422 Invalid data', changed)
}

const TLS: JsonObject = { type: 'kubernetes.io/tls' }

async function tellReplace({ tell, apply, admin }: Teller): Promise<void> {
  const post = (): ReturnType<Ask> =>
    admin('POST', `${SECRETS}?fieldManager=creator`, secret('c', { k: '1' }))
  const put = (name: string, data: Record<string, string>, metadata: JsonObject = {}) =>
    admin('PUT', `${SECRETS}/${name}?fieldManager=waybill`, secret(name, data, metadata))
  const created = await tell('create', '201 data=k creator/Update[data,k,type]', post())
  await tell('create again', '409 AlreadyExists', post())
  const uid = text(dig(created, 'metadata', 'uid')) ?? ''
  const resourceVersion = text(dig(created, 'metadata', 'resourceVersion')) ?? ''
  const replaced = '200 data=n creator/Update[data,type] waybill/Update[n]'
  await tell('replace', replaced, put('c', { n: '2' }, { uid, resourceVersion }))
  await tell('stale replace', '409 Conflict', put('c', { n: '3' }, { uid, resourceVersion }))
  await tell('replace of another uid', '409 Conflict', put('c', { n: '3' }, { uid: NO_UID }))
  await tell('replace without version', replaced, put('c', { n: '4' }))
  await tell('replace of nothing', '404 NotFound', put('gone', { n: '4' }))
  const over = apply('c', secret('c', { n: '5' }))
  await tell('an apply over our own update', '409 Conflict data.n', over)
}

async function tellDelete({ tell, admin }: Teller): Promise<void> {
  const remove = (preconditions: JsonObject, more: JsonObject = {}) =>
    admin('DELETE', `${SECRETS}/c`, {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      preconditions,
      ...more,
    })
  const uid = text(dig((await admin('GET', `${SECRETS}/c`)).body, 'metadata', 'uid')) ?? ''
  await tell('delete of another uid', '409 Conflict', remove({ uid: NO_UID }))
  await tell('stale delete', '409 Conflict', remove({ uid, resourceVersion: '1' }))
  await tell('dry delete', '200 ', remove({ uid }, { dryRun: ['All'] }))
  await tell('delete', '200 ', remove({ uid }))
  await tell('delete again', '404 NotFound', remove({ uid }))
  await tell('get', '404 NotFound', admin('GET', `${SECRETS}/c`))
  const things = '/apis/nonsense.example/v1/namespaces/demo/things/c'
  await tell('a group that is not there', '404 text', admin('GET', things))
  const thing = '/api/v1/namespaces/demo/things/c'
  await tell('a resource that is not there', '404 NotFound', admin('GET', thing))
}

async function tellAccess({ tell, admin, as }: Teller): Promise<void> {
  const accounts = '/api/v1/namespaces/demo/serviceaccounts'
  await admin('POST', accounts, manifest('v1', 'ServiceAccount', 'app', { namespace: 'demo' }))
  const grant = async (verbs: readonly string[]): Promise<void> => {
    const secrets = {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: ['mine', 'new'],
      verbs,
    }
    const tokens = { ...secrets, resources: ['serviceaccounts/token'], resourceNames: ['app'] }
    const rules = [secrets, { ...tokens, verbs: ['create'] }]
    const role = { ...manifest(RBAC_VERSION, 'Role', 'app', { namespace: 'demo' }), rules }
    await admin('PATCH', `${RBAC}/roles/app?fieldManager=w&force=true`, role, APPLY)
  }
  await grant(['get', 'create', 'patch'])
  await admin('PATCH', `${RBAC}/rolebindings/app?fieldManager=w`, BINDING, APPLY)
  const token = async (spec: JsonObject): Promise<string> => {
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec }
    const { body } = await admin('POST', `${accounts}/app/token`, request)
    return text(dig(body, 'status', 'token')) ?? ''
  }
  const app = as(await token({}))
  const apply = (name: string): ReturnType<Ask> =>
    app('PATCH', `${SECRETS}/${name}?fieldManager=waybill`, secret(name, { k: '1' }), APPLY)
  await eventually(async () => (await app('GET', `${SECRETS}/mine`)).status === 404)
  await tell('named get', '404 NotFound', app('GET', `${SECRETS}/mine`))
  await tell('named create by apply', '201 data=k waybill/Apply[k]', apply('mine'))
  await tell('another name', '403 Forbidden patch', apply('other'))
  const post = app('POST', SECRETS, secret('mine', { k: '1' }))
  await tell('create by POST has no name', '403 Forbidden create', post)
  const put = app('PUT', `${SECRETS}/mine`, secret('mine', { k: '1' }))
  await tell('replace', '403 Forbidden update', put)
  await tell('list', '403 Forbidden list', app('GET', SECRETS))
  await tell('delete', '403 Forbidden delete', app('DELETE', `${SECRETS}/mine`))
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
  const other = app('POST', `${accounts}/default/token`, request)
  await tell("another account's token", '403 Forbidden create', other)
  const short = { ...request, spec: { expirationSeconds: 60 } }
  const asked = admin('POST', `${accounts}/app/token`, short)
  await tell('a short token', '422 Invalid spec.expirationSeconds', asked)
  const vault = as(await token({ audiences: ['vault'] }))
  await tell('a token for others', '401 Unauthorized', vault('GET', `${SECRETS}/mine`))
  await tell('no token of ours', '401 Unauthorized', as('nonsense')('GET', `${SECRETS}/mine`))
  await tell('nobody', '403 Forbidden get', as(undefined)('GET', `${SECRETS}/mine`))
  await grant(['get', 'patch'])
  await eventually(async () => (await apply('new')).status === 403)
  await tell('an apply that may not create', '403 Forbidden create', apply('new'))
  await tell('… but may change', '200 data=k waybill/Apply[k]', apply('mine'))
}

const RBAC_VERSION = 'rbac.authorization.k8s.io/v1'

const BINDING: JsonObject = {
  ...manifest(RBAC_VERSION, 'RoleBinding', 'app', { namespace: 'demo' }),
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'app' },
  subjects: [{ kind: 'ServiceAccount', name: 'app', namespace: 'demo' }],
}

/** A real API server notices a changed Role a moment later. */
async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 50 && !(await isSo()); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function manifest(
  apiVersion: string,
  kind: string,
  name: string,
  metadata: JsonObject,
): JsonObject {
  return { apiVersion, kind, metadata: { name, ...metadata } }
}

function secret(name: string, data: Record<string, string>, metadata: JsonObject = {}): JsonObject {
  const encoded = Object.entries(data).map(([key, value]) => {
    return [key, Buffer.from(value).toString('base64')] as const
  })
  const head = manifest('v1', 'Secret', name, { namespace: 'demo', ...metadata })
  return { ...head, data: Object.fromEntries(encoded) }
}

/** Status, and what decides: reason and fields of a refusal, keys and owners of a Secret. */
function summary(status: number, body: JsonValue | undefined): string {
  if (body === undefined) return `${status} text`
  if (member(body, 'kind') === 'Status') return `${status} ${refusal(body)}`
  const keys = Object.keys((member(body, 'data') as JsonObject | undefined) ?? {})
  const owners = dig(body, 'metadata', 'managedFields') as readonly JsonObject[] | undefined
  const who = (owners ?? []).map(
    ({ manager, operation, fieldsV1 }) => `${manager}/${operation}[${names(fieldsV1)}]`,
  )
  return `${status} data=${keys.sort().join(',')} ${who.join(' ')}`
}

function refusal(body: JsonValue): string {
  const causes = dig(body, 'details', 'causes') as readonly JsonObject[] | undefined
  const fields = new Set(causes?.map(({ field }) => String(field).replace(/^\./, '')))
  const verb = / cannot ([a-z]+) resource /.exec(text(member(body, 'message')) ?? '')?.[1]
  const reason = text(member(body, 'reason')) ?? ''
  return [reason, verb ?? '', ...fields].filter((part, at) => part !== '' || at === 0).join(' ')
}

/** Names of the fields, those of maps that are owned themselves included. */
function names(fields: JsonValue | undefined): string {
  const found: string[] = []
  for (const [key, below] of Object.entries((fields as JsonObject | undefined) ?? {})) {
    const inner = names(below)
    if (inner === '' || (below as JsonObject)['.'] !== undefined) found.push(key.slice(2))
    if (inner !== '') found.push(inner)
  }
  return found.filter((name) => name !== '').join(',')
}
