import { dig, isArray, isObject, type JsonObject, member, text } from '../../src/model/json.ts'
import { same } from './kube-fields.ts'

// What the API server of the tests knows about kinds, and what it refuses. Texts are those of kube-apiserver 1.35: some
// of them quote what was sent, which is why our side must not repeat them.

export interface Kind {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly isNamespaced: boolean
  /** Top-level members besides apiVersion, kind and metadata. */
  readonly members: readonly string[]
  /** Of a CustomResourceDefinition with the subresource status. */
  readonly isCustom?: boolean
}

const row = (
  apiVersion: string,
  plural: string,
  kind: string,
  ...members: readonly string[]
): Kind => {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  return { group, version, plural, kind, members, isNamespaced: kind !== 'Namespace' }
}

/** Kinds of External Secrets. */
const custom = (version: string, plural: string, kind: string): Kind => ({
  ...row(`external-secrets.io/${version}`, plural, kind, 'spec', 'status'),
  isNamespaced: !kind.startsWith('Cluster'),
  isCustom: true,
})

const RBAC = 'rbac.authorization.k8s.io/v1'
const EVENT = ['action', 'count', 'eventTime', 'firstTimestamp', 'involvedObject', 'lastTimestamp']
const MORE = ['message', 'reason', 'related', 'reportingComponent', 'reportingInstance', 'source']
const NEWER = ['note', 'regarding', 'reportingController', 'series', 'type']

export const KINDS: readonly Kind[] = [
  row('v1', 'namespaces', 'Namespace', 'spec', 'status'),
  row('v1', 'secrets', 'Secret', 'data', 'stringData', 'type', 'immutable'),
  row('v1', 'configmaps', 'ConfigMap', 'data', 'binaryData', 'immutable'),
  row('v1', 'serviceaccounts', 'ServiceAccount', 'secrets', 'automountServiceAccountToken'),
  row('v1', 'pods', 'Pod', 'spec', 'status'),
  row('v1', 'services', 'Service', 'spec', 'status'),
  row('v1', 'events', 'Event', ...EVENT, ...MORE, ...NEWER),
  row('events.k8s.io/v1', 'events', 'Event', ...EVENT, ...MORE, ...NEWER),
  row('apps/v1', 'deployments', 'Deployment', 'spec', 'status'),
  row('batch/v1', 'jobs', 'Job', 'spec', 'status'),
  row('batch/v1', 'cronjobs', 'CronJob', 'spec', 'status'),
  row('coordination.k8s.io/v1', 'leases', 'Lease', 'spec'),
  row(RBAC, 'roles', 'Role', 'rules'),
  row(RBAC, 'rolebindings', 'RoleBinding', 'roleRef', 'subjects'),
  { ...row(RBAC, 'clusterroles', 'ClusterRole', 'rules'), isNamespaced: false },
  {
    ...row(RBAC, 'clusterrolebindings', 'ClusterRoleBinding', 'roleRef', 'subjects'),
    isNamespaced: false,
  },
  custom('v1', 'externalsecrets', 'ExternalSecret'),
  custom('v1', 'secretstores', 'SecretStore'),
  custom('v1', 'clustersecretstores', 'ClusterSecretStore'),
  custom('v1', 'clusterexternalsecrets', 'ClusterExternalSecret'),
  custom('v1alpha1', 'pushsecrets', 'PushSecret'),
  custom('v1alpha1', 'clusterpushsecrets', 'ClusterPushSecret'),
  // Somebody else's, for whom a value may be written; the second is of the cluster, the third has a plural of its own.
  { ...row('traefik.io/v1alpha1', 'middlewares', 'Middleware', 'spec'), isCustom: true },
  { ...row('example.com/v1', 'beacons', 'Beacon', 'spec'), isNamespaced: false, isCustom: true },
  { ...row('example.com/v1', 'oxen', 'Ox', 'spec', 'data', 'status'), isCustom: true },
]

export interface Flaw {
  readonly field: string
  readonly reason: string
  readonly message: string
}

const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/
const DATA_KEY = /^[-._a-zA-Z0-9]{1,253}$/
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/
const HOLDS_DATA: ReadonlySet<string> = new Set(['Secret', 'ConfigMap'])
const DATA_BYTES_MAX = 1024 * 1024
const ANNOTATION_BYTES_MAX = 256 * 1024

