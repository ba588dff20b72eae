import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { createHttpClient } from '../../../src/sync/transport.ts'
import { startKube } from '../../servers/kube.ts'
import { tellCustomStories } from '../../servers/kube-custom-stories.ts'
import { asksOf, tellStories } from '../../servers/kube-stories.ts'
import { tellExpired, tellWatches } from '../../servers/kube-watch-stories.ts'

test('the API server of the tests answers as kube-apiserver 1.35.4 was seen to', async () => {
  const server = await startKube()
  const http = createHttpClient({ bodyBytesMax: 8 * 1024 * 1024 })
  try {
    const as = asksOf(server, http)
    const stories = [...(await tellStories(as(server.adminToken), as))]
    assert.ok(stories.length >= 60)
    stories.push(...(await tellCustomStories(as(server.adminToken))))
    const differences = stories.filter(({ got, seen }) => got !== seen)
    assert.deepEqual(differences, [])
    const place = { ...server, token: server.adminToken, http, seconds: 1 }
    const watches = [...(await tellWatches(as(server.adminToken), place))]
    server.watches.compact()
    watches.push(...(await tellExpired(place)))
    assert.deepEqual(
      watches.filter(({ got, seen }) => got !== seen),
      [],
    )
  } finally {
    http.close()
    await server.close()
  }
})

test('what an owner leaves behind is collected, and what an orphan keeps is not', async () => {
  const server = await startKube({ tls: false })
  const anchor: JsonObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'anchor', namespace: 'default' },
  }
  server.seed(anchor)
  const uid = dig(server.object('ConfigMap', 'default', 'anchor'), 'metadata', 'uid') ?? ''
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'anchor', uid }
  server.seed(secret('owned', { ownerReferences: [owner] }), secret('free', {}))
  assert.deepEqual(server.collectGarbage(), [])
  server.remove('ConfigMap', 'default', 'anchor')
  assert.deepEqual(server.collectGarbage(), ['Secret/default/owned'])
  assert.equal(server.object('Secret', 'default', 'owned'), undefined)
  assert.notEqual(server.object('Secret', 'default', 'free'), undefined)
  await server.close()
})

test('a seed that the server would refuse is a mistake of the test', async () => {
  const server = await startKube({ tls: false })
  assert.throws(() => server.seed(secret('Not_A_Name', {})), /metadata\.name/)
  await server.close()
})

function secret(name: string, metadata: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default', ...metadata } }
}
