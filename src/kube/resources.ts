import { KubeError, type ObjectRef } from './api.ts'

// Kind → where the REST API keeps it. A table, not discovery: two requests less per run, and a Role that allows one
// Secret by name allows no discovery either in hardened clusters. The plural of a kind never changes within a group.

/** Where objects of a kind are. */
export interface Resource {
  readonly plural: string
  readonly isNamespaced: boolean
}

const NAMESPACED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {
    ConfigMap: 'configmaps',
    Event: 'events',
    Pod: 'pods',
    Secret: 'secrets',
    Service: 'services',
    ServiceAccount: 'serviceaccounts',
  },
  apps: {
    DaemonSet: 'daemonsets',
    Deployment: 'deployments',
    ReplicaSet: 'replicasets',
    StatefulSet: 'statefulsets',
  },
  batch: { CronJob: 'cronjobs', Job: 'jobs' },
  'coordination.k8s.io': { Lease: 'leases' },
  'events.k8s.io': { Event: 'events' },
  'networking.k8s.io': { Ingress: 'ingresses', NetworkPolicy: 'networkpolicies' },
  'rbac.authorization.k8s.io': { Role: 'roles', RoleBinding: 'rolebindings' },
  'authorization.k8s.io': { LocalSubjectAccessReview: 'localsubjectaccessreviews' },
  'external-secrets.io': {
    ExternalSecret: 'externalsecrets',
    PushSecret: 'pushsecrets',
    SecretStore: 'secretstores',
  },
  'generators.external-secrets.io': {
    ACRAccessToken: 'acraccesstokens',
    CloudsmithAccessToken: 'cloudsmithaccesstokens',
    ECRAuthorizationToken: 'ecrauthorizationtokens',
    Fake: 'fakes',
    GCRAccessToken: 'gcraccesstokens',
    GithubAccessToken: 'githubaccesstokens',
    Grafana: 'grafanas',
    MFA: 'mfas',
    Password: 'passwords',
    QuayAccessToken: 'quayaccesstokens',
    SSHKey: 'sshkeys',
    STSSessionToken: 'stssessiontokens',
    UUID: 'uuids',
    VaultDynamicSecret: 'vaultdynamicsecrets',
    Webhook: 'webhooks',
  },
}

const CLUSTER_SCOPED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': { Namespace: 'namespaces', Node: 'nodes' },
  'apiextensions.k8s.io': { CustomResourceDefinition: 'customresourcedefinitions' },
  'authentication.k8s.io': { TokenReview: 'tokenreviews', SelfSubjectReview: 'selfsubjectreviews' },
  'authorization.k8s.io': {
    SelfSubjectAccessReview: 'selfsubjectaccessreviews',
    SubjectAccessReview: 'subjectaccessreviews',
  },
  'rbac.authorization.k8s.io': {
    ClusterRole: 'clusterroles',
    ClusterRoleBinding: 'clusterrolebindings',
  },
  'external-secrets.io': {
    ClusterExternalSecret: 'clusterexternalsecrets',
    ClusterPushSecret: 'clusterpushsecrets',
    ClusterSecretStore: 'clustersecretstores',
  },
  'generators.external-secrets.io': { ClusterGenerator: 'clustergenerators' },
}

/** The resource of a kind; undefined for kinds that waybill never touches. */
export function resourceOf(apiVersion: string, kind: string): Resource | undefined {
  const group = groupOf(apiVersion)
  for (const [table, isNamespaced] of [
    [NAMESPACED, true],
    [CLUSTER_SCOPED, false],
  ] as const) {
    const kinds = Object.hasOwn(table, group) ? table[group] : undefined
    const plural = kinds !== undefined && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    if (plural !== undefined) return { plural, isNamespaced }
  }
  return undefined
}

/** API group of an apiVersion, empty for the core group. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}

/** Path of a group and version. Trust: `..` would lead elsewhere, and some of these come from manifests. */
export function groupPath(apiVersion: string): string {
  if (!/^(?:[a-z0-9.-]+\/)?[a-z0-9]+$/.test(apiVersion) || apiVersion.includes('..')) {
    throw new KubeError('invalid', 0, 'an object has no legal apiVersion')
  }
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

/** Path of all objects of a kind; an empty namespace means every namespace. */
export function collectionPath(
  apiVersion: string,
  kind: string,
  namespace: string,
  resource: Resource | undefined = resourceOf(apiVersion, kind),
): string {
  if (resource === undefined) {
    throw new KubeError('invalid', 0, `${kind} of ${apiVersion} is not a kind that waybill knows`)
  }
  const root = groupPath(apiVersion)
  const scope =
    resource.isNamespaced && namespace !== '' ? `/namespaces/${segment(namespace, kind)}` : ''
  return `${root}${scope}/${resource.plural}`
}

/** Path of one object; `resource` is for kinds that the table does not have. */
export function objectPath(
  { apiVersion, kind, namespace, name }: ObjectRef,
  resource: Resource | undefined = resourceOf(apiVersion, kind),
): string {
  if (resource?.isNamespaced === true && namespace === '') {
    throw new KubeError('invalid', 0, `${kind}/${name} has no namespace`)
  }
  return `${collectionPath(apiVersion, kind, namespace, resource)}/${segment(name, kind)}`
}

/** Trust: names come from manifests; `..` or a slash would lead to another object than the one that was checked. */
function segment(name: string, kind: string): string {
  if (!/^[A-Za-z0-9](?:[-A-Za-z0-9._:]*[A-Za-z0-9])?$/.test(name) || name.length > 253) {
    throw new KubeError('invalid', 0, `${kind} has no legal name or namespace`)
  }
  return encodeURIComponent(name)
}

/** Only members that have a value; the order is that of the literal. */
export function queryOf(members: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`)
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}