/** What is wrong with an object as it would be stored; `live` is what is there. */
export function flawsOf(object: JsonObject, live: JsonObject | undefined): readonly Flaw[] {
  return [
    ...metadataFlaws(object, live),
    ...finalizerFlaws(object, live),
    ...dataFlaws(object),
    ...changeFlaws(object, live),
  ]
}

function metadataFlaws(object: JsonObject, live: JsonObject | undefined): readonly Flaw[] {
  const flaws: Flaw[] = []
  const metadata = member(object, 'metadata')
  const name = text(member(metadata, 'name')) ?? ''
  const isRbac = (text(member(object, 'apiVersion')) ?? '').startsWith('rbac.')
  if (!isRbac && (!SUBDOMAIN.test(name) || name.length > 253)) {
    flaws.push(invalid('metadata.name', name, 'a lowercase RFC 1123 subdomain must consist of …'))
  }
  const uid = member(metadata, 'uid')
  if (live !== undefined && uid !== dig(live, 'metadata', 'uid')) {
    flaws.push(invalid('metadata.uid', String(uid), 'field is immutable'))
  }
  for (const [, value] of members(member(metadata, 'labels'))) {
    if (value.length > 63 || !LABEL_VALUE.test(value)) {
      flaws.push(invalid('metadata.labels', value, 'a valid label must be an empty string or …'))
    }
  }
  const annotations = members(member(metadata, 'annotations'))
  if (bytesOf(annotations) > ANNOTATION_BYTES_MAX) {
    flaws.push(tooLong('metadata.annotations', ANNOTATION_BYTES_MAX))
  }
  return flaws
}

/** What is being deleted takes no more of them. */
function finalizerFlaws(object: JsonObject, live: JsonObject | undefined): readonly Flaw[] {
  if (dig(live, 'metadata', 'deletionTimestamp') === undefined) return []
  const [next, before] = [object, live].map((one) => dig(one, 'metadata', 'finalizers'))
  const isNew = (one: unknown): boolean => !isArray(before) || !before.some((old) => old === one)
  if (!isArray(next) || !next.some(isNew)) return []
  const message = 'Forbidden: no new finalizers can be added if the object is being deleted'
  return [{ field: 'metadata.finalizers', reason: 'FieldValueForbidden', message }]
}

const KEYS_OF_TYPE: ReadonlyMap<string, readonly string[]> = new Map([
  ['kubernetes.io/tls', ['tls.crt', 'tls.key']],
  ['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
  ['kubernetes.io/ssh-auth', ['ssh-privatekey']],
])

function dataFlaws(object: JsonObject): readonly Flaw[] {
  const kind = String(member(object, 'kind'))
  if (!HOLDS_DATA.has(kind)) return []
  const data = members(member(object, 'data'))
  const flaws = data
    .filter(([key]) => !DATA_KEY.test(key) || key === '.' || key.startsWith('..'))
    .map(([key]) => invalid(`data[${key}]`, key, 'a valid config key must consist of …'))
  const sizes =
    kind === 'Secret'
      ? data.reduce((sum, [, value]) => sum + Buffer.from(value, 'base64').length, 0)
      : bytesOf(data)
  if (sizes > DATA_BYTES_MAX) flaws.push(tooLong(kind === 'Secret' ? 'data' : '', DATA_BYTES_MAX))
  return kind === 'Secret' ? [...flaws, ...typeFlaws(object)] : flaws
}

/** What the type of a Secret asks of its data. */
function typeFlaws(object: JsonObject): readonly Flaw[] {
  const type = text(member(object, 'type')) ?? ''
  const data = member(object, 'data')
  const missing = (KEYS_OF_TYPE.get(type) ?? []).filter((key) => member(data, key) === undefined)
  const flaws: Flaw[] = missing.map((key) => ({
    field: `data[${key}]`,
    reason: 'FieldValueRequired',
    message: 'Required value',
  }))
  const config = text(member(data, '.dockerconfigjson'))
  if (type === 'kubernetes.io/dockerconfigjson' && config !== undefined && !isJson(config)) {
    flaws.push(
      invalid('data[.dockerconfigjson]', '<secret contents redacted>', 'invalid character …'),
    )
  }
  return flaws
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(Buffer.from(base64, 'base64').toString())
    return true
  } catch {
    return false
  }
}

