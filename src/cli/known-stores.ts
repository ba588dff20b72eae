import { readText } from '../manifests/read.ts'
import { type JsonObject, member } from '../model/json.ts'
import { confined, repositoryRoot } from '../render/confine.ts'
import type { ExtraArguments } from '../render/program-arguments.ts'
import { InputError } from './exit.ts'
import { readInputs } from './inputs.ts'
import type { Io } from './io.ts'

/**
 * The stores in the files and directories of `--known-stores`. A tenant's paths must stay in the repository. Throws InputError or
 * RenderError.
 */
export async function readKnownStores(
  { origin, args }: ExtraArguments,
  io: Pick<Io, 'cwd' | 'env' | 'stdin'>,
): Promise<readonly JsonObject[]> {
  if (args.length === 0) return []
  if (origin === 'tenant') {
    const root = await repositoryRoot(io.cwd, io.env.ARGOCD_APP_SOURCE_PATH)
    for (const path of args) await confined(path, { folder: io.cwd, root })
  }
  const { inputs, findings } = await readInputs(args, io)
  const documents = inputs.map(({ file, bytes }) => readText(file, bytes))
  const problem = [...findings, ...documents.flatMap((one) => one.findings)][0]
  if (problem !== undefined) {
    throw new InputError(`--known-stores: ${problem.message}`, problem.hint)
  }
  return documents
    .flatMap((one) => one.documents.map(({ object }) => object))
    .filter((object) => {
      const kind = member(object, 'kind')
      return kind === 'SecretStore' || kind === 'ClusterSecretStore'
    })
}
