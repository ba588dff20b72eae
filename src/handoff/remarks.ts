import { type Node, objectKey, type SecretGraph } from '../graph/graph.ts'
import type { Finding } from '../model/finding.ts'
import { type JsonObject, member, text } from '../model/json.ts'
import { isBundled, isClusterGenerator } from './bundle.ts'
import { type Cargo, clusterGeneratorsNamed } from './cargo.ts'

// What a hand-off has to say about its input.

/** Whether the hand-off stands for this object of the graph, so that it leaves the render. */
export function isHandedOff(object: JsonObject, graph: SecretGraph): boolean {
  const kind = member(object, 'kind')
  if (kind === 'SecretStore' || kind === 'ClusterSecretStore') return true
  // One that nobody here names may be meant for other applications, whose ExternalSecrets a controller serves.
  if (isClusterGenerator(object)) {
    const key = objectKey(object, graph.defaultNamespace)
    return clusterGeneratorsNamed(graph.externalSecrets).has(key)
  }
  return isBundled(object)
}

/** A job reads, and writes Secrets: what writes to a provider is nothing that a render may start. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['PushSecret', 'push it with waybill sync -f, or install such a controller'],
  ['ClusterPushSecret', 'install such a controller, or write a PushSecret per namespace'],
])

/** Objects of ESO that stay in the render. */
export function* passedThrough(graph: SecretGraph): Generator<Finding> {
  for (const node of graph.others) {
    if (isHandedOff(node.resource, graph)) continue
    const kind = text(member(node.resource, 'kind')) ?? ''
    const isUnused = isClusterGenerator(node.resource)
    yield {
      ...aboutNode(node),
      rule: 'not-handed-off',
      severity: 'warning',
      message: isUnused
        ? 'no ExternalSecret of this render names this ClusterGenerator: it passes through as it is and needs its CRD'
        : `${kind} is not handed off: it passes through as it is and needs a controller that watches its CRD`,
      hint: isUnused
        ? 'name it from an ExternalSecret here, or leave it out: a bundle carries what its own ExternalSecrets name'
        : (HINTS.get(kind) ?? 'install such a controller, or leave the object out'),
    }
  }
}

function aboutNode(node: Node<unknown>): Pick<Finding, 'at' | 'subject' | 'field'> {
  return { at: node.document.at, subject: node.key, field: undefined }
}

function aboutCargo({
  externalSecrets,
  generators,
}: Cargo): Pick<Finding, 'at' | 'subject' | 'field'> {
  const node = externalSecrets[0] ?? generators[0]
  if (node === undefined) throw new Error('a cargo without objects')
  return aboutNode(node)
}

/** An error: without the object the bundle would be incomplete. */
export function tooLarge(cargo: Cargo, { message }: { readonly message: string }): Finding {
  return {
    ...aboutCargo(cargo),
    rule: 'handoff-too-large',
    severity: 'error',
    message,
    hint: 'split the application, or take what is large out of the ExternalSecrets, such as templates',
  }
}

/** A warning: it works, and every run pays for it. */
export function manyShards(cargo: Cargo, shards: number): Finding {
  return {
    ...aboutCargo(cargo),
    rule: 'handoff-large',
    severity: 'warning',
    message: `the references of namespace ${cargo.namespace} fill ${shards} ConfigMaps`,
    hint: 'split the application: every render and every run reads them all',
  }
}

/** An error: a hand-off without namespace would land wherever Argo CD applies it. */
export function namespaceUnknown(cargo: Cargo): Finding {
  return {
    ...aboutCargo(cargo),
    rule: 'handoff-namespace',
    severity: 'error',
    message: 'no namespace is named: the sync job needs one to run in',
    hint: 'give --namespace, or metadata.namespace; Argo CD passes the destination in ARGOCD_APP_NAMESPACE',
  }
}
