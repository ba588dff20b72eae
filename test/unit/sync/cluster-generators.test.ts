import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KubeApi, KubeError } from '../../../src/kube/api.ts'
import { dig } from '../../../src/model/json.ts'
import { clusterGenerators } from '../../../src/sync/cluster-generators.ts'
import { startApp } from './app.ts'

const API = 'generators.external-secrets.io/v1alpha1'

/** A ClusterGenerator `made` around a Fake, and an ExternalSecret `api` that names `named`. */
const manifests = (named: string, value = 'one'): string =>
  [
    {
      apiVersion: API,
      kind: 'ClusterGenerator',
      metadata: { name: 'made' },
      spec: { kind: 'Fake', generator: { fakeSpec: { data: { key: value } } } },
    },
    {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name: 'api', namespace: 'shop' },
      spec: {
        dataFrom: [
          {
            sourceRef: { generatorRef: { apiVersion: API, kind: 'ClusterGenerator', name: named } },
          },
        ],
      },
    },
  ]
    .map((object) => `---\n${JSON.stringify(object)}\n`)
    .join('')

test('a run takes the ClusterGenerator of its bundle, with the generated rights and no CRD', async (t) => {
  const { server, sync } = await startApp(t)
  for (const value of ['one', 'two']) {
    const ran = await sync(manifests('made', value))
    assert.equal(ran.code, 0, ran.out + ran.err)
    const secret = server.object('Secret', 'shop', 'api')
    assert.equal(dig(secret, 'data', 'key'), Buffer.from(value).toString('base64'))
  }
})

test('one that another render declares is not found, and the hint says where to declare it', async (t) => {
  const { server, sync } = await startApp(t)
  const ran = await sync(manifests('elsewhere'))
  assert.equal(ran.code, 5, ran.out)
  assert.match(ran.out, /declare it in the same render/)
  assert.equal(server.object('Secret', 'shop', 'api'), undefined)
})

const ABSENT = [
  { code: 'forbidden', told: ['forbidden: no'] },
  { code: 'not-found', told: [] },
  { code: 'invalid', told: [] },
] as const
for (const { code, told } of ABSENT) {
  test(`a generator that the API server answers with ${code} is absent, told: ${told.length > 0}`, async () => {
    const said: string[] = []
    const get = () => Promise.reject(new KubeError(code, 403, `${code}: no`))
    const kube: KubeApi = { ...({} as KubeApi), get }
    const onRefused = ({ message }: KubeError): void => void said.push(message)
    const find = clusterGenerators({ kube, onRefused }, new Map())
    assert.equal(await find('Password/shop/made'), undefined)
    assert.deepEqual(said, told)
  })
}