function changeFlaws(object: JsonObject, live: JsonObject | undefined): readonly Flaw[] {
  if (live === undefined) return []
  const isChanged = (...path: readonly string[]): boolean =>
    !same(dig(object, ...path), dig(live, ...path))
  const kind = String(member(object, 'kind'))
  const flaws: Flaw[] = []
  if (kind === 'Secret' && isChanged('type')) {
    flaws.push(invalid('type', String(member(object, 'type')), 'field is immutable'))
  }
  if (HOLDS_DATA.has(kind) && member(live, 'immutable') === true) {
    const message = 'Forbidden: field is immutable when `immutable` is set'
    const fields = ['immutable', 'data'].filter((field) => isChanged(field))
    flaws.push(...fields.map((field) => ({ field, reason: 'FieldValueForbidden', message })))
  }
  if (kind.endsWith('RoleBinding') && isChanged('roleRef')) {
    flaws.push(invalid('roleRef', '…', 'cannot change roleRef'))
  }
  if (kind === 'Job' && isChanged('spec', 'template')) {
    flaws.push(invalid('spec.template', '…', 'field is immutable'))
  }
  return flaws
}

function invalid(field: string, value: string, why: string): Flaw {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: "${value}": ${why}` }
}

function tooLong(field: string, bytesMax: number): Flaw {
  const message = `Too long: may not be more than ${bytesMax} bytes`
  return { field, reason: 'FieldValueTooLong', message }
}

function members(value: unknown): readonly (readonly [string, string])[] {
  return typeof value === 'object' && value !== null && !isArray(value as JsonObject)
    ? Object.entries(value).map(([key, item]) => [key, String(item)] as const)
    : []
}

function bytesOf(entries: readonly (readonly [string, string])[]): number {
  return entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0)
}

// --- who may do what ---

export interface User {
  readonly name: string
  readonly groups: readonly string[]
}

export interface Act {
  readonly verb: string
  readonly group: string
  /** With the subresource: `serviceaccounts/token`. */
  readonly resource: string
  readonly namespace: string
  /** Empty when the request names none. */
  readonly name: string
}

/** RBAC over the roles and bindings among `objects`. */
export function isAllowed(user: User, act: Act, objects: readonly JsonObject[]): boolean {
  if (user.groups.includes('system:masters')) return true
  return objects
    .filter((binding) => bindsIn(binding, act.namespace) && names(binding, user))
    .flatMap((binding) => rulesOf(binding, objects))
    .some((rule) => permits(rule, act))
}

function bindsIn(binding: JsonObject, namespace: string): boolean {
  const kind = member(binding, 'kind')
  if (kind === 'ClusterRoleBinding') return true
  return kind === 'RoleBinding' && dig(binding, 'metadata', 'namespace') === namespace
}

function names(binding: JsonObject, user: User): boolean {
  const subjects = member(binding, 'subjects')
  if (!isArray(subjects)) return false
  return subjects.some((subject) => {
    const name = text(member(subject, 'name')) ?? ''
    if (member(subject, 'kind') === 'User') return name === user.name
    if (member(subject, 'kind') === 'Group') return user.groups.includes(name)
    const namespace = text(member(subject, 'namespace'))
    return user.name === `system:serviceaccount:${namespace}:${name}`
  })
}

function rulesOf(binding: JsonObject, objects: readonly JsonObject[]): readonly JsonObject[] {
  const kind = dig(binding, 'roleRef', 'kind')
  const namespace = kind === 'Role' ? dig(binding, 'metadata', 'namespace') : undefined
  const role = objects.find(
    (object) =>
      member(object, 'kind') === kind &&
      dig(object, 'metadata', 'name') === dig(binding, 'roleRef', 'name') &&
      dig(object, 'metadata', 'namespace') === namespace,
  )
  const rules = member(role, 'rules')
  return isArray(rules) ? rules.filter(isObject) : []
}

function permits(rule: JsonObject, { verb, group, resource, name }: Act): boolean {
  const lists = (field: string, item: string): boolean => {
    const items = member(rule, field)
    return isArray(items) && (items.includes(item) || items.includes('*'))
  }
  const resourceNames = member(rule, 'resourceNames')
  const isNamed = isArray(resourceNames) && resourceNames.length > 0
  return (
    lists('verbs', verb) &&
    lists('apiGroups', group) &&
    lists('resources', resource) &&
    (!isNamed || (name !== '' && resourceNames.includes(name)))
  )
}
