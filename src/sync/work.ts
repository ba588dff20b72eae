import { buildGraph, type SecretGraph } from '../graph/graph.ts'
import { decodeBundle, type ReadBundle, readAnchor } from '../handoff/bundle.ts'
import { bundleName } from '../handoff/names.ts'
import { type KubeApi, KubeError } from '../kube/api.ts'
import type { Document } from '../manifests/document.ts'
import type { JsonObject } from '../model/json.ts'
import type { OutcomeError } from '../model/outcome.ts'
import type { OwnerReference } from '../model/secret.ts'
import type { Store, StoreKey } from '../model/store.ts'
import { candidatesOf, declaredStores, type PushCandidate, pushCandidatesOf } from './candidates.ts'
import { declaredGenerators } from './generators.ts'
import type { Candidate } from './simulation.ts'
import { anchorReference } from './status.ts'

// What a run has to do: ExternalSecrets from the command line, or the bundle of an app in one namespace.

/** What a run has to do, and where it came from. */
export interface Work {
  readonly candidates: readonly Candidate[]
  /** Only the human's own: a bundle holds none, and nothing is pushed on anybody's behalf. */
  readonly pushSecrets: readonly PushCandidate[]
  /** Stores that the input declares; a bundle declares none (MT-3). */
  readonly stores: ReadonlyMap<StoreKey, Store>
  /** Generators that the input declares, by `objectKey`. */
  readonly generators: ReadonlyMap<string, JsonObject>
  /** Undefined for files without `--app`. */
  readonly app: string | undefined
  readonly anchor: OwnerReference | undefined
  /** Whether this is all that the app has here: only then can something be missing. */
  readonly isComplete: boolean
  /** Shards of the bundle, 1 without one. */
  readonly parts: number
  readonly storeNamespace: string
  /** Half of it is the margin within which something counts as due. */
  readonly periodSeconds: number
  /** Its author wants Secrets gone that nothing asks for any more, whatever whoever syncs says. */
  readonly prunes: boolean
  /** Entries that may not be acted on, by subject. */
  readonly refused: readonly { readonly subject: string; readonly error: OutcomeError }[]
}

/** No run is possible; everything stays as it is. */
export class WorkUnusable extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'WorkUnusable'
  }
  override readonly name = 'WorkUnusable'
  readonly hint: string | undefined
  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

/** Work from objects that a human gave with their own rights. With an app its anchor, if there is one, owns the Secrets. */
export async function workOfGraph(
  graph: SecretGraph,
  settings: {
    readonly app: string | undefined
    readonly namespace: string
    readonly storeNamespace: string
    readonly kube: KubeApi | undefined
  },
): Promise<Work> {
  const { app, namespace, storeNamespace, kube } = settings
  const anchor =
    app === undefined || kube === undefined ? undefined : await getAnchor(kube, namespace, app)
  return {
    candidates: candidatesOf(graph),
    pushSecrets: pushCandidatesOf(graph),
    stores: declaredStores(graph),
    generators: declaredGenerators(graph),
    app,
    anchor: anchor && anchorReference(anchor),
    isComplete: false,
    parts: anchor === undefined ? 1 : shardCount(anchor),
    storeNamespace,
    periodSeconds: 0,
    prunes: false,
    refused: [],
  }
}

function shardCount(anchor: JsonObject): number {
  const head = readAnchor(anchor)
  return head.outcome === 'read' ? Math.max(1, head.shardNames.length) : 1
}

/** The bundle's first ConfigMap, which names the others. */
function getAnchor(kube: KubeApi, namespace: string, app: string): Promise<JsonObject | undefined> {
  return kube.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: bundleName(app) })
}

/** Work from the ConfigMaps of an app. Throws WorkUnusable for a set that is absent, torn or of a newer version. */
export async function workOfBundle(
  kube: KubeApi,
  {
    app,
    namespace,
    storeNamespace,
  }: {
    readonly app: string
    readonly namespace: string
    readonly storeNamespace: string
  },
): Promise<Work> {
  const anchor = await getAnchor(kube, namespace, app)
  if (anchor === undefined) {
    throw new WorkUnusable(
      `ConfigMap ${bundleName(app)} is not in namespace ${namespace}`,
      'apply what waybill generate emits, and check --app and --namespace',
    )
  }
  const head = readAnchor(anchor)
  if (head.outcome === 'unusable') throw new WorkUnusable(head.message)
  if (head.app !== app) {
    throw new WorkUnusable(`ConfigMap ${bundleName(app)} is the bundle of another app`)
  }
  const shards = await Promise.all(
    head.shardNames.map((name) =>
      kube.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name }),
    ),
  )
  const bundle = decodeBundle(
    anchor,
    shards.filter((shard) => shard !== undefined),
  )
  if (bundle.outcome === 'unusable') {
    throw new WorkUnusable(bundle.message, 'nothing was changed; the next run reads it again')
  }
  return workOfDecoded(anchor, bundle, storeNamespace)
}

/** Work from a bundle that has been read; nobody but the caller says where ClusterSecretStores are. */
export function workOfDecoded(
  anchor: JsonObject,
  bundle: ReadBundle,
  storeNamespace: string,
): Work {
  const graph = buildGraph(bundle.objects.map(bundled), bundle.namespace)
  return {
    candidates: candidatesOf(graph),
    pushSecrets: [],
    stores: new Map(),
    generators: declaredGenerators(graph),
    app: bundle.app,
    anchor: anchorReference(anchor),
    isComplete: true,
    parts: bundle.shardNames.length,
    // Trust: not the bundle's own word for it. Whoever may write the anchor would say their own namespace, and a
    // ClusterSecretStore that they publish there would read as far as the rights of whoever runs this (MT-3).
    storeNamespace,
    periodSeconds: bundle.periodSeconds ?? 0,
    prunes: bundle.prunes,
    refused: bundle.refused.map(({ subject, message }) => ({
      subject,
      error: { code: 'Refused', field: '', message },
    })),
  }
}

/** Objects of a bundle have lost their place in a file. */
function bundled(object: JsonObject): Document {
  const at = { file: 'bundle', line: 1, column: 1 }
  return { object, at, locate: () => at, line: () => undefined }
}

/** Whether an error is the cluster's: then no ExternalSecret could be judged. */
export function isClusterFailure(error: unknown): error is KubeError {
  return error instanceof KubeError
}
