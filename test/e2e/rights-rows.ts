import type { KubeApi, ObjectRef } from '../../src/kube/api.ts'
import { dig, type JsonObject, text } from '../../src/model/json.ts'
import type { Right } from '../unit/sync/controller/plugin-rights.ts'
import { publish } from '../unit/sync/controller/story.ts'
import { pause } from './replicas.ts'
import type { RightsWorld } from './rights-world.ts'

// What needs each right of plugin/controller: `provoke` makes an object, or changes one, so that the controller has to use
// it. Longer than other files because it is data: one row for each right.

export interface Row {
  readonly right: Right
  /** Again and again under another name, until something is refused. */
  readonly provoke: (world: RightsWorld, name: string) => Promise<void>
  /** As the audit log has it, where that is not the right itself. */
  readonly refusedAs?: Pick<Right, 'verb' | 'resource'>
  /** What the log says, where it is not the API server's sentence. */
  readonly named?: RegExp
  /** Used on a conflict alone: when the right is back, that has to be provoked again. */
  readonly isRare?: boolean
  /** In that sentence, where the right says `*`. */
  readonly resource?: string
}

const ESO = 'external-secrets.io'
const V1 = `${ESO}/v1`
const ALPHA = `${ESO}/v1alpha1`

type Provoke = Row['provoke']

const meta = (name: string): JsonObject => ({ name, namespace: 'shop' })

/** A SecretStore of namespace `shop`. */
export function store(name: string, provider: JsonObject = FAKE, controller = ''): JsonObject {
  const spec = { provider, ...(controller !== '' && { controller }) }
  return { apiVersion: V1, kind: 'SecretStore', metadata: meta(name), spec }
}

const FAKE: JsonObject = { fake: { data: [{ key: 'k', value: 'one' }] } }

function clusterStore(name: string, more: JsonObject = {}): JsonObject {
  const spec = { provider: FAKE, ...more }
  return { apiVersion: V1, kind: 'ClusterSecretStore', metadata: { name }, spec }
}

/** An ExternalSecret of namespace `shop`. */
export function external(name: string, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: V1,
    kind: 'ExternalSecret',
    metadata: meta(name),
    spec: { ...READING, ...spec },
  }
}

const READING: JsonObject = {
  refreshInterval: '1h',
  secretStoreRef: { kind: 'SecretStore', name: 'fake' },
  data: [{ secretKey: 'x', remoteRef: { key: 'k' } }],
}
const FROM_CLUSTER = { ...READING, secretStoreRef: { kind: 'ClusterSecretStore', name: 'all' } }

function push(name: string, more: JsonObject = {}): JsonObject {
  return { apiVersion: ALPHA, kind: 'PushSecret', metadata: meta(name), spec: pushing(name, more) }
}

function pushing(name: string, more: JsonObject = {}): JsonObject {
  const match = { secretKey: 'x', remoteRef: { remoteKey: name } }
  return {
    refreshInterval: '1h',
    secretStoreRefs: [{ kind: 'ClusterSecretStore', name: 'all' }],
    selector: { secret: { name: 'canary' } },
    data: [{ match }],
    ...more,
  }
}

function fanOut(
  kind: 'ClusterExternalSecret' | 'ClusterPushSecret',
  name: string,
  { namespaces = ['n1'], more = {}, finalizers = [] as readonly string[] } = {},
): JsonObject {
  const isPush = kind === 'ClusterPushSecret'
  const child = isPush
    ? { pushSecretSpec: pushing(name, more) }
    : { externalSecretSpec: { ...FROM_CLUSTER, target: { name }, ...more } }
  const metadata = { name, ...(finalizers.length > 0 && { finalizers: [...finalizers] }) }
  const spec = { ...child, ...selecting(namespaces) }
  return { apiVersion: isPush ? ALPHA : V1, kind, metadata, spec }
}

function selecting(namespaces: readonly string[]): JsonObject {
  const key = 'kubernetes.io/metadata.name'
  const selector = { matchExpressions: [{ key, operator: 'In', values: [...namespaces] }] }
  return { namespaceSelectors: [selector] }
}

const puts =
  (objectOf: (name: string) => JsonObject): Provoke =>
  ({ apply }, name) =>
    apply(objectOf(name))

/** A bundle of one ExternalSecret, instead of what was in it. */
export function publishOne(
  { kube }: Pick<RightsWorld, 'kube'>,
  app: string,
  name: string,
  spec: JsonObject = {},
): Promise<void> {
  return publish(kube, `---\n${JSON.stringify(external(name, spec))}\n`, { app, prunes: false })
}

/** The value that the controller has put into a Secret of namespace `shop`. */
export async function synced(kube: KubeApi, name: string): Promise<string> {
  const secret = await kube.get({ apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name })
  return Buffer.from(text(dig(secret, 'data', 'x')) ?? '', 'base64').toString()
}

