import type { ObjectRef } from '../kube/api.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import type { ObservedSecret } from '../model/secret.ts'
import type { Change } from '../plan/change.ts'
import type { Restamp } from '../plan/restamp.ts'

/** A change that is written. */
export type WriteChange = Extract<Change, { action: 'create' | 'update' | 'delete' }>

/** Where a target is in the cluster; `object` is undefined for a Secret. */
export function refOfTarget(
  { object, name }: Pick<ExternalSecret['target'], 'object' | 'name'>,
  namespace: string,
): ObjectRef {
  const { apiVersion, kind } = object ?? { apiVersion: 'v1', kind: 'Secret' }
  return { apiVersion, kind, namespace, name }
}

/** Where Secrets are written: a cluster, or a folder. */
export interface Target {
  /** Undefined when absent. */
  readonly observe: (externalSecret: ExternalSecret) => Promise<ObservedSecret | undefined>
  /**
   * One object, one request: afterwards the Secret is the old or the new one. Throws KubeError, `conflict` when it is not as
   * it was observed. Answers the resourceVersion that it has now.
   */
  readonly write: (change: WriteChange, externalSecret: ExternalSecret) => Promise<string>
  /** Changes its ownerReferences alone, under the same conditions. */
  readonly restamp: (change: Restamp, externalSecret: ExternalSecret) => Promise<string>
}
