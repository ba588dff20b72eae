import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { kubeconfigConnection } from '../../src/kube/kubeconfig.ts'
import { createHttpClient } from '../../src/sync/transport.ts'
import { asksOf, tellStories } from '../servers/kube-stories.ts'
import { tellWatches } from '../servers/kube-watch-stories.ts'
import { openBed } from './bed.ts'

// The real kube-apiserver answers as the stories say, which the unit tests hold our own server to.

const bed = openBed('stories')
const http = createHttpClient({ bodyBytesMax: 8 * 1024 * 1024 })
after(() => {
  http.close()
  bed.down()
})

test('a real kube-apiserver answers as the server of the tests does', async () => {
  const path = bed.up('api').KUBECONFIG ?? ''
  const connection = await kubeconfigConnection({
    paths: [path],
    context: undefined,
    nowMs: () => 0,
  })
  const token = Buffer.from((await connection.token())?.reveal() ?? []).toString()
  const as = asksOf({ url: connection.server, ca: connection.ca ?? '' }, http)
  const stories = [...(await tellStories(as(token), as))]
  const place = { url: connection.server, ca: connection.ca ?? '', token, http, seconds: 4 }
  stories.push(...(await tellWatches(as(token), place)))
  assert.deepEqual(
    stories.filter(({ got, seen }) => got !== seen),
    [],
  )
})
