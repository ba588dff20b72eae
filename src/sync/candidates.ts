import { isEsoObject, type Node, type SecretGraph } from '../graph/graph.ts'
import { formatPath } from '../manifests/document.ts'
import { decodeExternalSecret, type ExternalSecret } from '../model/external-secret.ts'
import { type JsonObject, member } from '../model/json.ts'
import { nameProblem } from '../model/names.ts'
import type { OutcomeError } from '../model/outcome.ts'
import { decodePushSecret, type PushSecret } from '../model/push-secret.ts'
import type { Store, StoreKey } from '../model/store.ts'
import { type AllowedTarget, allowTarget } from '../model/target-kind.ts'
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
  const errors = admissionErrors(object, externalSecret.name)
  return { externalSecret: { ...externalSecret, namespace, object }, errors }
}

/** With what its manifest names, if the administrator's list has it; else with an error. */
export function withTarget(candidate: Candidate, allowed: readonly AllowedTarget[]): Candidate {
  const { externalSecret, errors } = allowTarget(candidate.externalSecret, allowed)
  return { externalSecret, errors: [...candidate.errors, ...errors] }
}

/** Why an API server would refuse the object; none for kinds without a schema. */
function admissionErrors(object: JsonObject, name: string): readonly OutcomeError[] {
  const schema = schemaOf(object)
  const problem = nameProblem('dns1123-subdomain', name)
  const found = schema === undefined ? [] : [...violations(object, schema, [])]
  return [
    ...(problem === undefined ? [] : [invalid('metadata.name', problem)]),
    ...found.map(({ path, message }) => invalid(formatPath(path), message)),
  ]
}

/** A PushSecret that is to be pushed, and what is wrong with it already. */
export interface PushCandidate {
  readonly pushSecret: PushSecret
  readonly errors: readonly OutcomeError[]
}

/** The PushSecrets of a graph, in the same way. */
export function pushCandidatesOf({
  others,
  defaultNamespace,
}: SecretGraph): readonly PushCandidate[] {
  return others.flatMap(({ resource: object }) => {
    if (member(object, 'kind') !== 'PushSecret' || !isEsoObject(object)) return []
    const pushSecret = decodePushSecret(withDefaults(object))
    const namespace = pushSecret.namespace || defaultNamespace
    const errors = admissionErrors(object, pushSecret.name)
    return [{ pushSecret: { ...pushSecret, namespace, object }, errors }]
  })
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
