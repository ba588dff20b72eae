import { basename, resolve } from 'node:path'
import { isHandedOff } from '../handoff/remarks.ts'
import type { Document } from '../manifests/document.ts'
import { joinStreams } from '../manifests/join.ts'
import { type ReadOptions, readStream, type Scanned } from '../manifests/read.ts'
import { type Finding, reaches } from '../model/finding.ts'
import { blockYaml } from '../render/block-yaml.ts'
import { gathered } from '../render/gathered.ts'
import { type Rendered, renderDirectory } from '../render/render.ts'
import { RenderError } from '../render/render-error.ts'
import type { Source } from '../render/source.ts'
import { EXIT, InputError, UsageError } from './exit.ts'
import { locate } from './inputs.ts'
import type { Command, Invocation } from './invocation.ts'
import type { Io } from './io.ts'
import { readKnownStores } from './known-stores.ts'
import { optionsOf } from './options.ts'
import { readParameters } from './render-parameters.ts'
import { type RenderSettings, resolveSettings } from './render-settings.ts'
import { type Judged, judge } from './rendered-graph.ts'
import { causeText, verdictText } from './verdict.ts'

// What the Argo CD plugin runs. An empty or cut stream with exit code 0 makes Argo CD prune the application, so nothing is
// written before everything has been judged, and then all of it or an exit code that is not 0.

/** Argo CD gives up at 60 s and says no more than "killed": better to end before, with a reason. */
const DEADLINE_MS = 50_000

