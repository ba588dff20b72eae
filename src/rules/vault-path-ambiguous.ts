import { member, text } from '../model/json.ts'
import { type Store, storeKey } from '../model/store.ts'
import type { Rule } from './rule.ts'
import { remoteRefsOf } from './specs.ts'

/** R134. `mount/data/…` is no complaint: the first segment is the mount either way. */
export const vaultPathAmbiguous: Rule = {
  id: 'vault-path-ambiguous',
  severity: 'warning',
  summary: 'a Vault key leaves no doubt which part is the mount',
  why: `Of a KV version 2 store without \`path\` the key is the whole path: the first segment is the mount, unless \`/data/\` stands
somewhere in it; then the key is used as it is. A secret in a folder that is called \`data\` is therefore looked for in the
wrong place (R134). Naming the mount in \`path\` settles it.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: vault}
  dataFrom:
    - extract: {key: secret/team/data/api}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec:
  provider:
    vault:
      server: https://vault.example
      auth: {tokenSecretRef: {name: token, key: token}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: vault}
  dataFrom:
    - extract: {key: team/data/api}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec:
  provider:
    vault:
      server: https://vault.example
      path: secret
      auth: {tokenSecretRef: {name: token, key: token}}
`,
  *check(graph) {
    for (const { entry, path, ref } of remoteRefsOf(graph)) {
      const storeRef = entry.sourceRef?.storeRef ?? entry.spec.resource.storeRef
      if (storeRef === undefined || !isAmbiguous(ref.key)) continue
      const key = storeKey(storeRef.kind, entry.spec.namespace ?? '', storeRef.name)
      const store = graph.stores.get(key)?.resource ?? graph.knownStores.get(key)
      if (store === undefined || !isWithoutMount(store)) continue
      yield {
        document: entry.spec.document,
        path: [...path, 'key'],
        message: `${JSON.stringify(ref.key)} holds /data/, so its first segment is not taken as the mount`,
        hint: `name the mount in spec.provider.${store.provider}.path of the store`,
      }
    }
  },
}

/** `mount/data/…` is how Vault's own API writes it. */
function isAmbiguous(key: string): boolean {
  return key.split('/').indexOf('data') > 1 && key.includes('/data/')
}

/** A store of KV version 2 that leaves it to its keys where the mount ends. */
function isWithoutMount({ provider, settings }: Store): boolean {
  const isVault = provider === 'vault' || provider === 'openBao'
  return isVault && member(settings, 'version') !== 'v1' && !text(member(settings, 'path'))
}
