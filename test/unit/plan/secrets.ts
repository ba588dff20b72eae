import { decodeExternalSecret, type ExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { parityOf } from '../../../src/model/parity.ts'
import type { ObservedSecret, OwnerReference, Secret } from '../../../src/model/secret.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { type Claim, MANAGED_LABEL, OWNER_ANNOTATION } from '../../../src/plan/marks.ts'

// Secrets and ExternalSecrets in a compact notation for the tables of these tests.

export const WAYBILL = parityOf('waybill')
export const ESO = parityOf('eso')

export type Data = Readonly<Record<string, string>>

export function dataOf(data: Data): Map<string, SecretValue> {
  return new Map(Object.entries(data).map(([key, value]) => [key, SecretValue.fromText(value)]))
}

export function textsOf(data: ReadonlyMap<string, SecretValue>): Data {
  return Object.fromEntries(
    [...data].map(([key, value]) => [key, new TextDecoder().decode(value.reveal())]),
  )
}

export function desired(data: Data, more: Partial<Secret> = {}): Secret {
  return {
    name: 'api',
    namespace: 'shop',
    type: '',
    data: dataOf(data),
    labels: new Map(),
    annotations: new Map(),
    finalizers: [],
    immutable: false,
    ...more,
  }
}

/** `us`: our marks; `nobody`: none; `other`: another app's; `eso`: kept by ESO for `name`; `job`: owned by a Job. */
export type Keeper = 'us' | 'nobody' | 'other' | 'eso' | 'eso-other' | 'job'

const CONTROLLERS: Readonly<Partial<Record<Keeper, OwnerReference>>> = {
  eso: reference('external-secrets.io/v1', 'ExternalSecret', 'api'),
  'eso-other': reference('external-secrets.io/v1', 'ExternalSecret', 'somebody'),
  job: reference('batch/v1', 'Job', 'build'),
}

function reference(apiVersion: string, kind: string, name: string): OwnerReference {
  return { apiVersion, kind, name, uid: `${kind}-uid`, controller: true }
}

export function observed(
  keeper: Keeper,
  data: Data,
  more: Partial<ObservedSecret> = {},
): ObservedSecret {
  const isMarked = keeper === 'us' || keeper === 'other'
  const controller = CONTROLLERS[keeper]
  const isOurs = keeper === 'us'
  return {
    ...desired(data),
    type: 'Opaque',
    labels: new Map(isMarked ? [[MANAGED_LABEL, 'true']] : []),
    annotations: new Map(isMarked ? [[OWNER_ANNOTATION, keeper === 'us' ? 'shop' : 'theirs']] : []),
    uid: 'uid',
    resourceVersion: '1',
    owners: controller === undefined ? [] : [controller],
    ownedKeys: new Set(isOurs ? Object.keys(data) : []),
    ownedLabels: new Set(isOurs ? [MANAGED_LABEL] : []),
    ownedAnnotations: new Set(isOurs ? [OWNER_ANNOTATION] : []),
    othersKeys: new Set(),
    residue: new Set(),
    ...more,
  }
}

export const ANCHOR: OwnerReference = reference('v1', 'ConfigMap', 'waybill-shop')

export function claim(more: Partial<Claim> = {}): Claim {
  return {
    owner: 'shop',
    aliases: ['shop/api'],
    externalSecret: 'api',
    anchor: 'any',
    adopts: false,
    marks: true,
    esoMarks: false,
    ...more,
  }
}

/** An ExternalSecret `shop/api` with this target and spec. */
export function wanted(target: JsonObject = {}, spec: JsonObject = {}): ExternalSecret {
  return decodeExternalSecret({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'api', namespace: 'shop' },
    spec: { secretStoreRef: { name: 'st' }, target, ...spec },
  })
}
