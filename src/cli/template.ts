import { buildGraph } from '../graph/graph.ts'
import type { Document } from '../manifests/document.ts'
import { readText } from '../manifests/read.ts'
import { writeManifest } from '../manifests/write.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import { member } from '../model/json.ts'
import type { OutcomeError } from '../model/outcome.ts'
import { type Parity, parityOf } from '../model/parity.ts'
import { formatPlace } from '../model/place.ts'
import type { Secret } from '../model/secret.ts'
import type { SecretValue } from '../model/secret-value.ts'
import { buildDesired, withoutOwned } from '../plan/desired.ts'
import { base64, secretObject, sized } from '../plan/secret-object.ts'
import { plain, shortened } from '../report/plain.ts'
import { candidatesOf } from '../sync/candidates.ts'
import { createEngineLoader } from '../sync/engines.ts'
import type { Existing } from '../sync/simulation.ts'
import type { TemplateEngine } from '../template/template-engine.ts'
import { readExisting } from './existing.ts'
import { EXIT, InputError, UsageError } from './exit.ts'
import { readOption } from './given.ts'
import type { Command } from './invocation.ts'
import type { Io } from './io.ts'
import { readSampleData } from './sample-data.ts'
import { explainWays } from './template-ways.ts'

// waybill template, for authors of templates: the text of one template file, or the Secrets of the ExternalSecrets in a
// manifest, against sample data. The data is what templates see: after fetch, rewrite and decoding.

const BYTES_MAX = 16 * 2 ** 20
const LINE_MAX = 1000

interface Bench {
  readonly io: Io
  readonly data: ReadonlyMap<string, SecretValue>
  readonly templates: TemplateEngine
  readonly isExplained: boolean
  readonly isRevealed: boolean
}

export const template: Command = async ({ options, io }) => {
  const print = printerOf(options.text('output') ?? 'yaml')
  const { file, bytes } = await readTemplate(options.text('filename'), options.text('data'), io)
  const data = await readSampleData(options.text('data'), io)
  const { nowMs } = io.clock
  const engines = createEngineLoader({ nowMs, randomBytes: io.random.bytes })
  const bench: Bench = {
    io,
    data,
    templates: await engines.templates(),
    isExplained: options.flag('explain'),
    isRevealed: options.flag('reveal'),
  }
  const documents = externalSecretsIn(file, bytes)
  if (documents === undefined) return renderText(file, bytes, bench)
  const namespace = options.text('namespace') ?? io.env.ARGOCD_APP_NAMESPACE ?? 'default'
  const existing = await readExisting(options.list('existing'), namespace, io)
  const parity = parityOf(options.text('parity') === 'eso' ? 'eso' : 'waybill')
  return renderManifests(documents, bench, { namespace, existing, parity, print })
}

type Printer = (object: ReturnType<typeof secretObject>) => string

function printerOf(format: string): Printer {
  if (format === 'json') return (object) => `${JSON.stringify(object)}\n`
  if (format === 'yaml') return writeManifest
  throw new UsageError(`--output is ${JSON.stringify(format)}, expected yaml or json`)
}

interface TemplateFile {
  readonly file: string
  readonly bytes: Uint8Array
}

async function readTemplate(
  path: string | undefined,
  dataPath: string | undefined,
  io: Io,
): Promise<TemplateFile> {
  const isPiped = path === undefined || path === '-'
  if (isPiped && dataPath === '-') {
    throw new UsageError('-f and --data cannot both be standard input')
  }
  if (!isPiped) {
    return { file: path, bytes: await readOption('filename', path, io) }
  }
  if (path === undefined && !io.stdin.isPiped) {
    throw new UsageError('no template: name a file with -f, or pipe one in')
  }
  return { file: '<stdin>', bytes: await io.stdin.read(BYTES_MAX) }
}

