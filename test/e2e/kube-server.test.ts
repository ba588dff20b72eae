import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { kubeconfigConnection } from '../../src/kube/kubeconfig.ts'
import { createHttpClient } from '../../src/sync/transport.ts'
import { tellCustomStories } from '../servers/kube-custom-stories.ts'
import { asksOf, type Story, tellStories } from '../servers/kube-stories.ts'
import { tellExpired, tellWatches } from '../servers/kube-watch-stories.ts'
import { openBed } from './bed.ts'

// The real kube-apiserver answers as the stories say, which the unit tests hold our own server to.

const CRDS = 'test/eso-crds'
const bed = openBed('stories')
const http = createHttpClient({ bodyBytesMax: 8 * 1024 * 1024 })
after(() => {
  http.close()
  bed.down()
})

test('a real kube-apiserver answers as the server of the tests does', async () => {
  const { as, place } = await connect(bed.up('api').KUBECONFIG ?? '')
  const stories = [...(await tellStories(as(place.token), as))]
  const crds = readdirSync(CRDS).filter((file) => file.startsWith('external-secrets.io_externals'))
  for (const file of crds) bed.kubectl(['create', '-f', join(CRDS, file)])
  bed.kubectl(['wait', '--for=condition=Established', 'crd/externalsecrets.external-secrets.io'])
  stories.push(...(await tellCustomStories(as(place.token))))
  stories.push(...(await tellWatches(as(place.token), place)))
  assert.deepEqual(differing(stories), [])
})

test('a real kube-apiserver that was restarted has forgotten old versions', async () => {
  bed.halt('api')
  const { place } = await connect(bed.up('api').KUBECONFIG ?? '')
  assert.deepEqual(differing(await tellExpired(place)), [])
})

function differing(stories: readonly Story[]): readonly Story[] {
  return stories.filter(({ got, seen }) => got !== seen)
}

async function connect(path: string) {
  const nowMs = (): number => 0
  const connection = await kubeconfigConnection({ paths: [path], context: undefined, nowMs })
  const token = Buffer.from((await connection.token())?.reveal() ?? []).toString()
  const { server: url, ca = '' } = connection
  return { as: asksOf({ url, ca }, http), place: { url, ca, token, http, seconds: 8 } }
}
