import { ESO_GROUP, type ExternalSecret } from '../model/external-secret.ts'
import { compareBytes, dig, isArray, type JsonObject, member, text } from '../model/json.ts'
import type { Store } from '../model/store.ts'
import {
  type AllowedTarget,
  allowedOf,
  kindOf,
  pluralOf,
  refusalOfTarget,
} from '../model/target-kind.ts'
import { SHARDS_MAX } from './bundle.ts'
import { generatorReads, type IdentityRead, identityReads } from './identity.ts'
import { bundleName, shardName, statusName, storeConfigMapName } from './names.ts'

// The rights of a run, derived from its references: one rule per set of names that share verbs, always with resourceNames.
// `create` can be limited by name because a missing object is made by a server-side apply, which the API server authorises
// with the object's name. Nothing here lists or watches, so a stolen token opens what the manifests name and no more.

/** One rule of a Role, in the order of Kubernetes' fields. */
export interface PolicyRule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames: readonly string[]
}

/** A ServiceAccount that gets a Role; no users and no groups. */
export interface Subject {
  readonly namespace: string
  /** ServiceAccount. */
  readonly name: string
}

/** What one run touches in its own namespace. */
export interface RunNeeds {
  readonly app: string
  readonly namespace: string
  readonly externalSecrets: readonly ExternalSecret[]
  readonly generators: readonly JsonObject[]
  /** Of the bundle. */
  readonly shards: number
  /** Whether runs delete Secrets that have lost their ExternalSecret: nobody knows their names here. */
  readonly prunes: boolean
  /** Kinds besides Secret that runs may write. */
  readonly targets: readonly AllowedTarget[]
  /** Stores of this render that these ExternalSecrets refer to. */
  readonly stores: readonly Store[]
  /** SecretStores that live elsewhere, by name. */
  readonly absentStores: readonly string[]
  /** Whether a ClusterSecretStore that is used may choose namespaces by their labels. */
  readonly isNamespaceRead: boolean
}

/** Rules of the Role `waybill-<app>` in the namespace of the run. */
export function runRules(needs: RunNeeds): readonly PolicyRule[] {
  const reads = ownReads(needs)
  const stores = needs.stores.filter(({ kind }) => kind === 'SecretStore').map(({ name }) => name)
  const storeMaps = [...stores, ...needs.absentStores].map((name) =>
    storeConfigMapName('SecretStore', name),
  )
  const rules = [
    rule(
      '',
      'configmaps',
      ['get'],
      [...bundleNames(needs), ...storeMaps, ...namesOf(reads, 'configmap')],
    ),
    rule('', 'configmaps', ['get', 'create', 'patch'], statusNames(needs)),
    ...targetRules(needs),
    rule('', 'secrets', ['get'], namesOf(reads, 'secret')),
    ...identityRules(reads),
    // A store without a ConfigMap may still be a custom resource, if the CRDs exist.
    rule(ESO_GROUP, 'secretstores', ['get'], needs.absentStores),
    rule('', 'namespaces', ['get'], needs.isNamespaceRead ? [needs.namespace] : []),
  ]
  const events = { apiGroups: [''], resources: ['events'], verbs: ['create'], resourceNames: [] }
  const prunable = [{ group: '', plural: 'secrets' }, ...prunableKinds(needs)]
  const anywhere = prunable.map(({ group, plural }) => ({
    apiGroups: [group],
    resources: [plural],
    verbs: ['get', 'delete'],
    resourceNames: [],
  }))
  return [
    ...rules.filter(({ resourceNames }) => resourceNames.length > 0),
    ...(needs.prunes ? anywhere : []),
    events,
  ]
}

/** Anchor and shards. */
function bundleNames({ app, shards }: RunNeeds): readonly string[] {
  return [bundleName(app), ...Array.from({ length: shards }, (_, index) => shardName(app, index))]
}

/** As many parts again as there are shards: a bundle that has shrunk has left its memory there. */
function statusNames({ app, shards }: RunNeeds): readonly string[] {
  const parts = Math.min(2 * Math.max(1, shards), SHARDS_MAX)
  return Array.from({ length: parts }, (_, part) => statusName(app, part))
}

function ownReads({
  namespace,
  externalSecrets,
  generators,
  stores,
}: RunNeeds): readonly IdentityRead[] {
  const reads = [
    ...stores.flatMap(identityReads),
    ...generators.flatMap((generator) => generatorReads(generator, namespace)),
    ...externalSecrets.flatMap((externalSecret) => templateReads(externalSecret, namespace)),
  ]
  // A ClusterSecretStore that names no namespace means the ExternalSecret's own.
  return reads.filter((read) => read.namespace === '' || read.namespace === namespace)
}

/** `templateFrom` reads Secrets and ConfigMaps beside the ExternalSecret. */
function templateReads({ target }: ExternalSecret, namespace: string): readonly IdentityRead[] {
  const sources = member(target.template, 'templateFrom')
  const reads: IdentityRead[] = []
  for (const source of isArray(sources) ? sources : []) {
    const secret = text(dig(source, 'secret', 'name'))
    const configMap = text(dig(source, 'configMap', 'name'))
    if (secret) reads.push({ verb: 'secret', namespace, name: secret })
    if (configMap) reads.push({ verb: 'configmap', namespace, name: configMap })
  }
  return reads
}

