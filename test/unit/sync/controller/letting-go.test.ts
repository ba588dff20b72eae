import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dig, type JsonObject, text } from '../../../../src/model/json.ts'
import { json } from '../../../servers/server.ts'
import { until } from './clock.ts'
import { startStage } from './story.ts'

// An ExternalSecret that is deleted waits for its controller to take the finalizer off.

const V1 = 'external-secrets.io/v1'
const CONFLICT = { kind: 'Status', status: 'Failure', reason: 'Conflict', code: 409 }

function objects(): readonly JsonObject[] {
  const metadata = (name: string): JsonObject => ({ name, namespace: 'shop' })
  const data = [{ key: 'a', value: 'one' }]
  const reads = [{ secretKey: 'x', remoteRef: { key: 'a' } }]
  return [
    {
      ...{ apiVersion: V1, kind: 'SecretStore', metadata: metadata('st') },
      spec: { provider: { fake: { data } } },
    },
    {
      ...{ apiVersion: V1, kind: 'ExternalSecret', metadata: metadata('api') },
      spec: { secretStoreRef: { name: 'st', kind: 'SecretStore' }, data: reads },
    },
  ]
}

test('a finalizer that could not be taken off because of somebody else is taken off a second later', async (t) => {
  const stage = await startStage(t)
  const { server, kube } = stage
  await stage.apply(...objects())
  stage.start()
  const object = (): JsonObject | undefined => server.object('ExternalSecret', 'shop', 'api')
  await until(() => JSON.stringify(dig(object(), 'metadata', 'finalizers') ?? []) !== '[]')
  await until(() => stage.value('api', 'x') === 'one')
  // Whoever was faster has written what nobody looks at again for.
  server.fault({ call: 'patch externalsecrets', does: { reply: json(409, CONFLICT) } })
  server.calls.clear()
  const uid = text(dig(object(), 'metadata', 'uid')) ?? ''
  const ref = { apiVersion: V1, kind: 'ExternalSecret', namespace: 'shop', name: 'api' }
  await kube.delete(ref, { uid, resourceVersion: undefined }, false)
  await until(() => server.calls.count('patch externalsecrets') === 1)
  assert.notEqual(object(), undefined)
  // When the refusal has come is nobody's to see: a look a second, far sooner than it would be looked at anyway.
  for (let at = 0; at < 60 && object() !== undefined; at++) await stage.pass(1_000)
  assert.equal(object(), undefined, 'the finalizer is still there')
})
