// Table: all options in one list, so that each is described once. `--help`, the argument parsers, `plugin.yaml` parameters and
// the docs tables are generated from it and from `commands.ts`.

import type { CommandName } from './commands.ts'

/** An option wherever it can be set: command line, parameters, environment. */
export interface OptionSpec {
  readonly name: string
  readonly short?: string
  /** `list` may be repeated or hold commas; `flag` takes no value. */
  readonly form: 'flag' | 'text' | 'list'
  readonly choices?: readonly string[]
  /** Shown in help; the command reads it as the value when the option is absent. */
  readonly fallback?: string
  /** Placeholder in help, e.g. `FILE`. */
  readonly operand?: string
  readonly describe: string
  readonly commands: readonly CommandName[]
  /** Announced in plugin.yaml and settable as a parameter of an Argo CD Application. */
  readonly parameter?: boolean
  /** Trust: nobody else may set it, neither by a parameter nor by a function configuration. */
  readonly isOperators?: boolean
}

const RENDER: readonly CommandName[] = ['generate', 'fn']
const CHECKING: readonly CommandName[] = ['generate', 'fn', 'validate']
const VALUES: readonly CommandName[] = ['simulate', 'template', 'sync']

/**
 * Trust: `parameter: true` lets a tenant's repository set the option, so each of those is harmless
 * or checked by origin.
 */
