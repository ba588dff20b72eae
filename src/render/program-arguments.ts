import { RenderError } from './render-error.ts'

// Extra arguments of kustomize and helm, and who may give which. An operator (the command line, the environment of the sidecar) may
// give nearly any. A tenant (parameters and env of an Application, which a repository can override by itself) may give those
// that only shape the output: none that runs a program, reads files outside of the repository, or calls a network.
//
// Trap: --enable-helm does all three. Seen with kustomize 5.8: it hands `releaseName: --post-renderer=/bin/sh` of a
// kustomization on to helm as it stands, which then runs what the charts of the repository print. An operator who sets it
// lets every repository run programs in the plugin.

/** `tenant`: hostile until proven otherwise. */
export type Origin = 'operator' | 'tenant'

/** Arguments and who wants them: a tenant may give fewer than an operator. */
export interface ExtraArguments {
  readonly origin: Origin
  readonly args: readonly string[]
}

/** Which flags of a program who may set. */
interface Rules {
  readonly program: 'kustomize' | 'helm'
  readonly tenant: ReadonlySet<string>
  /** Nobody's: manifests have to come out on stdout, and of this directory. */
  readonly never: ReadonlySet<string>
}

/**
 * A tenant has a list of harmless flags; all others are an operator's, but for those in `never`.
 */
export const KUSTOMIZE_RULES: Rules = {
  program: 'kustomize',
  tenant: new Set(['--helm-api-versions', '--helm-kube-version', '--reorder']),
  never: new Set(['--help', '-h', '--output', '-o', '--stack-trace']),
}

/** As for kustomize: nothing on the tenant's list fetches, runs programs or talks to a cluster. */
export const HELM_RULES: Rules = {
  program: 'helm',
  tenant: new Set([
    '--api-versions',
    '--include-crds',
    '--kube-version',
    '--no-hooks',
    '--set',
    '--set-json',
    '--set-literal',
    '--set-string',
    '--show-only',
    '--skip-crds',
    '--skip-schema-validation',
    '--skip-tests',
  ]),
  never: new Set([
    '--create-namespace',
    '--debug',
    '--dry-run',
    '--generate-name',
    '--help',
    '-h',
    '--kubeconfig',
    '--kube-token',
    '--output-dir',
    '--validate',
    '--values',
    '-f',
  ]),
}

/**
 * Checks the arguments and gives them back as the program takes them. Each is one flag, `--name` or `--name=value`; a piece
 * without a dash is the rest of a value that held a comma. Throws RenderError.
 */
export function checkedArguments({ origin, args }: ExtraArguments, rules: Rules): string[] {
  const whole: string[] = []
  for (const piece of args) {
    const isRest = !piece.startsWith('-') && whole.at(-1)?.includes('=') === true
    whole.push(isRest ? `${whole.pop()},${piece}` : piece)
  }
  for (const argument of whole) checkArgument(argument, origin, rules)
  return whole
}

/** Name and value in one item, so that no value can pose as another flag. */
function checkArgument(argument: string, origin: Origin, { program, tenant, never }: Rules): void {
  const name = argument.split('=')[0] ?? ''
  const quoted = JSON.stringify(name.slice(0, 80))
  if (!name.startsWith('-') || name === '--' || argument.includes('\0')) {
    throw new RenderError(
      `${quoted} is no argument of ${program}: expected --name or --name=value`,
      'give a value after "=", in the same item',
      'usage',
    )
  }
  if (never.has(name)) {
    throw new RenderError(
      `${program} ${quoted} does not go together with waybill generate`,
      undefined,
      'usage',
    )
  }
  if (origin === 'tenant' && !tenant.has(name)) {
    throw new RenderError(
      `${program} ${quoted} is not for an Application to set: expected one of ${[...tenant].join(', ')}`,
      `an administrator can set it for all applications: WAYBILL_${program.toUpperCase()}_ARGS in the environment of the plugin`,
      'usage',
    )
  }
}
