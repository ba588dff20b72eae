import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KubeError, type KubeErrorCode } from '../../../src/kube/api.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { ProviderError } from '../../../src/providers/provider.ts'
import {
  type CredentialSources,
  fencedCredentials,
  generatorCredentials,
} from '../../../src/sync/credentials.ts'

// The fence of MT-2, and the cluster's answers in the words of a provider. `shop` asks, in a store of `team` where it says
// so; every reference that could names `ops`.

/** Answers with the object, and notes what it was asked for. */
function sourcesWith(object: JsonObject | undefined): CredentialSources & { asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    lookup: async (kind, namespace, name) => {
      asked.push(`${kind}/${namespace}/${name}`)
      return object
    },
    serviceAccountToken: async (namespace, name, audiences, expirationSeconds) => {
      asked.push(`Token/${namespace}/${name} ${audiences.join()} ${expirationSeconds}`)
      return SecretValue.fromText('token')
    },
    ownToken: async () => SecretValue.fromText('own'),
  }
}

type Who = Parameters<typeof fencedCredentials>[0]

const FENCES: readonly {
  readonly story: string
  readonly store: Who
  readonly authored: string | undefined
  readonly place: string
}[] = [
  {
    story: 'a SecretStore reads its own namespace, whatever it names (R13)',
    store: { kind: 'SecretStore', namespace: 'team' },
    authored: 'ops',
    place: 'team',
  },
  {
    story: 'a SecretStore of a file is in the namespace of the run',
    store: { kind: 'SecretStore', namespace: '' },
    authored: 'ops',
    place: 'shop',
  },
  {
    story: 'a ClusterSecretStore reads where it says (R14)',
    store: { kind: 'ClusterSecretStore', namespace: '' },
    authored: 'ops',
    place: 'ops',
  },
  {
    story: 'a ClusterSecretStore that says nothing reads where it is used (R14)',
    store: { kind: 'ClusterSecretStore', namespace: '' },
    authored: undefined,
    place: 'shop',
  },
]

for (const { story, store, authored, place } of FENCES) {
  test(`credentials: ${story}`, async () => {
    const sources = sourcesWith(undefined)
    const credentials = fencedCredentials(store, 'shop', sources)
    const ref = { name: 'n', namespace: authored, key: 'k' }
    assert.equal(await credentials.secretKey(ref), undefined)
    assert.equal(await credentials.secret(ref), undefined)
    assert.equal(await credentials.configMapKey(ref), undefined)
    assert.equal(await credentials.serviceAccount(ref), undefined)
    await credentials.serviceAccountToken(ref, ['a', 'b'], 600)
    assert.deepEqual(sources.asked, [
      `Secret/${place}/n`,
      `Secret/${place}/n`,
      `ConfigMap/${place}/n`,
      `ServiceAccount/${place}/n`,
      `Token/${place}/n a,b 600`,
    ])
  })
}

test('credentials: a generator reads its own namespace only', async () => {
  const sources = sourcesWith(undefined)
  await generatorCredentials('shop', sources).secret({ name: 'n', namespace: 'ops' })
  assert.deepEqual(sources.asked, ['Secret/shop/n'])
})

const REF = { name: 'n', namespace: undefined, key: 'k' }
const STORE: Who = { kind: 'ClusterSecretStore', namespace: '' }
const credentialsOf = (object: JsonObject | undefined) =>
  fencedCredentials(STORE, 'shop', sourcesWith(object))
const read = (value: SecretValue | undefined): string | undefined =>
  value && Buffer.from(value.reveal()).toString()

test('credentials: stringData of a file comes before data, as the API server merges it', async () => {
  const file = { data: { k: 'b2xk', rest: 'cg==', odd: 1 }, stringData: { k: 'new' } }
  const credentials = credentialsOf({ ...file, metadata: { labels: { l: '1' } } })
  assert.equal(read(await credentials.secretKey(REF)), 'new')
  assert.equal(read(await credentials.secretKey({ ...REF, key: 'rest' })), 'r')
  assert.equal(await credentials.secretKey({ ...REF, key: 'toString' }), undefined)
  const secret = await credentials.secret(REF)
  assert.deepEqual([...(secret?.labels ?? [])], [['l', '1']])
  const data = [...(secret?.data ?? [])].map(([key, value]) => [key, read(value)])
  assert.deepEqual(data, [
    ['k', 'new'],
    ['rest', 'r'],
  ])
})

test('credentials: a Secret without labels, a ConfigMap, an account, our own token', async () => {
  assert.equal((await credentialsOf({}).secret(REF))?.labels.size, 0)
  assert.equal(await credentialsOf({ data: { k: 'text' } }).configMapKey(REF), 'text')
  assert.equal((await credentialsOf({}).serviceAccount(REF))?.annotations.size, 0)
  const annotated = { metadata: { annotations: { role: 'arn' } } }
  const account = await credentialsOf(annotated).serviceAccount(REF)
  assert.equal(account?.annotations.get('role'), 'arn')
  assert.equal(read(await credentialsOf(undefined).ownToken()), 'own')
})

const REFUSALS: readonly (readonly [KubeErrorCode, string, RegExp | undefined])[] = [
  ['not-found', 'credentials-not-found', /correct the store/],
  ['forbidden', 'forbidden', /--grant-store/],
  ['unauthorized', 'forbidden', /--grant-store/],
  ['timeout', 'timeout', undefined],
  ['unavailable', 'unavailable', undefined],
  ['throttled', 'unavailable', undefined],
]

for (const [said, code, hint] of REFUSALS) {
  test(`credentials: the cluster says ${said}, the entry is told ${code}`, async () => {
    const fail = async (): Promise<never> => {
      throw new KubeError(said, 0, 'the message')
    }
    const sources = { lookup: fail, serviceAccountToken: fail, ownToken: fail }
    const credentials = fencedCredentials(STORE, 'shop', sources)
    for (const ask of [credentials.secretKey, credentials.secret, credentials.configMapKey]) {
      await assert.rejects(ask(REF), (error) => {
        assert.ok(error instanceof ProviderError)
        assert.deepEqual([error.code, error.message], [code, 'the message'])
        if (hint === undefined) assert.equal(error.hint, undefined)
        else assert.match(error.hint ?? '', hint)
        return true
      })
    }
    for (const ask of [
      credentials.serviceAccount(REF),
      credentials.serviceAccountToken(REF, [], 600),
      credentials.ownToken(),
    ]) {
      await assert.rejects(ask, { name: 'ProviderError', code })
    }
  })
}

test('credentials: a bug of ours stays one', async () => {
  const sources = {
    ...sourcesWith(undefined),
    lookup: async (): Promise<never> => assert.fail('a bug'),
  }
  await assert.rejects(fencedCredentials(STORE, 'shop', sources).secretKey(REF), {
    name: 'AssertionError',
  })
})
