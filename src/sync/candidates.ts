import type { Node, SecretGraph } from '../graph/graph.ts'
import { formatPath } from '../manifests/document.ts'
import { decodeExternalSecret, type ExternalSecret } from '../model/external-secret.ts'
import { nameProblem } from '../model/names.ts'
import type { OutcomeError } from '../model/outcome.ts'
import type { Store, StoreKey } from '../model/store.ts'
import { withDefaults } from '../rules/defaults.ts'
import { violations } from '../rules/schema-check.ts'
import { schemaOf } from '../rules/schema-table.ts'
import type { Candidate } from './simulation.ts'

/**
 * The ExternalSecrets of a graph as an API server would store them: defaults filled in, namespace known. One that the API
 * server would refuse gets its errors and is not tried; the others are.
 */
export function candidatesOf(graph: SecretGraph): readonly Candidate[] {
  return graph.externalSecrets.map((node) => candidateOf(node, graph.defaultNamespace))
}

function candidateOf(
  { document: { object } }: Node<ExternalSecret>,
  defaultNamespace: string,
): Candidate {
  const externalSecret = decodeExternalSecret(withDefaults(object))
  const namespace = externalSecret.namespace || defaultNamespace
  const schema = schemaOf(object)
  const errors: OutcomeError[] = []
  const problem = nameProblem('dns1123-subdomain', externalSecret.name)
  if (problem !== undefined) errors.push(invalid('metadata.name', problem))
  for (const { path, message } of schema === undefined ? [] : violations(object, schema, [])) {
    errors.push(invalid(formatPath(path), message))
  }
  return { externalSecret: { ...externalSecret, namespace, object }, errors }
}

/** An ExternalSecret that cannot be run at all, before anything is read. */
function invalid(field: string, message: string): OutcomeError {
  return { code: 'InvalidSpec', field, message }
}

/** The stores that the input itself declares, with their namespace filled in. */
export function declaredStores(graph: SecretGraph): ReadonlyMap<StoreKey, Store> {
  return new Map(
    [...graph.stores].map(([key, { resource }]) => {
      const isNamespaced = resource.kind === 'SecretStore'
      const namespace = isNamespaced ? resource.namespace || graph.defaultNamespace : ''
      return [key, { ...resource, namespace }]
    }),
  )
}
