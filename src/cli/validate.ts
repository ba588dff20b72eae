import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { buildGraph, objectKey, type SecretGraph } from '../graph/graph.ts'
import { readText, type Scanned } from '../manifests/read.ts'
import { compareFindings, type Finding, reaches, type Severity } from '../model/finding.ts'
import { excerptsOf } from '../report/excerpt.ts'
import { jsonReport } from '../report/json.ts'
import { textReport } from '../report/text.ts'
import type { Counts, Validation } from '../report/validation.ts'
import { allowedTargets } from './allowed-targets.ts'
import { checkGraph } from './checked-graph.ts'
import { EXIT, InputError, UsageError } from './exit.ts'
import { readInputs } from './inputs.ts'
import type { Command, OptionValues } from './invocation.ts'
import type { Io } from './io.ts'
import { readKnownStores } from './known-stores.ts'

// Findings are the data of this command, so they go to stdout. What cannot be read is a finding like any other, decides
// the exit code, and keeps nothing else from being judged.

/**
 * `waybill validate`: exit 0, 1 for findings from `--fail-on` up, 3 when something could not be
 * read.
 */
export const validate: Command = async ({ operands, options, io }) => {
  const failOn = severityOf(options.text('fail-on') ?? 'error')
  const outputs = outputsOf(options.text('output') ?? 'text')
  const namespace = options.text('namespace') ?? io.env.ARGOCD_APP_NAMESPACE ?? ''
  const args = options.list('known-stores')
  const knownStores = await readKnownStores({ origin: 'operator', args }, io)
  const { inputs, findings: unreadable } = await readInputs(operands, io)
  const scanned = inputs.map(({ file, bytes }) => readText(file, bytes))
  const documents = scanned.flatMap((one) => one.documents)
  const graph = buildGraph(documents, namespace, knownStores)
  const judged = [
    ...(await checkGraph(graph, allowedTargets(options))),
    ...(await checkPolicy(graph, options, io)),
  ]
  const broken = [...unreadable, ...scanned.flatMap(({ findings }) => findings)]
  const validation: Validation = {
    findings: [...broken, ...judged].sort(compareFindings),
    counts: count(scanned, { broken, judged, failOn, namespace }),
    excerpt: excerptsOf(documents),
  }
  for (const output of outputs) await deliver(output, validation, io)
  if (broken.length > 0) return EXIT.input
  return judged.some(({ severity }) => reaches(severity, failOn)) ? EXIT.findings : EXIT.clean
}

/** What a run would refuse; its code is loaded only where there is a policy. */
async function checkPolicy(
  graph: SecretGraph,
  options: OptionValues,
  io: Io,
): Promise<readonly Finding[]> {
  const path = options.text('store-policy')
  const requiresConditions = options.flag('require-store-conditions')
  if (path === undefined && !requiresConditions) return []
  const { givenPolicy, policyFindings } = await import('./policy-findings.ts')
  return policyFindings(graph, await givenPolicy(path, requiresConditions, io))
}

/** Throws UsageError for any other word. */
function severityOf(word: string): Severity {
  if (word === 'error' || word === 'warning' || word === 'info') return word
  throw new UsageError(`--fail-on is ${JSON.stringify(word)}, expected error, warning or info`)
}

// Names of `--output`; each is a pure function of the validation.
const FORMATS: ReadonlyMap<string, (validation: Validation) => string> = new Map([
  ['text', textReport],
  ['json', jsonReport],
])

/** One report and where it goes. */
interface Output {
  readonly render: (validation: Validation) => string
  /** Undefined for standard output. */
  readonly file: string | undefined
}

/** `text`, `json`, `json=FILE`, several with commas. Standard output takes one; it takes text when all go to files. */
function outputsOf(value: string): readonly Output[] {
  const outputs = value.split(',').map((word): Output => {
    const equals = word.indexOf('=')
    const format = equals < 0 ? word : word.slice(0, equals)
    const render = FORMATS.get(format)
    if (render === undefined) {
      throw new UsageError(
        `--output is ${JSON.stringify(format)}, expected one of ${[...FORMATS.keys()].join(', ')}`,
      )
    }
    return { render, file: equals < 0 ? undefined : word.slice(equals + 1) }
  })
  const printed = outputs.filter(({ file }) => file === undefined).length
  if (printed > 1) throw new UsageError('--output names two formats for standard output')
  return printed === 1 ? outputs : [...outputs, { render: textReport, file: undefined }]
}

/** The system's reason for a failed write is left out: it repeats the absolute path. */
async function deliver({ render, file }: Output, validation: Validation, io: Io): Promise<void> {
  const text = render(validation)
  if (file === undefined) return io.writeOut(new TextEncoder().encode(text))
  try {
    await writeFile(resolve(io.cwd, file), text)
  } catch {
    throw new InputError(`cannot write ${JSON.stringify(file)}`, 'the directory must exist')
  }
}

/** What the counts are made of. */
interface Judgement {
  readonly broken: readonly Finding[]
  readonly judged: readonly Finding[]
  readonly failOn: Severity
  readonly namespace: string
}

/** Objects, not findings: an object with three findings is one invalid object. */
function count(
  scanned: readonly Scanned[],
  { broken, judged, failOn, namespace }: Judgement,
): Counts {
  const failing = judged.filter(({ severity }) => reaches(severity, failOn))
  const failingKeys = new Set(failing.map(({ at, subject }) => JSON.stringify([at.file, subject])))
  const ours = scanned.flatMap(({ file, documents }) =>
    documents.map(({ object }) => JSON.stringify([file, objectKey(object, namespace)])),
  )
  const invalid = ours.filter((key) => failingKeys.has(key)).length
  // Items of a List count for themselves, so there may be more objects than documents.
  const documentCount = scanned.reduce((sum, one) => sum + one.documentCount, 0)
  return {
    files: scanned.length,
    valid: ours.length - invalid,
    invalid,
    errors: broken.length,
    skipped: Math.max(0, documentCount - ours.length - broken.length),
  }
}
