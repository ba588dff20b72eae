import type { SecretValue } from './secret-value.ts'

/** A Secret as it should be (`desired`) or is (`observed`). `data` holds decoded bytes. */
export interface Secret {
  readonly name: string
  readonly namespace: string
  /** Empty means: keep what is there, else Opaque (R67). */
  readonly type: string
  readonly data: ReadonlyMap<string, SecretValue>
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
  readonly finalizers: readonly string[]
  readonly immutable: boolean
}

/** `metadata.ownerReferences[]` in Kubernetes' words. */
export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller: boolean
}

/** What the API server knows beyond the content. */
export interface ObservedSecret extends Secret {
  readonly uid: string
  readonly resourceVersion: string
  readonly owners: readonly OwnerReference[]
  /** Data keys, labels and annotations that our field manager owns, from managedFields (R59). */
  readonly ownedKeys: ReadonlySet<string>
  readonly ownedLabels: ReadonlySet<string>
  readonly ownedAnnotations: ReadonlySet<string>
  /** Data keys that strangers own: an apply of ours cannot remove them. */
  readonly othersKeys: ReadonlySet<string>
  /**
   * What is ours by an earlier name or by a replace, as `data/<key>`, `labels/<key>`, `annotations/<key>`: an apply cannot
   * remove it either.
   */
  readonly residue: ReadonlySet<string>
}
