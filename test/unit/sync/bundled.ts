import assert from 'node:assert/strict'
import { encodeBundle } from '../../../src/handoff/bundle.ts'
import { encodeStore } from '../../../src/handoff/stores.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { decodeStore } from '../../../src/model/store.ts'

// A hand-off without a render: what `generate` leaves in the cluster for an app whose store is a fake one.

export interface Handoff {
  readonly app: string
  readonly namespace: string
  /** Of the fake store `<app>-store`, by remote key. */
  readonly values: Readonly<Record<string, string>>
  readonly externalSecrets: readonly JsonObject[]
}

/** The anchor, its shards and the store, as ConfigMaps. */
export function handedOff({
  app,
  namespace,
  values,
  externalSecrets,
}: Handoff): readonly JsonObject[] {
  const encoded = encodeBundle({
    ...{ app, namespace, storeNamespace: 'waybill-system', periodSeconds: 3600 },
    objects: externalSecrets,
  })
  assert.ok(encoded.outcome === 'encoded')
  const { anchor, shards } = encoded.bundle
  return [anchor, ...shards, storeOf(app, namespace, values)]
}

function storeOf(
  app: string,
  namespace: string,
  values: Readonly<Record<string, string>>,
): JsonObject {
  const data = Object.entries(values).map(([key, value]) => ({ key, value }))
  const object = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: `${app}-store`, namespace },
    spec: { provider: { fake: { data } } },
  }
  return encodeStore(decodeStore(object), {
    kind: 'SecretStore',
    name: `${app}-store`,
    namespace,
  })
}

/** An ExternalSecret of the app; its Secret has its name. */
export function bundledSecret(
  { app, namespace }: Pick<Handoff, 'app' | 'namespace'>,
  name: string,
  more: {
    readonly keys: Readonly<Record<string, string>>
    readonly target?: JsonObject
    readonly spec?: JsonObject
  },
): JsonObject {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, namespace },
    spec: {
      secretStoreRef: { kind: 'SecretStore', name: `${app}-store` },
      target: { name, ...more.target },
      data: Object.entries(more.keys).map(([secretKey, key]) => ({
        secretKey,
        remoteRef: { key },
      })),
      ...more.spec,
    },
  }
}
