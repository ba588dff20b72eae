import type { Registry } from './metrics.ts'

// Conditions of PushSecrets and of fan-outs, in External Secrets Operator's names.

/** Kinds whose condition is told. */
export type ToldKind = 'PushSecret' | 'ClusterExternalSecret' | 'ClusterPushSecret'

/** Conditions by object; `namespace` is undefined for what has none. */
export interface ObjectMetrics {
  readonly set: (kind: ToldKind, object: Named, isReady: boolean) => void
  /** The object is no more. */
  readonly drop: (kind: ToldKind, object: Named) => void
}

/** What a metric is about. */
export interface Named {
  readonly name: string
  readonly namespace: string | undefined
}

/** No object told yet. */
export function createObjectMetrics({ gauge }: Pick<Registry, 'gauge'>): ObjectMetrics {
  const gauges = {
    PushSecret: gauge('pushsecret_status_condition', 'The condition of a PushSecret'),
    ClusterExternalSecret: gauge(
      'clusterexternalsecret_status_condition',
      'The condition of a ClusterExternalSecret',
    ),
    ClusterPushSecret: gauge(
      'clusterpushsecret_status_condition',
      'The condition of a ClusterPushSecret',
    ),
  }
  return {
    set: (kind, object, isReady) => {
      for (const status of ['True', 'False']) {
        const isSo = isReady === (status === 'True')
        gauges[kind].set({ ...labelsOf(object), condition: 'Ready', status }, isSo ? 1 : 0)
      }
    },
    drop: (kind, object) => gauges[kind].drop(labelsOf(object)),
  }
}

function labelsOf({ name, namespace }: Named): Readonly<Record<string, string>> {
  return namespace === undefined ? { name } : { name, namespace }
}
