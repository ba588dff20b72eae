import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judged } from './judged.ts'

const stores: readonly { readonly story: string; readonly spec: string; readonly at: string }[] = [
  {
    story: 'a Vault in the cluster',
    spec: 'provider: {vault: {server: "http://vault.vault.svc:8200", auth: {tokenSecretRef: {name: t}}}}',
    at: 'spec.provider.vault.server',
  },
  {
    story: 'OpenBao, in capitals',
    spec: 'provider: {openBao: {server: "HTTP://bao:8200", auth: {tokenSecretRef: {name: t}}}}',
    at: 'spec.provider.openBao.server',
  },
  {
    story: 'a webhook whose host is a template',
    spec: 'provider: {webhook: {url: "http://{{ .remoteRef.key }}.example", result: {}}}',
    at: 'spec.provider.webhook.url',
  },
  {
    story: 'a host that only begins like this machine',
    spec: 'provider: {webhook: {url: "http://localhost.example/x", result: {}}}',
    at: 'spec.provider.webhook.url',
  },
  {
    story: 'a user name that looks like this machine',
    spec: 'provider: {webhook: {url: "http://127.0.0.1@evil.example/", result: {}}}',
    at: 'spec.provider.webhook.url',
  },
  {
    story: 'this machine by name',
    spec: 'provider: {vault: {server: "http://localhost:8200", auth: {tokenSecretRef: {name: t}}}}',
    at: '',
  },
  {
    story: 'this machine by number',
    spec: 'provider: {webhook: {url: "http://127.0.0.1/x", result: {}}}',
    at: '',
  },
  {
    story: 'this machine by IPv6',
    spec: 'provider: {webhook: {url: "http://[::1]:80/x", result: {}}}',
    at: '',
  },
  {
    story: 'https',
    spec: 'provider: {webhook: {url: "https://example/x", result: {}}}',
    at: '',
  },
  {
    story: 'what is sent is no place to send it to',
    spec: 'provider: {webhook: {url: "https://example/x", headers: {referer: "http://a"}, body: "http://b", result: {}}}',
    at: '',
  },
  {
    story: 'values of the fake provider',
    spec: 'provider: {fake: {data: [{key: url, value: "http://a"}]}}',
    at: '',
  },
]

function paths(text: string): readonly string[] {
  const findings = judged(text).filter(({ rule }) => rule === 'store-plain-http')
  return findings.map(({ message }) => /^(\S+) is/.exec(message)?.[1] ?? '')
}

for (const { story, spec, at } of stores) {
  test(`store-plain-http: ${story} → ${at || 'no finding'}`, () => {
    const text = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: store, namespace: shop}
spec:
  ${spec}
`
    assert.deepEqual(paths(text), at === '' ? [] : [at.split('.').at(-1)])
  })
}

test('store-plain-http: generators have servers, too, and a ClusterGenerator has one deeper', () => {
  const provider = '{server: "http://vault:8200", auth: {tokenSecretRef: {name: t}}}'
  const text = `apiVersion: generators.external-secrets.io/v1alpha1
kind: VaultDynamicSecret
metadata: {name: pki, namespace: shop}
spec:
  path: pki/issue/web
  parameters: {url: "http://not-a-server"}
  provider: ${provider}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: ClusterGenerator
metadata: {name: pki}
spec:
  kind: VaultDynamicSecret
  generator: {vaultDynamicSecretSpec: {path: p, provider: ${provider}}}
`
  assert.deepEqual(paths(text), ['server', 'server'])
})
