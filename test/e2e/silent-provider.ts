import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import type { World } from './fault-world.ts'
import { within } from './replicas.ts'

// A provider that takes connections and never answers, and an ExternalSecret object that reads from it.

const NAMESPACE = 'silent'
const CRDS = ['externalsecrets', 'secretstores', 'clustersecretstores']

export async function prepareSilence({ bed }: World): Promise<void> {
  bed.kubectl(['create', ...CRDS.flatMap((name) => ['-f', `test/eso-crds/${crdFile(name)}`])])
  const isServed = async (): Promise<boolean> => {
    const { out } = await bed.tryKubectl(['get', '--raw', '/apis/external-secrets.io/v1'])
    return CRDS.every((name) => out.includes(`"name":"${name}"`))
  }
  await within(30, isServed, () => 'the definitions are not served')
}

const crdFile = (plural: string): string => `external-secrets.io_${plural}.yaml`

export async function silentProvider(world: World): Promise<void> {
  const silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  silent.unref()
  const { port } = silent.address() as AddressInfo
  const replica = await world.replicas.start('silent-1', { namespace: NAMESPACE })
  await world.apply(`apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: hole, namespace: ${NAMESPACE}}
spec:
  provider:
    vault:
      server: http://127.0.0.1:${port}
      path: secret
      version: v2
      auth: {tokenSecretRef: {name: vault, key: token}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: ${NAMESPACE}}
spec:
  refreshInterval: 1h
  secretStoreRef: {kind: SecretStore, name: hole}
  data: [{secretKey: value, remoteRef: {key: some/path, property: v}}]
`)
  const describe = (): Promise<string> =>
    world.kubectl('-n', NAMESPACE, 'describe', 'externalsecret', 'api')
  await within(100, async () => /UpdateFailed/.test(await describe()), replica.log)
  const described = await describe()
  assert.match(
    described,
    /Message: +spec\.data\[0\]: [^\n]*(?:no answer in|did not answer within) /,
  )
  assert.match(described, /Reason: +SecretSyncedError/)
  assert.match(described, /Warning +UpdateFailed +\S+ +waybill +spec\.data\[0\]: /)
}
