import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { HttpFailure } from '../../../src/model/http.ts'
import { isObject, type JsonObject } from '../../../src/model/json.ts'
import { decodeStore } from '../../../src/model/store.ts'
import { generate } from '../../../src/providers/generators/generate.ts'
import { inLanes } from '../../../src/providers/lanes.ts'
import { openStore } from '../../../src/providers/open.ts'
import { type Credentials, ProviderError } from '../../../src/providers/provider.ts'
import { schemaOf } from '../../../src/rules/schema-table.ts'
import { fencedCredentials, generatorCredentials } from '../../../src/sync/credentials.ts'
import { testOpening } from '../providers/opening.ts'
import { startCluster } from './cluster.ts'
import { objectWith, type Path, referencePaths } from './schema-references.ts'

// MT-2, G-18. Every reference that the schemas of ESO have is written with somebody else's namespace, and an API server
// tells what was asked of it. The victim's Secret is there, and the identity may read it: only our own fence is tested.

const STORES = 'external-secrets.io/v1'
const GENERATORS = 'generators.external-secrets.io/v1alpha1'
const SUPPORTED = ['aws', 'azurekv', 'fake', 'gcpsm', 'kubernetes', 'openBao', 'vault', 'webhook']
const GENERATOR_KINDS = [
  'ECRAuthorizationToken',
  'Fake',
  'GCRAccessToken',
  'GithubAccessToken',
  'Password',
  'SSHKey',
  'STSSessionToken',
  'UUID',
  'VaultDynamicSecret',
  'Webhook',
]
/** What openers look at before they come to a reference. */
const SHELLS: Readonly<Record<string, JsonObject>> = {
  aws: { service: 'SecretsManager', region: 'eu-central-1' },
  azurekv: { vaultUrl: 'https://127.0.0.1:9', tenantId: 'x' },
  gcpsm: { projectID: 'x' },
  kubernetes: { server: { url: 'https://127.0.0.1:9' } },
  vault: { server: 'https://127.0.0.1:9', path: 'secret' },
  openBao: { server: 'https://127.0.0.1:9', path: 'secret' },
  webhook: { url: 'https://127.0.0.1:9', result: { jsonPath: '$' } },
}

interface Case {
  readonly kind: string
  readonly path: Path
  readonly object: JsonObject
}

function caseOf(apiVersion: string, kind: string, path: Path, namespace: string): Case {
  const root = schemaOf({ apiVersion, kind })
  assert.ok(root !== undefined)
  const reference = { name: 'coveted', key: 'token', namespace, type: 'Secret' }
  const object = objectWith(root, path, reference)
  const shell = kind.endsWith('SecretStore') ? SHELLS[String(path[2])] : undefined
  const whole =
    shell === undefined
      ? object
      : merged({ spec: { provider: { [String(path[2])]: shell } } }, object)
  return {
    kind,
    path,
    object: merged(whole, { apiVersion, kind, metadata: { name: 'x', namespace: 'shop' } }),
  }
}

function merged(one: JsonObject, other: JsonObject): JsonObject {
  const sum = new Map(Object.entries(one))
  for (const [name, value] of Object.entries(other)) {
    const before = sum.get(name)
    sum.set(name, isObject(before) && isObject(value) ? merged(before, value) : value)
  }
  return Object.fromEntries(sum)
}

const FOREIGN = ['victim', 'kube-system', 'waybill-system']

function casesOf(
  apiVersion: string,
  kind: string,
  isOurs: (path: Path) => boolean,
  foreign: readonly string[] = FOREIGN.slice(0, 1),
): readonly Case[] {
  const paths = referencePaths(apiVersion, kind).filter(isOurs)
  return paths.flatMap((path) =>
    foreign.map((namespace) => caseOf(apiVersion, kind, path, namespace)),
  )
}

const isOfSupported = (path: Path): boolean =>
  path[1] === 'provider' && SUPPORTED.includes(String(path[2]))

const storeCases = casesOf(STORES, 'SecretStore', isOfSupported, FOREIGN)
const generatorCases = [
  ...GENERATOR_KINDS.flatMap((kind) => casesOf(GENERATORS, kind, () => true)),
  ...casesOf(GENERATORS, 'ClusterGenerator', (path) => path[1] === 'generator'),
]