const right = (verb: string, resource: string, group = ''): Right => ({ verb, group, resource })
const eso = (verb: string, resource: string): Right => right(verb, resource, ESO)

const AS_PATCH = (resource: string) => ({ verb: 'patch', resource })

const READING_ALL = { conditions: [{ namespaceSelector: { matchLabels: { team: 'a' } } }] }
const IRSA = {
  aws: {
    service: 'SecretsManager',
    region: 'eu-central-1',
    auth: { jwt: { serviceAccountRef: { name: 'reader' } } },
  },
}
const KUBERNETES_LOGIN = {
  vault: {
    server: 'https://vault.example:8200',
    auth: { kubernetes: { role: 'reader', serviceAccountRef: { name: 'reader' } } },
  },
}
const OLD_FINALIZER = 'externalsecrets.external-secrets.io/clusterexternalsecret-cleanup'

/** What has to be there before: each `…-N` for one try. */
export async function setUp(world: RightsWorld): Promise<void> {
  const { apply } = world
  await apply(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta('reader') },
    store('fake'),
    clusterStore('all'),
    external('canary'),
    external('keyed', ORPHAN),
    ...TRIES.map((at) => external(`leaving-${at}`, { target: { deletionPolicy: 'Delete' } })),
    ...TRIES.map((at) =>
      fanOut('ClusterExternalSecret', `held-${at}`, { finalizers: [OLD_FINALIZER] }),
    ),
    fanOut('ClusterExternalSecret', 'turning'),
    fanOut('ClusterExternalSecret', 'edited'),
    fanOut('ClusterPushSecret', 'pushes'),
    fanOut('ClusterPushSecret', 'edited'),
  )
  await publishOne(world, 'known', 'known')
}

const ORPHAN = { target: { creationPolicy: 'Orphan' } }
const TRIES = [0, 1, 2]

const tryOf = (name: string): number => Number(name.slice(name.lastIndexOf('-') + 1))

/** Whatever is not there has been deleted by an earlier try. */
async function remove({ kube }: RightsWorld, ref: ObjectRef): Promise<void> {
  const object = await kube.get(ref)
  const uid = text(dig(object, 'metadata', 'uid'))
  if (uid !== undefined) await kube.delete(ref, { uid, resourceVersion: undefined }, false)
}

type FanOutKind = Parameters<typeof fanOut>[0]

/** Its children have to be replaced. */
function edit(kind: FanOutKind): Provoke {
  return ({ apply }, name) =>
    apply(fanOut(kind, 'edited', { more: { refreshInterval: `${tryOf(name) + 3}h` } }))
}

/** A namespace that it leaves. */
function shrink(kind: FanOutKind, name: string): Provoke {
  return async ({ apply }) => {
    await apply(fanOut(kind, name, { namespaces: ['n1', 'n2'] }))
    await pause(500)
    await apply(fanOut(kind, name))
  }
}

/** Changes its status and itself so often that somebody writes an old version. */
function turn(kind: FanOutKind, name: string): Provoke {
  return async ({ apply }) => {
    for (let turns = 0; turns < 40; turns++) {
      await apply(fanOut(kind, name, { namespaces: turns % 2 === 0 ? ['n2'] : ['n1'] }))
    }
  }
}

