import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpFailure } from '../../../src/model/http.ts'
import { isStoreAddress } from '../../../src/sync/store-address.ts'
import { createHttpClient } from '../../../src/sync/transport.ts'
import { fakeStore, startFiles } from './story.ts'

const rows: readonly { readonly story: string; readonly address: string; readonly ok: boolean }[] =
  [
    { story: 'metadata of AWS, Azure and Google', address: '169.254.169.254', ok: false },
    { story: 'the same in IPv6 clothes', address: '::ffff:169.254.169.254', ok: false },
    { story: 'the same in hexadecimal', address: '::ffff:a9fe:a9fe', ok: false },
    { story: 'metadata of AWS over IPv6', address: 'fd00:ec2::254', ok: false },
    { story: 'link-local', address: 'fe80::1', ok: false },
    { story: 'link-local with a zone', address: 'fe80::1%eth0', ok: false },
    { story: 'metadata of Alibaba Cloud', address: '100.100.100.200', ok: false },
    { story: 'the agent of EKS', address: '169.254.170.23', ok: true },
    { story: 'the agent of EKS over IPv6', address: 'fd00:ec2::23', ok: true },
    { story: 'a private network', address: '10.0.0.7', ok: true },
    { story: 'loopback, where Vault’s agent may be', address: '127.0.0.1', ok: true },
    { story: 'a private network of IPv6', address: 'fd12::1', ok: true },
    { story: 'the internet', address: '2600:1f18::1', ok: true },
  ]
for (const { story, address, ok } of rows) {
  test(`a store ${ok ? 'may' : 'may not'} be at ${address}: ${story}`, () => {
    assert.equal(isStoreAddress(address, address), ok)
  })
}

for (const host of ['169.254.169.254', '[::ffff:169.254.169.254]', '0xa9fea9fe', '2852039166']) {
  test(`a URL with ${host} opens no connection`, async () => {
    const http = createHttpClient({ isAddressAllowed: isStoreAddress })
    const { signal } = new AbortController()
    const url = `http://${host}/latest/meta-data/`
    const request = { method: 'GET', url, headers: {}, body: undefined, tls: undefined } as const
    await assert.rejects(
      http.request({ ...request, timeoutMs: 2000, signal }),
      (error) => error instanceof HttpFailure && error.code === 'forbidden-address',
    )
    http.close()
  })
}

test('a run asks no metadata server, whatever a store says', async (t) => {
  const files = await startFiles(t)
  const vault = { server: 'http://169.254.169.254/latest', version: 'v1', path: 'meta-data' }
  const store = fakeStore({}).replace('{"fake":{"data":[]}}', JSON.stringify({ vault }))
  const wanted = `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: st}
  data: [{secretKey: role, remoteRef: {key: iam}}]
`
  const ran = await files.sync(store + wanted)
  assert.match(ran.results[0]?.condition.message ?? '', /at an address that stores may not use/)
})