/** A line that is more than a comment or a separator. */
const CONTENT = /^[ \t]*(?!---|\.\.\.|#)[^\s#]/m
const decoder = new TextDecoder()

/** `waybill generate`: manifests on stdout and exit 0, or an empty stdout and another code. */
export const generate: Command = async (invocation) => {
  const limits = limitsOf(invocation.io)
  try {
    return await run(invocation, limits)
  } catch (error) {
    limits.heed()
    throw explained(error, invocation.io)
  }
}

/** What may end a render early: a signal, and Argo CD's patience. */
interface Limits {
  /** For children; made when the first starts, because it costs a start 4 ms. */
  readonly signal: () => AbortSignal
  /** Throws when the time is up or a signal has come in; long streams ask between two pieces. */
  readonly heed: () => void
}

function limitsOf(io: Io): Limits {
  const endMs = io.clock.monotonicMs() + DEADLINE_MS
  let signal: AbortSignal | undefined
  let timeout: AbortSignal | undefined
  return {
    signal: () => {
      timeout ??= AbortSignal.timeout(Math.max(Math.ceil(endMs - io.clock.monotonicMs()), 0))
      signal ??= AbortSignal.any([io.signal, timeout])
      return signal
    },
    heed: () => {
      const stoppedBy = io.stoppedBy()
      if (stoppedBy !== undefined) throw new InputError(`stopped by ${stoppedBy}`)
      if (timeout?.aborted !== true && io.clock.monotonicMs() < endMs) return
      throw new InputError(
        `rendering took longer than ${DEADLINE_MS / 1000} s`,
        'Argo CD waits for 60 s: split the application',
      )
    },
  }
}

async function run({ operands, options, io }: Invocation, limits: Limits): Promise<number> {
  if (operands.length > 1) {
    throw new UsageError(`waybill generate takes one directory, got ${operands.length}`)
  }
  const operand = operands[0] ?? '.'
  const folder = resolve(io.cwd, operand)
  const announced = optionsOf('generate').filter(({ parameter }) => parameter === true)
  const settings = resolveSettings('generate', {
    options,
    settings: readParameters(io.env.ARGOCD_APP_PARAMETERS, announced),
    env: io.env,
    fallbackApp: basename(folder),
  })
  const rendered = await renderDirectory({
    ...settings,
    folder,
    release: settings.app.slice(settings.app.indexOf('_') + 1),
    locate: () => locate(operand, io.cwd),
    env: io.env,
    signal: limits.signal,
  })
  const knownStores = await readKnownStores(settings.knownStores, io)
  const judged = await judge(
    (needles, isRepeat) => scan(rendered, { needles, isRepeat }, limits),
    settings,
    knownStores,
  )
  return answer(judged, { rendered, settings, io, limits })
}

/** One pass over every source. The sources are read a second time when they are written out. */
async function scan(
  { sources }: Rendered,
  options: ReadOptions,
  limits: Limits,
): Promise<readonly Scanned[]> {
  const scanned: Scanned[] = []
  for (const source of sources) {
    const chunks = interruptible(source, limits)
    scanned.push(await readStream({ file: source.file, chunks }, options))
  }
  return scanned
}

/** The deadline ends a long stream between two pieces. */
async function* interruptible(source: Source, { heed }: Limits): AsyncGenerator<Uint8Array> {
  for await (const piece of source.read()) {
    heed()
    yield piece
  }
}

/** What an answer needs beside the judgement. */
interface Answering {
  readonly rendered: Rendered
  readonly settings: RenderSettings
  readonly io: Io
  readonly limits: Limits
}

/** Findings go to stderr in every case: Argo CD shows them for failures only. */
async function answer(judged: Judged, context: Answering): Promise<number> {
  const { settings, io } = context
  const findings = [...judged.unreadable, ...judged.findings]
  const code = exitCode(judged, findings, settings)
  io.writeErr(verdictText(findings))
  if (code !== EXIT.clean) {
    io.writeErr(`waybill: ${causeText(findings, settings.failOn)}\n`)
    return code
  }
  if (await isEmpty(judged, context.rendered)) {
    throw new InputError(
      'there is not a single object in the manifests',
      'an empty answer would make Argo CD prune the application',
    )
  }
  await write(judged, context)
  return EXIT.clean
}

/** Whether the input has nothing but comments, separators and blanks. Ends at the first line with content. */
async function isEmpty({ graph, handoff }: Judged, { sources }: Rendered): Promise<boolean> {
  const own = graph.externalSecrets.length + graph.stores.size + graph.others.length
  if (own > 0 || (handoff?.objects.length ?? 0) > 0) return false
  for (const source of sources) {
    for await (const piece of source.read()) if (CONTENT.test(decoder.decode(piece))) return false
  }
  return true
}

/** Foreign documents as they are, then the hand-off. */
async function write({ scanned, graph, handoff }: Judged, context: Answering): Promise<void> {
  const { rendered, io, limits } = context
  const isTaken = ({ object }: Document): boolean =>
    handoff !== undefined && isHandedOff(object, graph)
  const inputs = scanned.map((one, index) => ({
    scanned: one,
    ranges: one.remaining(isTaken),
    chunks: rendered.sources[index]?.read() ?? [],
  }))
  const own = (handoff?.objects ?? []).map((object) => `---\n${blockYaml(object)}`)
  for await (const piece of gathered(joinStreams(inputs, own))) {
    limits.heed()
    await io.writeOut(piece)
  }
}

/** An unreadable input weighs more than any finding. */
function exitCode(
  { unreadable }: Judged,
  findings: readonly Finding[],
  { failOn }: RenderSettings,
): number {
  if (unreadable.some(({ severity }) => severity === 'error')) return EXIT.input
  return findings.some(({ severity }) => reaches(severity, failOn)) ? EXIT.findings : EXIT.clean
}

/** A child's words come first, so that the cause stays the last line. */
function explained(error: unknown, io: Io): unknown {
  if (!(error instanceof RenderError)) return error
  if (error.output !== '') io.writeErr(`${error.output}\n`)
  if (error.fault === 'input') return new InputError(error.message, error.hint)
  if (error.hint !== undefined) io.writeErr(`hint: ${error.hint}\n`)
  return new UsageError(error.message)
}