// creationPolicy   writes
// ───────────────  ─────────────────────────────────────────────────────────────────────────────────
// Owner, Orphan    apply; replace (update) where keys that others added have to go
// CreateOrMerge    apply; replace where what an earlier policy wrote has to go
// Merge            the same to what is there, never create
// None             nothing
// Only what Owner made is ever deleted: deletionPolicy Delete adds delete to it and is refused elsewhere.
function targetVerbs({ target }: ExternalSecret): readonly string[] {
  const deletes = target.deletionPolicy === 'Delete' ? ['delete'] : []
  switch (target.creationPolicy) {
    case 'Owner':
      return ['get', 'create', 'patch', 'update', ...deletes]
    case 'Orphan':
    case 'CreateOrMerge':
      return ['get', 'create', 'patch', 'update']
    case 'Merge':
      return ['get', 'patch', 'update']
    case 'None':
      return []
  }
}

function targetRules({ externalSecrets, targets }: RunNeeds): readonly PolicyRule[] {
  const rights = new Map<string, Right>()
  for (const externalSecret of externalSecrets) {
    const { target } = externalSecret
    const verbs = targetVerbs(externalSecret).join(',')
    const resource = resourceOf(externalSecret, targets)
    if (verbs === '' || resource === undefined || target.name === '') continue
    const key = [resource.group, resource.plural, verbs].join(' ')
    const names = [...(rights.get(key)?.names ?? []), target.name]
    rights.set(key, { ...resource, verbs, names })
  }
  return [...rights]
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([, { group, plural, verbs, names }]) => rule(group, plural, verbs.split(','), names))
}

interface Right {
  readonly group: string
  readonly plural: string
  readonly verbs: string
  readonly names: readonly string[]
}

/** Undefined for what the administrator's list does not have: no right follows from a reference. */
function resourceOf(
  externalSecret: ExternalSecret,
  targets: readonly AllowedTarget[],
): Pick<Right, 'group' | 'plural'> | undefined {
  const { manifest } = externalSecret.target
  if (manifest === undefined) return { group: '', plural: 'secrets' }
  if (refusalOfTarget(externalSecret, targets) !== undefined) return undefined
  const allowed = allowedOf(targets, kindOf(manifest))
  return allowed && { group: allowed.group, plural: pluralOf(allowed) }
}

/** Only of kinds that this render names; what an earlier one named is told of, and stays. */
function prunableKinds({
  externalSecrets,
  targets,
}: RunNeeds): readonly Pick<Right, 'group' | 'plural'>[] {
  const used = targets.filter((allowed) =>
    externalSecrets.some(
      ({ target }) => target.manifest && allowedOf([allowed], kindOf(target.manifest)),
    ),
  )
  return used.map((allowed) => ({ group: allowed.group, plural: pluralOf(allowed) }))
}

function identityRules(reads: readonly IdentityRead[]): readonly PolicyRule[] {
  return [
    rule('', 'serviceaccounts/token', ['create'], namesOf(reads, 'token')),
    rule('', 'serviceaccounts', ['get'], namesOf(reads, 'annotations')),
  ]
}

/**
 * Rules of the Role `waybill-clusterstore-<store>`, by namespace: whoever is bound to it can act as the store's identity.
 * Reads in the ExternalSecret's own namespace are the reader's own business.
 */
export function clusterStoreRules(
  store: Store,
  storeNamespace: string,
): ReadonlyMap<string, readonly PolicyRule[]> {
  const reads = identityReads(store).filter(({ namespace }) => namespace !== '')
  const namespaces = new Set([storeNamespace, ...reads.map(({ namespace }) => namespace)])
  const rules = new Map<string, readonly PolicyRule[]>()
  for (const namespace of [...namespaces].sort(compareBytes)) {
    const here = reads.filter((read) => read.namespace === namespace)
    const home =
      namespace === storeNamespace ? [storeConfigMapName('ClusterSecretStore', store.name)] : []
    const all = [
      rule('', 'configmaps', ['get'], [...home, ...namesOf(here, 'configmap')]),
      rule('', 'secrets', ['get'], namesOf(here, 'secret')),
      ...identityRules(here),
    ]
    rules.set(
      namespace,
      all.filter(({ resourceNames }) => resourceNames.length > 0),
    )
  }
  return rules
}

function rule(
  group: string,
  resource: string,
  verbs: readonly string[],
  names: readonly string[],
): PolicyRule {
  return {
    apiGroups: [group],
    resources: [resource],
    verbs,
    resourceNames: [...new Set(names)].sort(compareBytes),
  }
}

function namesOf(reads: readonly IdentityRead[], verb: IdentityRead['verb']): readonly string[] {
  return reads.filter((read) => read.verb === verb).map(({ name }) => name)
}

const RBAC = 'rbac.authorization.k8s.io'

/** The identity of one app's runs in one namespace. */
export function serviceAccount(app: string, namespace: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: inNamespace(bundleName(app), namespace),
    // The pod asks for its token itself; nothing else that runs with this account gets one unasked.
    automountServiceAccountToken: false,
  }
}

/** Rules with `resourceNames` wherever names are known: a run may touch its own objects only. */
export function role(name: string, namespace: string, rules: readonly PolicyRule[]): JsonObject {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'Role',
    metadata: inNamespace(name, namespace),
    rules: rules.map(({ resourceNames, ...rest }) =>
      resourceNames.length === 0 ? { ...rest } : { ...rest, resourceNames },
    ),
  }
}

/** Binds ServiceAccounts to the Role `roleName` of the same namespace. */
export function roleBinding(
  name: string,
  namespace: string,
  { roleName, subjects }: { readonly roleName: string; readonly subjects: readonly Subject[] },
): JsonObject {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: inNamespace(name, namespace),
    roleRef: { apiGroup: RBAC, kind: 'Role', name: roleName },
    subjects: subjects.map((subject) => ({
      kind: 'ServiceAccount',
      name: subject.name,
      ...(subject.namespace === '' ? {} : { namespace: subject.namespace }),
    })),
  }
}

function inNamespace(name: string, namespace: string): JsonObject {
  return namespace === '' ? { name } : { name, namespace }
}