export const OPTIONS: readonly OptionSpec[] = [
  {
    name: 'handoff',
    form: 'text',
    choices: ['job', 'controller', 'crd', 'none'],
    fallback: 'job',
    describe: 'how references reach the cluster',
    commands: RENDER,
    parameter: true,
  },
  {
    name: 'app',
    form: 'text',
    operand: 'NAME',
    describe: 'name of the bundle; default ARGOCD_APP_NAME, else the directory',
    commands: ['generate', 'fn', 'sync', 'status'],
  },
  {
    name: 'namespace',
    short: 'n',
    form: 'text',
    operand: 'NAMESPACE',
    describe: 'namespace of objects that name none; default ARGOCD_APP_NAMESPACE',
    commands: ['generate', 'fn', 'validate', 'simulate', 'template', 'sync', 'status'],
  },
  {
    name: 'all-namespaces',
    short: 'A',
    form: 'flag',
    describe: 'every namespace',
    commands: ['status'],
  },
  {
    name: 'namespace',
    short: 'n',
    form: 'text',
    operand: 'NAMESPACE',
    describe: 'watch this namespace alone; default all',
    commands: ['controller'],
  },
  {
    name: 'store-namespace',
    form: 'text',
    operand: 'NAMESPACE',
    fallback: 'waybill-system',
    describe: 'namespace of the ConfigMaps that hold ClusterSecretStores',
    commands: ['generate', 'fn', 'validate', 'sync', 'controller'],
    parameter: true,
  },
  {
    name: 'known-stores',
    form: 'list',
    operand: 'FILE|DIR',
    describe: 'stores that live outside of this render',
    commands: CHECKING,
    parameter: true,
  },
  {
    name: 'store-policy',
    form: 'text',
    operand: 'FILE',
    describe:
      'what the administrator allows: keys and providers by namespace, hosts; default: ConfigMap waybill-policy of the store namespace',
    commands: ['validate', 'sync', 'controller'],
  },
  {
    name: 'require-store-conditions',
    form: 'flag',
    describe: 'a ClusterSecretStore that does not say who may use it serves nobody',
    commands: ['validate', 'sync', 'controller'],
  },
  {
    name: 'require-store-policy',
    form: 'flag',
    describe:
      'read nothing without a store policy: neither when there is none, nor when it may not be read',
    commands: ['sync', 'controller'],
  },
  {
    name: 'allow-target',
    form: 'list',
    operand: 'KIND[.GROUP]',
    describe:
      'a kind besides Secret that target.manifest may name, such as ConfigMap or Middleware.traefik.io; never what grants rights or runs pods',
    commands: [...CHECKING, ...VALUES, 'controller'],
    isOperators: true,
  },
  {
    name: 'grant-store',
    form: 'list',
    operand: 'NAMESPACE/APP',
    describe: 'let the sync job of another application use the ClusterSecretStores of this render',
    commands: RENDER,
    parameter: true,
  },
  {
    name: 'orphans',
    form: 'text',
    choices: ['keep', 'delete'],
    fallback: 'keep',
    describe:
      'Secrets that no ExternalSecret asks for any more: delete lets the runs prune them, with the right to delete any Secret of the namespace',
    commands: RENDER,
    parameter: true,
  },
  {
    name: 'rbac',
    form: 'text',
    choices: ['auto', 'none'],
    fallback: 'auto',
    describe: 'emit ServiceAccount, Roles and RoleBindings, or leave them to an administrator',
    commands: RENDER,
    parameter: true,
  },
  {
    name: 'image',
    form: 'text',
    operand: 'IMAGE',
    describe: 'image of the sync job; default: the image of this version',
    commands: RENDER,
    parameter: true,
  },
  {
    name: 'job-env',
    form: 'list',
    operand: 'NAME=VALUE',
    describe: 'environment of the sync job, such as endpoints and proxies; never a secret',
    commands: RENDER,
    parameter: true,
  },
  {
    name: 'kustomize-args',
    form: 'list',
    operand: 'ARG',
    describe: 'extra arguments of kustomize build',
    commands: ['generate'],
    parameter: true,
  },
  {
    name: 'helm-args',
    form: 'list',
    operand: 'ARG',
    describe: 'extra arguments of helm template',
    commands: ['generate'],
    parameter: true,
  },
  {
    name: 'helm-values',
    form: 'list',
    operand: 'FILE',
    describe: 'values files of the chart, relative to DIR',
    commands: ['generate'],
    parameter: true,
  },
  {
    name: 'fail-on',
    form: 'text',
    choices: ['error', 'warning', 'info'],
    fallback: 'error',
    describe: 'lowest severity that fails the command',
    commands: CHECKING,
    parameter: true,
  },
  {
    name: 'output',
    short: 'o',
    form: 'text',
    operand: 'FORMAT',
    describe: 'output format',
    commands: ['validate', 'simulate', 'template', 'sync', 'status', 'version'],
  },
  {
    name: 'filename',
    short: 'f',
    form: 'list',
    operand: 'PATH|-',
    describe: 'manifests or a bundle to sync; a template, or manifests, to render',
    commands: ['template', 'sync'],
  },
  {
    name: 'data',
    form: 'text',
    operand: 'FILE',
    describe: 'YAML map of values that templates see: text, or {base64: …}',
    commands: ['template'],
  },
  {
    name: 'fixtures',
    form: 'text',
    operand: 'FILE',
    describe: 'payloads that stand for the providers, values that stand for generators',
    commands: ['simulate', 'template'],
  },
  {
    name: 'existing',
    form: 'list',
    operand: 'FILE',
    describe: 'Secrets and ConfigMaps that the cluster already has',
    commands: ['simulate', 'template'],
  },
  {
    name: 'at',
    form: 'text',
    operand: 'RFC3339',
    describe: 'the time it is',
    commands: ['simulate'],
  },
  {
    name: 'reveal',
    form: 'flag',
    describe: 'print values',
    commands: ['simulate', 'template'],
  },
  {
    name: 'explain',
    form: 'flag',
    describe: 'tell how each key got its value',
    commands: ['template'],
  },
  {
    name: 'parity',
    form: 'text',
    choices: ['waybill', 'eso'],
    fallback: 'waybill',
    describe: 'answer exactly as External Secrets Operator where Waybill differs on purpose',
    commands: [...VALUES, 'controller'],
  },
  {
    name: 'local',
    form: 'text',
    operand: 'DIR',
    describe: 'write Secret manifests to DIR instead of a cluster',
    commands: ['sync'],
  },
  {
    name: 'adopt',
    form: 'text',
    choices: ['none', 'eso'],
    fallback: 'none',
    describe: 'take over Secrets that carry no mark of ours, as External Secrets Operator does',
    commands: ['simulate', 'sync', 'controller'],
  },
  {
    name: 'eso-annotations',
    form: 'flag',
    describe:
      "also write External Secrets Operator's label and data hash; the hash has no salt, so short values can be guessed from it",
    commands: ['simulate', 'sync', 'controller'],
  },
  {
    name: 'kubeconfig',
    form: 'text',
    operand: 'FILE',
    describe: 'kubeconfig to use',
    commands: ['sync', 'controller', 'status'],
  },
  {
    name: 'context',
    form: 'text',
    operand: 'NAME',
    describe: 'context of the kubeconfig',
    commands: ['sync', 'controller', 'status'],
  },
  {
    name: 'field-manager',
    form: 'text',
    operand: 'NAME',
    fallback: 'waybill',
    describe: 'field manager of server-side apply',
    commands: ['sync', 'controller'],
  },
  {
    name: 'force',
    form: 'list',
    operand: 'NAME',
    describe: 'read these ExternalSecrets even when they are not due',
    commands: ['sync'],
  },
  {
    name: 'prune',
    form: 'flag',
    describe: 'delete Secrets of ours that no ExternalSecret of the bundle asks for any more',
    commands: ['sync', 'controller'],
  },
  {
    name: 'confirm-deletions',
    form: 'flag',
    describe: 'delete even when it is more than a quarter of the Secrets at once',
    commands: ['sync'],
  },
  {
    name: 'completions',
    form: 'text',
    operand: 'N',
    describe: 'be one of the N pods of an Indexed Job, which share out the bundle',
    commands: ['sync'],
  },
  {
    name: 'watch',
    short: 'w',
    form: 'flag',
    describe: 'go on, and print what changes',
    commands: ['status'],
  },
  {
    name: 'dry-run',
    form: 'text',
    choices: ['none', 'client', 'server'],
    fallback: 'none',
    describe: 'compute, and let the API server check, without writing',
    commands: ['sync'],
  },
  {
    name: 'timeout',
    form: 'text',
    operand: 'DURATION',
    fallback: '5m',
    describe: 'deadline of the whole run',
    commands: ['sync'],
  },
  {
    name: 'controller-class',
    form: 'text',
    operand: 'NAME',
    fallback: 'default',
    describe: 'work on stores whose spec.controller is NAME, or empty; leave all others alone',
    commands: ['sync', 'controller'],
  },
  {
    name: 'crds',
    form: 'text',
    choices: ['auto', 'none'],
    fallback: 'auto',
    describe:
      'also work through ExternalSecrets, PushSecrets and stores that are objects, if their definitions are installed',
    commands: ['controller'],
  },
  {
    name: 'leader-elect',
    form: 'flag',
    describe: 'work only while holding a Lease, so that one of several replicas does',
    commands: ['controller'],
  },
  {
    name: 'leader-elect-namespace',
    form: 'text',
    operand: 'NAMESPACE',
    describe: 'namespace of the Lease; default the own',
    commands: ['controller'],
  },
  {
    name: 'concurrency',
    form: 'text',
    operand: 'N',
    fallback: '16',
    describe:
      'bundles that are synced at once; of these a quarter with ExternalSecrets that failed',
    commands: ['controller'],
  },
  {
    name: 'shards',
    form: 'text',
    operand: 'N',
    describe: 'share out the bundles over N controllers',
    commands: ['controller'],
  },
  {
    name: 'shard-index',
    form: 'text',
    operand: 'I',
    describe: 'number of this controller, from 0; default the number of its StatefulSet pod',
    commands: ['controller'],
  },
  {
    name: 'metrics-address',
    form: 'text',
    operand: '[HOST]:PORT',
    fallback: ':8080',
    describe: 'where /metrics is served; 0 for nowhere',
    commands: ['controller'],
  },
  {
    name: 'health-address',
    form: 'text',
    operand: '[HOST]:PORT',
    fallback: ':8081',
    describe: 'where /livez and /readyz are served; 0 for nowhere',
    commands: ['controller'],
  },
]

/** Options of one command, in table order. */
export function optionsOf(command: CommandName): readonly OptionSpec[] {
  return OPTIONS.filter(({ commands }) => commands.includes(command))
}