/** Undefined for a text that is no manifest of ours: then the text itself is the template. */
function externalSecretsIn(file: string, bytes: Uint8Array): readonly Document[] | undefined {
  const { documents, findings } = readText(file, bytes, { needles: [] })
  const found = documents.filter(({ object }) => member(object, 'kind') === 'ExternalSecret')
  if (found.length === 0) return undefined
  const [broken] = findings
  if (broken === undefined) return found
  throw new InputError(plain(`${formatPlace(broken.at)}: ${broken.message}`), broken.hint)
}

async function renderText(file: string, text: Uint8Array, bench: Bench): Promise<number> {
  const { io, data, templates } = bench
  const key = file.split('/').at(-1) ?? file
  const rendering = templates.render({ key, text, data, missingKey: 'error' })
  if (rendering.outcome === 'failed') {
    io.writeErr(`${shortened(`${file}: ${rendering.error.message}`, LINE_MAX)}\n`)
    return EXIT.findings
  }
  if (bench.isExplained) {
    for (const [name, value] of data)
      io.writeErr(`${plain(name)}: sample data ${told(value, bench)}\n`)
    io.writeErr(`${plain(file)}: templated ${told(rendering.value, bench)}\n`)
  }
  await io.writeOut(rendering.value.reveal())
  return EXIT.clean
}

interface Around {
  readonly namespace: string
  readonly existing: Existing
  readonly parity: Parity
  readonly print: Printer
}

async function renderManifests(
  documents: readonly Document[],
  bench: Bench,
  around: Around,
): Promise<number> {
  const { io, isRevealed, isExplained } = bench
  const out: string[] = []
  let isFailed = false
  for (const { externalSecret, errors } of candidatesOf(buildGraph(documents, around.namespace))) {
    const { namespace, name } = externalSecret
    const subject = `ExternalSecret/${namespace}/${name}`
    const built =
      errors.length > 0
        ? { outcome: 'failed' as const, errors }
        : desiredOf(externalSecret, bench, around)
    if (built.outcome === 'failed') {
      isFailed = true
      tellErrors(subject, built.errors, io)
      continue
    }
    out.push(around.print(secretObject(built.secret, isRevealed ? base64 : sized)))
    if (isExplained) tellWays(subject, { externalSecret, secret: built.secret }, bench)
  }
  await io.writeOut(new TextEncoder().encode(out.join('')))
  return isFailed ? EXIT.findings : EXIT.clean
}

function desiredOf(
  externalSecret: ExternalSecret,
  { data, templates }: Bench,
  { existing, parity }: Around,
): ReturnType<typeof buildDesired> {
  const { namespace, target } = externalSecret
  const observed = existing.secrets.get(`${namespace}/${target.name}`)
  return buildDesired({
    externalSecret,
    data,
    existing: observed === undefined ? undefined : withoutOwned(observed),
    sources: {
      configMap: (name) => existing.configMaps.get(`${namespace}/${name}`),
      secret: (name) => existing.secrets.get(`${namespace}/${name}`)?.data,
    },
    templates,
    parity,
  })
}

function tellErrors(subject: string, errors: readonly OutcomeError[], io: Io): void {
  for (const { field, message } of errors) {
    io.writeErr(`${shortened(`${subject}: ${field}: ${message}`, LINE_MAX)}\n`)
  }
}

function tellWays(
  subject: string,
  { externalSecret, secret }: { readonly externalSecret: ExternalSecret; readonly secret: Secret },
  bench: Bench,
): void {
  const { io, data } = bench
  io.writeErr(`${plain(subject)}\n`)
  for (const way of explainWays(externalSecret, secret, data)) {
    const steps = way.steps.map(({ word, value }) => `${word} ${told(value, bench)}`)
    io.writeErr(`  ${plain(`${way.key}: ${steps.join(' → ')}`)}\n`)
  }
}

/** As text in quotes when values may be seen, else how long it is. */
function told(value: SecretValue, { isRevealed }: Bench): string {
  if (!isRevealed) return sized(value)
  return shortened(JSON.stringify(new TextDecoder().decode(value.reveal())), LINE_MAX)
}