interface Watched {
  /** As this run has them, behind the fence that `of` makes. */
  readonly credentials: (of: 'store' | 'generator') => Credentials
  readonly asked: () => readonly string[]
}

async function startWatched(t: TestContext): Promise<Watched> {
  const { server, kube } = await startCluster(t)
  const secret = Buffer.from('coveted').toString('base64')
  for (const namespace of ['shop', ...FOREIGN]) {
    const metadata = { name: 'coveted', namespace }
    if (server.object('Namespace', '', namespace) === undefined) {
      server.seed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    }
    server.seed(
      { apiVersion: 'v1', kind: 'Secret', metadata, data: { token: secret } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { token: 'coveted' } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    )
  }
  server.calls.clear()
  const sources = {
    lookup: (kind: 'Secret' | 'ConfigMap' | 'ServiceAccount', namespace: string, name: string) =>
      kube.get({ apiVersion: 'v1', kind, namespace, name }),
    serviceAccountToken: kube.serviceAccountToken,
    ownToken: async () => undefined,
  }
  return {
    asked: () => server.calls.all.flatMap(({ keys }) => keys),
    credentials: (of) =>
      of === 'store'
        ? fencedCredentials({ kind: 'SecretStore', namespace: 'shop' }, 'shop', sources)
        : generatorCredentials('shop', sources),
  }
}

/** A world where no server is, so that nothing leaves this machine. */
function nowhere(credentials: Credentials) {
  const opening = testOpening({ env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' } })
  const request = async (): Promise<never> => {
    throw new HttpFailure('refused', 'nobody is here')
  }
  const http = { request, close: () => undefined }
  return { ...opening.context, credentials, http, signal: AbortSignal.timeout(20_000) }
}

/** Opens, and reads something; most of it fails for want of a server, which is no matter here. */
async function tryStore(one: Case, credentials: Credentials): Promise<void> {
  const context = nowhere(credentials)
  try {
    const store = decodeStore(one.object)
    const provider = await openStore(store, context)
    const read = { op: 'get', store: 'SecretStore/shop/x', key: 'k', version: undefined } as const
    await provider.read([{ ...read, metadata: false, property: undefined }], context.signal)
    await provider.close()
  } catch (error) {
    assert.ok(error instanceof ProviderError, `${one.path.join('.')}: ${error}`)
  }
}

async function tryGenerator(one: Case, credentials: Credentials): Promise<void> {
  const context = nowhere(credentials)
  const answer = await generate(one.object, { randomBytes, context })
  assert.ok(answer.outcome === 'failed' || answer.outcome === 'generated')
}

function judge(cases: readonly Case[], asked: readonly string[]): void {
  const foreign = asked.filter((ask) => FOREIGN.some((namespace) => ask.includes(`${namespace}/`)))
  assert.deepEqual(foreign, [])
  const own = asked.filter((ask) => ask.includes('shop/coveted')).length
  // Otherwise the fence was never tried.
  assert.ok(own >= cases.length / 3, `${own} references were followed in ${cases.length} cases`)
}

test(`tenancy: ${storeCases.length} SecretStores with a foreign namespace read their own only (R13, R15)`, async (t) => {
  assert.ok(storeCases.length >= 120, `${storeCases.length} cases`)
  const watched = await startWatched(t)
  await inLanes(storeCases, 16, (one) => tryStore(one, watched.credentials('store')))
  judge(storeCases, watched.asked())
})

test(`tenancy: ${generatorCases.length} generators with a foreign namespace read their own only`, async (t) => {
  assert.ok(generatorCases.length >= 30, `${generatorCases.length} cases`)
  const watched = await startWatched(t)
  await inLanes(generatorCases, 16, (one) => tryGenerator(one, watched.credentials('generator')))
  judge(generatorCases, watched.asked())
})

test('tenancy: every supported provider with credentials has references in the walk', () => {
  const walked = new Set(storeCases.map(({ path }) => String(path[2])))
  assert.deepEqual(
    [...walked].sort(),
    SUPPORTED.filter((name) => name !== 'fake'),
  )
})
