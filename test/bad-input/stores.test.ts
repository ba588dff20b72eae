import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { json } from '../servers/server.ts'
import { startVault } from '../servers/vault.ts'
import {
  awsStore,
  blackHole,
  closedPort,
  type Result,
  sick,
  startWorld,
  vaultStore,
} from './world.ts'

// Stores that cannot answer, all of them in one run: what is wrong stands in each result with its field and a way out, no
// Secret of an earlier run is touched, and what has nothing to do with them is synced.

interface Row {
  readonly story: string
  /** Name of the ExternalSecret, its Secret and its store. */
  readonly name: string
  readonly manifests: string
  readonly outcome?: string
  readonly code: string
  readonly field: RegExp
  readonly says: RegExp
}

const API = '{key: shop/api, property: token}'
const REMOTE = /^spec\.data\[0\]/
const KEY = /^spec\.data\[0\]\.remoteRef\.key$/
const PROPERTY = /^spec\.data\[0\]\.remoteRef\.property$/

const world = await startWorld()
const foreign = await startVault({ tls: true })
const forgetful = await startVault({
  tokens: { [world.vaultToken]: { policies: [], ttlSeconds: -1 } },
})
const hole = await blackHole()
after(() => Promise.all([world.close(), foreign.close(), forgetful.close(), hole.close()]))
const { url } = world.vault

const rows: readonly Row[] = [
  {
    story: 'the store does not exist',
    name: 'nowhere',
    manifests: sick('nowhere', API),
    code: 'StoreNotFound',
    field: REMOTE,
    says: /SecretStore "nowhere" was not found in namespace shop.*; create it, or correct/,
  },
  {
    story: 'the store is of another class',
    name: 'other',
    manifests: vaultStore('other', url, 'controller: other') + sick('other', API),
    outcome: 'skipped',
    code: 'ControllerClass',
    field: REMOTE,
    says: /SecretStore\/shop\/other belongs to controller class "other"/,
  },
  {
    story: 'the secret does not exist in Vault',
    name: 'absent',
    manifests: vaultStore('absent', url) + sick('absent', '{key: shop/no, property: x}'),
    code: 'SecretNotFound',
    field: KEY,
    says: /secret shop\/no does not exist at the provider/,
  },
  {
    story: 'the secret does not exist in AWS',
    name: 'aws-absent',
    manifests: awsStore('aws-absent') + sick('aws-absent', '{key: shop/no}'),
    code: 'SecretNotFound',
    field: KEY,
    says: /secret shop\/no does not exist at the provider/,
  },
  {
    story: 'the property does not exist in Vault',
    name: 'property',
    manifests: vaultStore('property', url) + sick('property', '{key: shop/api, property: tokn}'),
    code: 'PropertyNotFound',
    field: PROPERTY,
    says: /"tokn"/,
  },
  {
    story: 'the property does not exist in AWS',
    name: 'aws-property',
    manifests: awsStore('aws-property') + sick('aws-property', '{key: shop/json, property: usr}'),
    code: 'PropertyNotFound',
    field: PROPERTY,
    says: /key usr does not exist in secret shop\/json$/,
  },
  {
    story: 'JSON is expected and text is found',
    name: 'text',
    manifests: awsStore('text') + sick('text', '{key: shop/text, property: user}'),
    code: 'PropertyNotFound',
    field: PROPERTY,
    says: /key user does not exist in secret shop\/text: its value is text, not JSON/,
  },
  {
    story: 'all keys of a JSON object are expected and text is found',
    name: 'extract',
    manifests:
      awsStore('extract') +
      sick('extract', API).replace(/^ {2}data: .*/m, '  dataFrom: [{extract: {key: shop/text}}]'),
    code: 'NotJson',
    field: /^spec\.dataFrom\[0\]\.extract\.key$/,
    says: /secret shop\/text is not a JSON object/,
  },
  {
    story: 'the token of Vault has expired',
    name: 'expired',
    manifests: vaultStore('expired', forgetful.url) + sick('expired', API),
    code: 'Forbidden',
    field: REMOTE,
    says: /vault does not allow the token in Secret shop\/vault-auth.*see whether the token is alive/,
  },
  {
    story: 'the certificate of Vault is from another CA',
    name: 'ca',
    manifests: vaultStore('ca', foreign.url) + sick('ca', API),
    code: 'Untrusted',
    field: REMOTE,
    says: /certificate that is signed by a CA that is not trusted here; set .*caBundle/,
  },
  {
    story: 'nobody listens where Vault should be',
    name: 'refused',
    manifests: vaultStore('refused', await closedPort()) + sick('refused', API),
    code: 'Unavailable',
    field: REMOTE,
    says: /127\.0\.0\.1:\d+ refused the connection; see that Vault is up/,
  },
  {
    story: 'Vault accepts the connection and never answers',
    name: 'hole',
    manifests: vaultStore('hole', hole.url) + sick('hole', API),
    code: 'Timeout',
    field: REMOTE,
    says: /the run ended before SecretStore hole answered; see that its server can be reached/,
  },
  {
    story: 'the Secret belongs to somebody else',
    name: 'theirs',
    manifests: vaultStore('theirs', url) + sick('theirs', API),
    code: 'NotOwned',
    field: /^spec\.target/,
    says: /was not made by waybill: choose another target\.name, .*--adopt=eso/,
  },
  {
    story: 'the Secret would be larger than 1 MiB',
    name: 'large',
    manifests: vaultStore('large', url) + sick('large', '{key: shop/large, property: v}'),
    code: 'TooLarge',
    field: /^/,
    says: /Secret large would hold 1100000 bytes, Kubernetes takes 1048576/,
  },
]

