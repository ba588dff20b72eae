import { readFileSync } from 'node:fs'
import { loadAll } from 'js-yaml'
import { isArray, isObject, type JsonObject } from '../../../../src/model/json.ts'
import type { KubeServer } from '../../../servers/kube.ts'

// The rights that plugin/controller installs, and what is left of them when one is taken away.

export const HOME = 'waybill-system'
export const ACCOUNT = 'waybill-controller'

/** A verb on one resource, wherever the Roles grant it: some are granted twice. */
export interface Right {
  readonly verb: string
  readonly group: string
  readonly resource: string
}

/** The ServiceAccount, its Roles and bindings, in the namespace that kustomize puts them into. */
export function installedObjects(): readonly JsonObject[] {
  const texts = ['rbac.yaml', 'rbac-objects.yaml'].map((name) =>
    readFileSync(`plugin/controller/${name}`, 'utf8'),
  )
  return texts.flatMap((text) => loadAll(text) as readonly JsonObject[]).map(atHome)
}

function atHome(object: JsonObject): JsonObject {
  const metadata = isObject(object.metadata) ? object.metadata : {}
  const isOfCluster = String(object.kind).startsWith('Cluster')
  return { ...object, metadata: { ...metadata, ...(!isOfCluster && { namespace: HOME }) } }
}

/** Every right of these Roles once. */
export function rightsOf(objects: readonly JsonObject[]): readonly Right[] {
  const rights = new Map<string, Right>()
  for (const rule of rolesIn(objects).flatMap(rulesOf)) {
    for (const [group, resource] of product(rule.apiGroups, rule.resources)) {
      for (const verb of words(rule.verbs)) {
        rights.set(rightWords({ verb, group, resource }), { verb, group, resource })
      }
    }
  }
  return [...rights.values()]
}

export const rightWords = ({ verb, group, resource }: Right): string =>
  `${verb} ${resource}${group === '' ? '' : `.${group}`}`

export function rolesIn(objects: readonly JsonObject[]): readonly JsonObject[] {
  return objects.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
}

/** The Roles without them; those that hold none of them stay out. */
export function rolesWithout(
  objects: readonly JsonObject[],
  ...rights: readonly Right[]
): readonly { readonly whole: JsonObject; readonly less: JsonObject }[] {
  return rolesIn(objects)
    .map((whole) => {
      const rules = rights.reduce((left, right) => left.flatMap(less(right)), rulesOf(whole))
      return { whole, less: { ...whole, rules: [...rules] } }
    })
    .filter(({ whole, less }) => JSON.stringify(whole.rules) !== JSON.stringify(less.rules))
}

/** The same Roles and their bindings for another ServiceAccount, without some rights. */
export function rolesFor(
  account: string,
  objects: readonly JsonObject[],
  ...rights: readonly Right[]
): readonly JsonObject[] {
  return rolesIn(objects).flatMap((role) => {
    const metadata = role.metadata as JsonObject
    const named = { ...metadata, name: `${metadata.name}-${account}` }
    const rules = rights.reduce((left, right) => left.flatMap(less(right)), rulesOf(role))
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: `${role.kind}Binding`,
      metadata: named,
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: String(role.kind),
        name: named.name,
      },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace: HOME }],
    }
    return [{ ...role, metadata: named, rules: [...rules] }, binding]
  })
}

/** Takes rights from the installed controller, on a running API server of the tests. */
export function takeRight(
  { server }: { readonly server: Pick<KubeServer, 'remove' | 'seed'> },
  ...rights: readonly Right[]
): { readonly giveBack: () => void } {
  const roles = rolesWithout(installedObjects(), ...rights)
  const put = (role: JsonObject): void => {
    const { name = '', namespace = '' } = role.metadata as Readonly<Record<string, string>>
    server.remove(String(role.kind), namespace, name)
    server.seed(role)
  }
  for (const { less } of roles) put(less)
  return {
    giveBack: () => {
      for (const { whole } of roles) put(whole)
    },
  }
}

/** One rule becomes two where it grants the verb on other resources as well. */
const less =
  ({ verb, group, resource }: Right) =>
  (rule: JsonObject): readonly JsonObject[] => {
    const isIn = [rule.apiGroups, rule.resources, rule.verbs].map(words)
    if (![group, resource, verb].every((word, at) => isIn[at]?.includes(word))) return [rule]
    const resources = words(rule.resources).filter((other) => other !== resource)
    const verbs = words(rule.verbs).filter((other) => other !== verb)
    const split: readonly JsonObject[] = [
      { ...rule, resources },
      { ...rule, resources: [resource], verbs },
    ]
    return split.filter((left) => words(left.resources).length > 0 && words(left.verbs).length > 0)
  }

function rulesOf(role: JsonObject): readonly JsonObject[] {
  return isArray(role.rules) ? role.rules.filter(isObject) : []
}

function words(value: unknown): readonly string[] {
  return isArray(value as JsonObject) ? (value as readonly string[]) : []
}

function product(groups: unknown, resources: unknown): readonly (readonly [string, string])[] {
  return words(groups).flatMap((group) =>
    words(resources).map((resource) => [group, resource] as const),
  )
}
