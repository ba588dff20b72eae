import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { childEnvironment } from './child-environment.ts'
import { checkSymlinks, confined, repositoryRoot } from './confine.ts'
import {
  checkedArguments,
  type ExtraArguments,
  HELM_RULES,
  KUSTOMIZE_RULES,
} from './program-arguments.ts'
import { RenderError } from './render-error.ts'
import { fileSource, memorySource, type Source } from './source.ts'

/** Which program a directory is for, told by its files. */
export type Renderer = 'kustomize' | 'helm' | 'plain'

/** A file of a plain directory, or why it may not be read. */
export interface LocatedFile {
  readonly file: string
  readonly path: string | undefined
  readonly problem: string | undefined
}

/** A directory and how to render it. */
export interface RenderInput {
  /** Absolute path. */
  readonly folder: string
  /** Name of the Helm release. */
  readonly release: string
  /** Empty when the destination decides. */
  readonly namespace: string
  readonly kustomizeArgs: ExtraArguments
  readonly helmArgs: ExtraArguments
  /** Values files, relative to the folder. */
  readonly helmValues: ExtraArguments
  /** Finds the manifests of a plain directory, in a stable order. */
  readonly locate: (folder: string) => AsyncIterable<LocatedFile>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Asked for when a child starts, which it ends. */
  readonly signal: () => AbortSignal
}

/** Manifests of one directory. */
export interface Rendered {
  readonly renderer: Renderer
  readonly sources: readonly Source[]
}

// The names that kustomize itself looks for.
const KUSTOMIZATIONS: ReadonlySet<string> = new Set([
  'Kustomization',
  'kustomization.yaml',
  'kustomization.yml',
])
/** Bytes of all files of a plain directory. */
const INPUT_MIB_MAX = 128

// A plain directory starts no program, so what starts one is loaded on need: it costs a start some milliseconds.

/** Renders a directory as its files ask for. Throws RenderError, or the signal's reason. */
export async function renderDirectory(input: RenderInput): Promise<Rendered> {
  const renderer = rendererOf(input.folder)
  switch (renderer) {
    case 'kustomize':
      return { renderer, sources: [memorySource('<kustomize>', await kustomize(input))] }
    case 'helm':
      return { renderer, sources: [memorySource('<helm>', await helm(input))] }
    case 'plain':
      return { renderer, sources: await plain(input) }
  }
}

/** A kustomization counts before a chart, because it may contain one. */
function rendererOf(folder: string): Renderer {
  const names = namesIn(folder)
  if (names.some((name) => KUSTOMIZATIONS.has(name))) return 'kustomize'
  return names.includes('Chart.yaml') ? 'helm' : 'plain'
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const reason = code === 'ENOTDIR' ? 'not a directory' : 'no such directory, or not readable'
    throw new RenderError(`cannot render: ${reason}`, 'waybill generate takes one directory')
  }
}

/** Runs in the directory itself, with checked arguments and a child's environment. */
async function kustomize({ folder, kustomizeArgs, env, signal }: RenderInput): Promise<Uint8Array> {
  const args = checkedArguments(kustomizeArgs, KUSTOMIZE_RULES)
  const { findProgram, runChild } = await import('./child.ts')
  const program = await findProgram(
    'kustomize',
    env.PATH,
    'install kustomize 5 (https://kubectl.docs.kubernetes.io/installation/kustomize), or use the waybill image, which has it',
  )
  const root = await repositoryRoot(folder, env.ARGOCD_APP_SOURCE_PATH)
  return runChild({
    program,
    args: ['build', ...args, '.'],
    cwd: folder,
    env: childEnvironment(env),
    signal: signal(),
    hidden: [folder, root],
  })
}

/** Only renders: no release is read, no cluster is asked. */
async function helm(input: RenderInput): Promise<Uint8Array> {
  const { folder, env, signal } = input
  const args = checkedArguments(input.helmArgs, HELM_RULES)
  const { findProgram, runChild } = await import('./child.ts')
  const root = await repositoryRoot(folder, env.ARGOCD_APP_SOURCE_PATH)
  await checkSymlinks(folder, root)
  const values: string[] = []
  for (const file of input.helmValues.args) {
    const isTenant = input.helmValues.origin === 'tenant'
    const path = isTenant ? await confined(file, { folder, root }) : resolve(folder, file)
    values.push(`--values=${path}`)
  }
  const program = await findProgram(
    'helm',
    env.PATH,
    'install Helm 3 (https://helm.sh/docs/intro/install), or use the waybill image, which has it',
  )
  return runChild({
    program,
    args: ['template', input.release, '.', ...clusterArguments(input), ...values, ...args],
    cwd: folder,
    env: childEnvironment(env),
    signal: signal(),
    hidden: [folder, root],
  })
}

/** What Argo CD tells helm about the cluster, and its default of rendering CRDs. */
function clusterArguments({ namespace, env, helmArgs }: RenderInput): readonly string[] {
  const version = env.KUBE_VERSION ?? ''
  const apis = (env.KUBE_API_VERSIONS ?? '').split(',')
  return [
    ...(namespace === '' ? [] : [`--namespace=${namespace}`]),
    ...(/^v?\d[\w.+-]*$/.test(version) ? [`--kube-version=${version}`] : []),
    ...apis.filter((api) => /^[\w./-]+$/.test(api)).map((api) => `--api-versions=${api}`),
    ...(helmArgs.args.includes('--skip-crds') ? [] : ['--include-crds']),
  ]
}

/** Throws RenderError for the first file that cannot be read: half a directory is none. */
async function plain({ folder, locate }: RenderInput): Promise<readonly Source[]> {
  const sources: Source[] = []
  let left = INPUT_MIB_MAX * 2 ** 20
  for await (const { file, path, problem } of locate(folder)) {
    if (problem !== undefined || path === undefined) {
      throw new RenderError(
        `cannot read ${JSON.stringify(file)}: ${problem ?? 'not a file'}`,
        'run waybill validate: it says what to do, and judges the other files',
      )
    }
    const source = fileSource(file, path)
    left -= source.byteLength
    if (left < 0) {
      throw new RenderError(
        `the manifests are larger than ${INPUT_MIB_MAX} MiB`,
        'split the directory',
      )
    }
    sources.push(source)
  }
  if (sources.length === 0) {
    throw new RenderError(
      'there are no manifests here: no kustomization.yaml, no Chart.yaml, no .yaml, .yml or .json file',
      'name the directory that holds them',
    )
  }
  return sources
}