/** One for each right that is no list and no watch. */
export function provocations(): readonly Row[] {
  const one = puts((name) => external(name))
  return [
    // First: the administrator's policy is read with it once a minute, and without it nothing may go on.
    { right: right('get', 'configmaps'), provoke: one },
    {
      right: right('create', 'configmaps'),
      refusedAs: AS_PATCH('configmaps'),
      provoke: (world, name) => publishOne(world, name, name, { refreshInterval: '3s' }),
    },
    {
      right: right('patch', 'configmaps'),
      provoke: (world, name) =>
        publishOne(world, 'known', 'known', { refreshInterval: `${2 + tryOf(name)}s` }),
    },
    { right: right('get', 'secrets'), provoke: one },
    { right: right('create', 'secrets'), refusedAs: AS_PATCH('secrets'), provoke: one },
    { right: right('patch', 'secrets'), provoke: one },
    {
      right: right('update', 'secrets'),
      provoke: async ({ apply }, name) => {
        const data = { more: 'eA==' }
        await apply({ apiVersion: 'v1', kind: 'Secret', metadata: meta('keyed'), data })
        await apply(external('keyed', { ...ORPHAN, refreshInterval: `${tryOf(name) + 2}h` }))
      },
    },
    {
      right: right('delete', 'secrets'),
      provoke: (world, name) => {
        const ref = { apiVersion: V1, kind: 'ExternalSecret', namespace: 'shop' }
        return remove(world, { ...ref, name: `leaving-${tryOf(name) % TRIES.length}` })
      },
    },
    {
      right: right('get', 'namespaces'),
      provoke: ({ apply }, name) =>
        apply(
          clusterStore(name, READING_ALL),
          external(name, { secretStoreRef: { kind: 'ClusterSecretStore', name } }),
        ),
    },
    { right: right('get', 'serviceaccounts'), provoke: puts((name) => store(name, IRSA)) },
    {
      right: right('create', 'serviceaccounts/token'),
      provoke: puts((name) => store(name, KUBERNETES_LOGIN)),
    },
    { right: right('create', 'events'), provoke: one },
    { right: eso('get', 'secretstores'), provoke: one },
    {
      right: eso('get', 'clustersecretstores'),
      provoke: puts((name) => external(name, FROM_CLUSTER)),
    },
    {
      right: right('get', '*', `generators.${ESO}`),
      resource: 'passwords',
      provoke: ({ apply }, name) =>
        apply(
          {
            apiVersion: `generators.${ALPHA}`,
            kind: 'Password',
            metadata: meta(name),
            spec: { length: 8, digits: 1, symbols: 1, noUpper: false, allowRepeat: true },
          },
          external(name, {
            data: [],
            dataFrom: [
              {
                sourceRef: {
                  generatorRef: { apiVersion: `generators.${ALPHA}`, kind: 'Password', name },
                },
              },
            ],
          }),
        ),
    },
    { right: right('get', 'leases', 'coordination.k8s.io'), provoke: async () => undefined },
    { right: right('update', 'leases', 'coordination.k8s.io'), provoke: async () => undefined },
    {
      right: right('create', 'leases', 'coordination.k8s.io'),
      provoke: (world) =>
        remove(world, {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          namespace: 'waybill-system',
          name: 'waybill-controller',
        }),
    },
    { right: eso('get', 'externalsecrets'), provoke: one },
    { right: eso('patch', 'externalsecrets'), provoke: one },
    {
      right: eso('create', 'externalsecrets'),
      provoke: puts((name) => fanOut('ClusterExternalSecret', name)),
    },
    { right: eso('update', 'externalsecrets'), provoke: edit('ClusterExternalSecret') },
    {
      right: eso('delete', 'externalsecrets'),
      provoke: shrink('ClusterExternalSecret', 'turning'),
    },
    { right: eso('patch', 'externalsecrets/status'), provoke: one },
    { right: eso('get', 'pushsecrets'), provoke: puts((name) => push(name)) },
    {
      right: eso('patch', 'pushsecrets'),
      provoke: puts((name) => push(name, { deletionPolicy: 'Delete' })),
    },
    {
      right: eso('create', 'pushsecrets'),
      provoke: puts((name) => fanOut('ClusterPushSecret', name)),
    },
    {
      right: eso('update', 'pushsecrets'),
      provoke: edit('ClusterPushSecret'),
    },
    {
      right: eso('delete', 'pushsecrets'),
      provoke: shrink('ClusterPushSecret', 'pushes'),
    },
    { right: eso('patch', 'pushsecrets/status'), provoke: puts((name) => push(name)) },
    { right: eso('patch', 'secretstores/status'), provoke: puts((name) => store(name)) },
    {
      right: eso('patch', 'clustersecretstores/status'),
      provoke: puts((name) => clusterStore(name)),
    },
    {
      right: eso('patch', 'clusterexternalsecrets/status'),
      provoke: puts((name) => fanOut('ClusterExternalSecret', name)),
    },
    {
      right: eso('patch', 'clusterpushsecrets/status'),
      provoke: puts((name) => fanOut('ClusterPushSecret', name)),
    },
    {
      right: eso('patch', 'clusterexternalsecrets'),
      provoke: (world, name) => {
        const ref = { apiVersion: V1, kind: 'ClusterExternalSecret', namespace: '' }
        return remove(world, { ...ref, name: `held-${tryOf(name) % TRIES.length}` })
      },
    },
    {
      right: eso('update', 'clusterexternalsecrets/finalizers'),
      refusedAs: { verb: 'create', resource: 'externalsecrets' },
      named: BLOCKING,
      provoke: puts((name) => fanOut('ClusterExternalSecret', name)),
    },
    {
      right: eso('update', 'clusterpushsecrets/finalizers'),
      refusedAs: { verb: 'create', resource: 'pushsecrets' },
      named: BLOCKING,
      provoke: puts((name) => fanOut('ClusterPushSecret', name)),
    },
    {
      right: eso('get', 'clusterexternalsecrets'),
      isRare: true,
      provoke: turn('ClusterExternalSecret', 'turning'),
    },
    {
      right: eso('get', 'clusterpushsecrets'),
      isRare: true,
      provoke: turn('ClusterPushSecret', 'pushes'),
    },
  ]
}

/** The admission plugin says neither verb nor resource. */
const BLOCKING = /update on the finalizers of its owner is needed/
