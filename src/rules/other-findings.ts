import type { Severity } from '../model/finding.ts'

/** A finding that no rule of the list yields: reading and hand-off have their own. */
export interface OtherFinding {
  readonly id: string
  readonly severity: Severity
  readonly summary: string
  readonly why: string
}

/** So that `waybill explain` knows every id that a report may show. A test looks for ids without a page. */
export const OTHER_FINDINGS: readonly OtherFinding[] = [
  {
    id: 'unreadable-input',
    severity: 'error',
    summary: 'every path that is named can be read',
    why: `A missing file, a directory without permission, or a symlink that leads out of the directory it was found in. The
other inputs are judged all the same, and the command ends with exit code 3: what was not read must not pass as checked.`,
  },
  {
    id: 'input-encoding',
    severity: 'error',
    summary: 'inputs are UTF-8 text',
    why: `UTF-16, UTF-32 and NUL bytes are refused. Save the file as UTF-8.`,
  },
  {
    id: 'input-too-large',
    severity: 'error',
    summary: 'inputs stay within the limits',
    why: `An input may have 128 MiB and a million documents, one document 32 MiB. More is a mistake, or an attack on whoever
renders it.`,
  },
  {
    id: 'yaml-syntax',
    severity: 'error',
    summary: 'documents are YAML that kubectl and Argo CD read',
    why: `A document that cannot be parsed is never applied by anybody. The other documents of the stream are judged all the
same.`,
  },
  {
    id: 'yaml-duplicate-key',
    severity: 'error',
    summary: 'a mapping names each key once',
    why: `kubectl takes the last one, kustomize refuses both, and a reader of the file sees the first.`,
  },
  {
    id: 'yaml-ambiguous',
    severity: 'error',
    summary: 'documents mean the same to every tool',
    why: `Some spellings are read differently by kubectl, kustomize and Helm, or drop a part of the document without a word.`,
  },
  {
    id: 'yaml-too-deep',
    severity: 'error',
    summary: 'documents are nested at most 128 levels deep',
    why: `No manifest needs more; parsers of other tools crash on it.`,
  },
  {
    id: 'yaml-alias-bomb',
    severity: 'error',
    summary: 'aliases do not multiply a document',
    why: `Aliases of aliases grow a few lines into gigabytes. The API server refuses such a document as well.`,
  },
  {
    id: 'not-handed-off',
    severity: 'warning',
    summary: 'objects that the hand-off cannot stand for are left to a controller',
    why: `ClusterExternalSecret, PushSecret and the like need a controller that watches their CRDs. They pass through the render
as they are. A PushSecret writes to a provider, which a sync job never does: \`waybill sync -f\` pushes it by hand or from CI.`,
  },
  {
    id: 'handoff-namespace',
    severity: 'error',
    summary: 'the sync job knows its namespace',
    why: `Objects without \`metadata.namespace\` go to the destination of the Application, which Argo CD passes in
\`ARGOCD_APP_NAMESPACE\`. Elsewhere \`--namespace\` says it.`,
  },
  {
    id: 'handoff-large',
    severity: 'warning',
    summary: 'the references of a namespace fit a few ConfigMaps',
    why: `Every render writes all of them and every run reads all of them. Splitting the Application keeps both short.`,
  },
  {
    id: 'handoff-too-large',
    severity: 'error',
    summary: 'each object fits a ConfigMap',
    why: `A ConfigMap holds 1 MiB. What makes an ExternalSecret that large is nearly always a template: keep it in a ConfigMap of
its own and name it in \`templateFrom\`.`,
  },
  {
    id: 'handoff-wave',
    severity: 'warning',
    summary: 'what the sync job needs is applied before the first workload that needs its Secrets',
    why: `The job runs one wave before the first consumer. An object that it needs and that comes in that wave or later makes the
consumer start without its Secret on the first sync.`,
  },
  {
    id: 'consumer-before-sync',
    severity: 'warning',
    summary: 'no PreSync hook needs a Secret that the sync job makes',
    why: `PreSync hooks run before the Sync phase, in which the job makes the Secrets: on the first sync the Secret is not there
yet. Make it a Sync hook with a later wave.`,
  },
  {
    id: 'store-identity-granted',
    severity: 'info',
    summary: 'a render says whom it lets act as the identity of its ClusterSecretStores',
    why: `A sync job that reads through a ClusterSecretStore needs to mint tokens of its ServiceAccount, so whoever runs a pod as
that job can act as the store. Between tenants who do not trust each other use \`--handoff=controller\`.`,
  },
  {
    id: 'store-policy',
    severity: 'error',
    summary: 'nothing is read that the administrator does not allow',
    why: `A run refuses what the policy of \`--store-policy\`, or of ConfigMap \`waybill-policy\`, does not list: a provider, a
remote key, a generator, or with \`requireStoreConditions\` a ClusterSecretStore that does not say who may use it.`,
  },
  {
    id: 'store-needs-grant',
    severity: 'warning',
    summary: 'the publisher of a ClusterSecretStore lets this application use it',
    why: `A consumer may not grant itself the use of somebody else's store: its publisher does, with \`--grant-store\` or with the
RoleBinding in the hint. Without it the run ends as Forbidden.`,
  },
]
