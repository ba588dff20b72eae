import type { JsonObject } from '../model/json.ts'
import { selects } from '../model/label-selector.ts'
import type { ClusterPushSecret } from '../model/push-secret.ts'

/** A namespace as a selector sees it. */
export interface LabelledNamespace {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
}

/** A PushSecret that a ClusterPushSecret has made, as far as ownership goes. */
export interface OwnedPushSecret {
  readonly namespace: string
  readonly name: string
  /** `metadata.uid` of its controlling ClusterPushSecret; undefined when somebody else made it. */
  readonly ownerUid: string | undefined
}

/** What a ClusterPushSecret asks of the cluster. */
export interface FanOut {
  /** To be applied, one per namespace, in the order of their names. */
  readonly wanted: readonly JsonObject[]
  /** Ours, in namespaces that are no longer selected. */
  readonly surplus: readonly OwnedPushSecret[]
  /** Namespaces where the name is taken by a PushSecret that is not ours: it stays as it is. */
  readonly taken: readonly string[]
}

//  namespace     │ no such PushSecret │ ours     │ somebody else's
//  ──────────────┼────────────────────┼──────────┼─────────────────
//  selected      │ wanted             │ wanted   │ taken
//  not selected  │ –                  │ surplus  │ –

/** Namespaces × selectors → PushSecrets. `uid` is that of the ClusterPushSecret. */
export function fanOut(
  clusterPushSecret: ClusterPushSecret,
  uid: string,
  {
    namespaces,
    existing,
  }: {
    readonly namespaces: readonly LabelledNamespace[]
    readonly existing: readonly OwnedPushSecret[]
  },
): FanOut {
  const { pushSecretName, namespaceSelectors } = clusterPushSecret
  const selected = new Set(
    namespaces
      .filter(({ labels }) => namespaceSelectors.some((selector) => selects(selector, labels)))
      .map(({ name }) => name),
  )
  const foreign = new Set(
    existing
      .filter(({ name, ownerUid }) => name === pushSecretName && ownerUid !== uid)
      .map(({ namespace }) => namespace),
  )
  const names = [...selected].sort()
  return {
    wanted: names
      .filter((namespace) => !foreign.has(namespace))
      .map((namespace) => pushSecretFor(clusterPushSecret, namespace, uid)),
    // A name that was changed leaves the old PushSecrets behind: they are ours and no longer wanted either.
    surplus: existing.filter(
      ({ namespace, name, ownerUid }) =>
        ownerUid === uid && (!selected.has(namespace) || name !== pushSecretName),
    ),
    taken: names.filter((namespace) => foreign.has(namespace)),
  }
}

function pushSecretFor(of: ClusterPushSecret, namespace: string, uid: string): JsonObject {
  return {
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    metadata: {
      name: of.pushSecretName,
      namespace,
      labels: Object.fromEntries(of.labels),
      annotations: Object.fromEntries(of.annotations),
      ownerReferences: [
        {
          apiVersion: 'external-secrets.io/v1alpha1',
          kind: 'ClusterPushSecret',
          name: of.name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: of.spec,
  }
}
