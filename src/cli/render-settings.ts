import type { Grant } from '../handoff/grants.ts'
import type { Severity } from '../model/finding.ts'
import { nameProblem } from '../model/names.ts'
import type { AllowedTarget } from '../model/target-kind.ts'
import type { ExtraArguments, Origin } from '../render/program-arguments.ts'
import { allowedTarget } from './allowed-targets.ts'
import type { CommandName } from './commands.ts'
import { UsageError } from './exit.ts'
import type { OptionValues } from './invocation.ts'
import { type OptionSpec, optionsOf } from './options.ts'
import { settle } from './render-options.ts'
import type { Setting } from './render-parameters.ts'
import { VERSION } from './version.ts'

// Where the options of `generate` and `fn` come from, first wins:
//   1. the command line                            operator
//   2. the Application's parameters, functionConfig tenant
//   3. ARGOCD_ENV_WAYBILL_X (plugin.env)            tenant, and only options that are announced as parameters
//   4. WAYBILL_X, the environment of the plugin     operator
//   5. the default of the option table

/** Everything that decides an output, beside the manifests. */
export interface RenderSettings {
  readonly handoff: 'job' | 'controller' | 'crd' | 'none'
  readonly app: string
  /** Empty when nobody named one. */
  readonly namespace: string
  readonly storeNamespace: string
  readonly knownStores: ExtraArguments
  readonly targets: readonly AllowedTarget[]
  readonly grants: readonly Grant[]
  readonly isRbacWanted: boolean
  readonly prunes: boolean
  readonly image: string
  readonly jobEnv: readonly { readonly name: string; readonly value: string }[]
  readonly kustomizeArgs: ExtraArguments
  readonly helmArgs: ExtraArguments
  readonly helmValues: ExtraArguments
  readonly failOn: Severity
}

/** All places where an option may come from. */
export interface SettingSources {
  readonly options: OptionValues
  /** Parameters or functionConfig, already known to be in the option table. */
  readonly settings: ReadonlyMap<string, Setting>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Name of the bundle when nothing else gives one; empty when there is none. */
  readonly fallbackApp: string
}

/** The image of this version, which is also the plugin's sidecar. */
const IMAGE = `waybill/waybill:${VERSION}`

/** Resolves and checks every option. Throws UsageError. */
export function resolveSettings(command: CommandName, sources: SettingSources): RenderSettings {
  const specs = new Map(optionsOf(command).map((spec) => [spec.name, spec]))
  const found = (name: string): Found => {
    const spec = specs.get(name)
    return spec === undefined ? { origin: 'operator', value: undefined } : lookUp(spec, sources)
  }
  const text = (name: string): string => {
    const { value } = found(name)
    return typeof value === 'string' ? value : (specs.get(name)?.fallback ?? '')
  }
  const list = (name: string): ExtraArguments => {
    const { origin, value } = found(name)
    return { origin, args: Array.isArray(value) ? value.map(String) : [] }
  }
  return {
    handoff: text('handoff') as RenderSettings['handoff'],
    app: appName(text('app'), sources),
    namespace: namespaceName(
      'namespace',
      text('namespace') || (sources.env.ARGOCD_APP_NAMESPACE ?? ''),
    ),
    storeNamespace: namespaceName('store-namespace', text('store-namespace')),
    knownStores: list('known-stores'),
    targets: list('allow-target').args.map(allowedTarget),
    grants: list('grant-store').args.map(grantOf),
    isRbacWanted: text('rbac') !== 'none',
    prunes: text('orphans') === 'delete',
    image: imageName(text('image') || IMAGE),
    jobEnv: list('job-env').args.map(environmentOf),
    kustomizeArgs: list('kustomize-args'),
    helmArgs: list('helm-args'),
    helmValues: list('helm-values'),
    failOn: text('fail-on') as Severity,
  }
}

/** A value and who set it: tenants may do less than operators. */
interface Found {
  readonly origin: Origin
  readonly value: string | true | readonly string[] | undefined
}

/** The order at the top of this file. */
function lookUp(spec: OptionSpec, { options, settings, env }: SettingSources): Found {
  const flag = spec.form === 'list' ? options.list(spec.name) : options.text(spec.name)
  if (flag !== undefined && flag.length > 0) return { origin: 'operator', value: flag }
  const set = settings.get(spec.name)
  if (set !== undefined) return { origin: 'tenant', value: settled(spec, set) }
  const variable = `WAYBILL_${spec.name.toUpperCase().replaceAll('-', '_')}`
  const tenant = spec.parameter === true ? env[`ARGOCD_ENV_${variable}`] : undefined
  if (tenant) return { origin: 'tenant', value: settle(spec, tenant) }
  const operator = env[variable]
  return { origin: 'operator', value: operator ? settle(spec, operator) : undefined }
}

/** Items of a list are whole already; one text is cut at commas as on the command line. */
function settled(spec: OptionSpec, set: Setting): Found['value'] {
  return Array.isArray(set) ? set : settle(spec, set)
}

/** Argo CD's names may hold a namespace before an underscore. */
function appName(given: string, { env, fallbackApp }: SettingSources): string {
  const app = given || env.ARGOCD_APP_NAME || fallbackApp
  // A part that begins with a dash would be a flag where it is the name of a Helm release.
  if (app.length > 253 || !/^[\w.-]*$/.test(app) || /(^|_)-/.test(app)) {
    throw new UsageError(`--app is ${JSON.stringify(app.slice(0, 80))}, expected a name`)
  }
  return app
}

/** Empty stays empty: then the destination decides. */
function namespaceName(option: string, namespace: string): string {
  if (namespace === '' || nameProblem('namespace-name', namespace) === undefined) return namespace
  throw new UsageError(
    `--${option} is ${JSON.stringify(namespace.slice(0, 80))}, expected the name of a namespace`,
  )
}

/** `NAMESPACE/APP`. */
function grantOf(grant: string): Grant {
  const [namespace = '', app = '', ...rest] = grant.split('/')
  const isNamespace = nameProblem('namespace-name', namespace) === undefined
  if (isNamespace && /^[\w.-]{1,253}$/.test(app) && rest.length === 0) return { namespace, app }
  throw new UsageError(
    `--grant-store is ${JSON.stringify(grant.slice(0, 80))}, expected NAMESPACE/APP`,
  )
}

/** Registry, path, tag and digest; nothing that YAML or a shell could take for something else. */
function imageName(image: string): string {
  if (/^[\w][\w./:@+-]{0,511}$/.test(image)) return image
  throw new UsageError(`--image is ${JSON.stringify(image.slice(0, 80))}, expected an image`)
}

/** The value may hold anything, `=` included; the message quotes neither name nor value. */
function environmentOf(entry: string): { readonly name: string; readonly value: string } {
  const at = entry.indexOf('=')
  const name = entry.slice(0, at)
  // The memory limit of the pod depends on ours.
  const isOurs = name === 'NODE_OPTIONS'
  if (at > 0 && !isOurs && nameProblem('env-var', name) === undefined) {
    return { name, value: entry.slice(at + 1) }
  }
  throw new UsageError('--job-env has an entry that is not NAME=VALUE')
}