/** Enough on a busy machine for everything but the port that never answers; what is refused is tried again, in another run. */
const TIMEOUT = '8s'
for (const { name } of rows) world.seedTarget(name, name !== 'theirs')
const before = new Map(rows.map(({ name }) => [name, world.version(name)]))
const isRetried = ({ name }: Row): boolean => name === 'refused'
const manifestsOf = (some: readonly Row[]): string =>
  some.map(({ manifests }) => manifests).join('---\n')
const clusters = clusterRows()
const [run, retried, ...down] = await Promise.all([
  world.sync(manifestsOf(rows.filter((row) => !isRetried(row))), { timeout: TIMEOUT }),
  world.sync(manifestsOf(rows.filter(isRetried)), { name: 'second' }),
  ...clusters.map(({ kubeconfig }) =>
    world.sync(vaultStore('any', url) + sick('any', API), { kubeconfig, timeout: '2s' }),
  ),
])
const resultOf = (name: string): Result | undefined =>
  [...run.results, ...retried.results].find(
    ({ externalSecret }) => externalSecret === `shop/${name}`,
  )

for (const { story, name, outcome = 'failed', code, field, says } of rows) {
  test(`${story}: the cause with its field, and the old Secret as it was`, () => {
    const result = resultOf(name)
    assert.equal(result?.outcome, outcome, run.err)
    const [error] = result.errors
    assert.equal(error?.code, code, error?.message)
    assert.match(error.field, field)
    assert.match(error.message, says)
    assert.ok(result.condition.message.includes(error.message))
    assert.equal(world.version(name), before.get(name))
  })
}

test('the run ends in time, partially, and the healthy ExternalSecret is synced', () => {
  assert.equal(run.code, 5, run.err)
  assert.equal(run.signal, null)
  assert.equal(resultOf('healthy')?.outcome, 'created')
  assert.notEqual(world.version('healthy'), undefined)
  assert.match(run.err, /1 created, 1 skipped, \d+ failed/)
})

test('an AWS session that has expired: renewed once, then told as such', async () => {
  const expired = { __type: 'ExpiredTokenException', Message: 'The security token has expired' }
  world.aws.fault({ times: 20, does: { reply: json(400, expired) } })
  const ended = await world.sync(awsStore('session') + sick('session', '{key: shop/json}'))
  const result = ended.results.find(({ externalSecret }) => externalSecret === 'shop/session')
  assert.equal(ended.code, 5, ended.err)
  assert.equal(result?.errors[0]?.code, 'Unauthenticated')
  assert.match(result.errors[0].message, /ExpiredTokenException.*; the session has ended: renew/)
})

for (const [at, { story, code, says }] of clusters.entries()) {
  test(`${story}: exit 4, and each ExternalSecret says why`, () => {
    const ended = down[at]
    assert.equal(ended?.code, 4, ended?.err)
    assert.equal(ended.results.length, 2)
    for (const { outcome, errors } of ended.results) {
      assert.equal(outcome, 'failed')
      assert.equal(errors[0]?.code, code)
      assert.match(errors[0].message, says)
    }
    assert.match(ended.err, /0 reads, 0 provider calls/)
  })
}

interface ClusterRow {
  readonly story: string
  readonly kubeconfig: string
  readonly code: string
  readonly says: RegExp
}

function clusterRows(): readonly ClusterRow[] {
  const { kube } = world
  const good = kube.kubeconfig(kube.adminToken, 'shop')
  const expired = kube.serviceAccountToken('shop', 'default', { expirationSeconds: -60 })
  return [
    {
      story: 'the token of the ServiceAccount has expired',
      kubeconfig: kube.kubeconfig(expired, 'shop'),
      code: 'Unauthorized',
      says: /does not accept our credentials \(401\); the token has expired/,
    },
    {
      story: 'the API server has a certificate from another CA',
      kubeconfig: good.replace(/ {4}certificate-authority-data: .*\n/, ''),
      code: 'Untrusted',
      says: /CA that is not trusted here; give the kubeconfig the certificate-authority-data/,
    },
    {
      story: 'nobody listens where the API server should be',
      kubeconfig: good.replace(/server: .*/, 'server: https://127.0.0.1:1'),
      code: 'Unavailable',
      says: /cannot get Secret\/shop\/.*127\.0\.0\.1:1 refused the connection/,
    },
  ]
}
