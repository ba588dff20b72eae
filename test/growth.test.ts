import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { dig, type JsonObject, text } from '../src/model/json.ts'
import { type ApartController, startApart } from './apart.ts'
import { type KubeServer, startKube } from './servers/kube.ts'
import { bundledSecret, handedOff } from './unit/sync/bundled.ts'

// A controller sees more names come and go in a month than there ever are at once. None of those that are gone may stay in
// its memory, under whatever key: the texts of its heap are searched for them.

const NAMES = Array.from({ length: 6 }, (_, at) => `gone-${at}-x`)
/** A connection remembers its last request, and V8 the last key that it looked up here or there. */
const LAST_ONES = 2

const STORE = { provider: { fake: { data: [{ key: 'a', value: 'one' }] } } }
const LOCKED_STORE = {
  provider: {
    vault: {
      server: 'http://127.0.0.1:1',
      auth: { tokenSecretRef: { name: 'nothing', key: 'token' } },
    },
  },
}

function custom(kind: string, namespace: string, name: string, spec: JsonObject): JsonObject {
  const version = kind === 'PushSecret' ? 'v1alpha1' : 'v1'
  const metadata = { name, ...(namespace === '' ? {} : { namespace }) }
  return { apiVersion: `external-secrets.io/${version}`, kind, metadata, spec }
}

const reads = (name: string): JsonObject => ({
  secretStoreRef: { name, kind: 'SecretStore' },
  data: [{ secretKey: 'x', remoteRef: { key: 'a' } }],
})

const pushes = (source: string): JsonObject => ({
  secretStoreRefs: [{ name: 'st', kind: 'SecretStore' }],
  selector: { secret: { name: source } },
  data: [{ match: { secretKey: 'x', remoteRef: { remoteKey: 'a' } } }],
})

/** Whatever a controller looks at, in a namespace of that name: what works, and what fails. */
function worldOf(name: string): readonly JsonObject[] {
  const owner = { app: name, namespace: name }
  const externalSecrets = [bundledSecret(owner, 'entry', { keys: { k: 'a' } })]
  const [anchor = {}] = handedOff({
    app: `${name}-torn`,
    namespace: name,
    values: {},
    externalSecrets,
  })
  const metadata = { name: 'source', namespace: name }
  const namespaceSelectors = [{ matchLabels: { fan: name } }]
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { fan: name } } },
    ...handedOff({ ...owner, values: { a: 'one' }, externalSecrets }),
    anchor,
    { apiVersion: 'v1', kind: 'Secret', metadata, data: { x: 'b25l' } },
    custom('SecretStore', name, 'st', STORE),
    custom('SecretStore', name, 'locked', LOCKED_STORE),
    custom('ClusterSecretStore', '', name, STORE),
    custom('ExternalSecret', name, 'works', reads('st')),
    custom('ExternalSecret', name, 'fails', reads('locked')),
    custom('PushSecret', name, 'works', pushes('source')),
    custom('PushSecret', name, 'fails', pushes('nothing')),
    custom('ClusterExternalSecret', '', name, {
      externalSecretSpec: reads('st'),
      namespaceSelectors,
    }),
  ]
}

interface Place {
  readonly server: KubeServer
  readonly controller: ApartController
}

async function openPlace(t: TestContext): Promise<Place> {
  const server = await startKube({ namespaces: ['waybill-system'] })
  const folder = mkdtempSync(join(tmpdir(), 'waybill-growth-'))
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, server.kubeconfig(server.adminToken, 'waybill-system'), { mode: 0o600 })
  const serves = ['--metrics-address=0', '--health-address=0']
  const controller = startApart(folder, ['--kubeconfig', kubeconfig, ...serves])
  t.after(async () => {
    await controller.stop()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { server, controller }
}

/** Objects of a kind that somebody has written a status for. */
function judged(server: KubeServer, kind: string): number {
  return server.objects(kind).filter((object) => object.status !== undefined).length
}

/** Looks again until it is so: a machine that is loaded has its time. */
async function until(isSo: () => boolean, what: () => string): Promise<void> {
  const endMs = performance.now() + 60_000
  while (!isSo()) {
    assert.ok(performance.now() < endMs, what())
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function come({ server }: Place): Promise<readonly string[]> {
  for (const name of NAMES) server.seed(...worldOf(name))
  const wanted = {
    ...{ ExternalSecret: 3, PushSecret: 2, SecretStore: 2 },
    ...{ ClusterSecretStore: 1, ClusterExternalSecret: 1 },
  }
  const counts = (): string =>
    JSON.stringify(Object.keys(wanted).map((kind) => judged(server, kind) / NAMES.length))
  await until(() => counts() === JSON.stringify(Object.values(wanted)), counts)
  const statuses = (): number =>
    server.objects('ConfigMap').filter((object) => nameOf(object).endsWith('-status')).length
  await until(
    () => statuses() === NAMES.length,
    () => `${statuses()} statuses`,
  )
  return theirs(server).map((object) => text(dig(object, 'metadata', 'uid')) ?? '')
}

const nameOf = (object: JsonObject): string => text(dig(object, 'metadata', 'name')) ?? ''
const placeOf = (object: JsonObject): string => text(dig(object, 'metadata', 'namespace')) ?? ''

function theirs(server: KubeServer): readonly JsonObject[] {
  return server
    .objects()
    .filter((object) => nameOf(object).includes('gone-') || placeOf(object).includes('gone-'))
}

/** As a namespace controller does: what has a finalizer waits for its controller, and the namespace for all in it. */
async function go({ server }: Place): Promise<void> {
  const inside = (): readonly JsonObject[] =>
    theirs(server).filter(({ kind }) => kind !== 'Namespace')
  const clear = (objects: readonly JsonObject[]): void => {
    for (const object of objects) {
      if (dig(object, 'metadata', 'deletionTimestamp') !== undefined) continue
      server.remove(String(object.kind), placeOf(object), nameOf(object))
    }
  }
  const isClear = (): boolean => {
    clear(inside())
    return inside().length === 0
  }
  const left = (): string =>
    inside()
      .map(({ kind }) => kind)
      .join(' ')
  await until(isClear, left)
  clear(theirs(server))
}

test('of names that are gone a controller keeps nothing, whatever they were names of', async (t) => {
  const place = await openPlace(t)
  const uids = new Set(await come(place))
  await go(place)
  // The watches have told of it all when they have told of what came after.
  place.server.seed(...worldOf('last'))
  await until(
    () => place.server.object('Secret', 'last', 'works') !== undefined,
    () => 'no Secret',
  )
  const held = await place.controller.held(
    /[\w-]*gone-\d+-x[\w-]*|[\da-f]{8}-[\da-f]{4}-[\da-f-]{22}/,
  )
  const old = [...held].filter((word) => word.includes('gone-') || uids.has(word))
  assert.ok(old.length <= LAST_ONES, `${old.length} are left: ${old.sort().join(' ')}`)
})
