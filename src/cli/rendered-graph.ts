import { buildGraph, isEsoObject, type SecretGraph } from '../graph/graph.ts'
import { sitesOf } from '../handoff/cargo.ts'
import { type Handoff, planHandoff } from '../handoff/handoff.ts'
import { FIRST_NEEDLES, secondNeedles } from '../handoff/waves.ts'
import type { Document } from '../manifests/document.ts'
import type { Scanned } from '../manifests/read.ts'
import type { Finding } from '../model/finding.ts'
import type { JsonObject } from '../model/json.ts'
import { formatPlace } from '../model/place.ts'
import { checkGraph } from './checked-graph.ts'
import type { RenderSettings } from './render-settings.ts'

// The judgement that `generate` and `fn` share: from what was read to findings and a hand-off.

/** Reads all input; again with `isRepeat`, for documents that hold one of the needles only. */
export type Look = (needles: readonly string[], isRepeat: boolean) => Promise<readonly Scanned[]>

/** Everything that an answer is made of. */
export interface Judged {
  readonly scanned: readonly Scanned[]
  readonly graph: SecretGraph
  /** Problems of reading: the input itself is invalid. */
  readonly unreadable: readonly Finding[]
  readonly findings: readonly Finding[]
  /** Undefined when the references stay in the stream. */
  readonly handoff: Handoff | undefined
}

/** Looks at the input, twice if the waves need it, checks it and plans the hand-off. */
export async function judge(
  look: Look,
  settings: RenderSettings,
  knownStores: readonly JsonObject[],
): Promise<Judged> {
  const isHandedOff = settings.handoff === 'job' || settings.handoff === 'controller'
  const scanned = await look(isHandedOff ? FIRST_NEEDLES : [], false)
  const graph = buildGraph(
    scanned.flatMap(({ documents }) => documents),
    settings.namespace,
    knownStores,
  )
  const unreadable = scanned.flatMap(({ findings }) => findings)
  const checked = await checkGraph(graph, settings.targets)
  if (!isHandedOff) return { scanned, graph, unreadable, findings: checked, handoff: undefined }
  const handoff = planHandoff(graph, await surroundings(look, graph, scanned), {
    ...settings,
    mode: settings.handoff === 'job' ? 'job' : 'controller',
    env: settings.jobEnv,
  })
  return { scanned, graph, unreadable, findings: [...checked, ...handoff.findings], handoff }
}

/**
 * The second look costs a pass over the stream, so it is taken only when names were found that need
 * it.
 */
async function surroundings(
  look: Look,
  graph: SecretGraph,
  scanned: readonly Scanned[],
): Promise<readonly Document[]> {
  const foreign = foreignOf(scanned)
  const needles = secondNeedles(sitesOf(graph), foreign, graph.defaultNamespace)
  if (needles.length === 0) return foreign
  const known = new Set(foreign.map(({ at }) => formatPlace(at)))
  const found = foreignOf(await look(needles, true)).filter(({ at }) => !known.has(formatPlace(at)))
  return [...foreign, ...found]
}

/** Objects that are not ours; the needles may hit our own as well. */
function foreignOf(scanned: readonly Scanned[]): readonly Document[] {
  return scanned.flatMap(({ foreign }) => foreign).filter(({ object }) => !isEsoObject(object))
}
