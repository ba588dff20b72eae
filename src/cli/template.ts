import { buildGraph } from '../graph/graph.ts'
import type { Document } from '../manifests/document.ts'
import { readText } from '../manifests/read.ts'
import { writeManifest } from '../manifests/write.ts'
import { digitsAsText, member } from '../model/json.ts'
import { parityOf } from '../model/parity.ts'
import { formatPlace } from '../model/place.ts'
import { plain, shortened } from '../report/plain.ts'
import { createEngineLoader } from '../sync/engines.ts'
import { allowedTargets } from './allowed-targets.ts'
import { readExisting } from './existing.ts'
import { EXIT, InputError, UsageError } from './exit.ts'
import { readFixtures } from './fixtures-file.ts'
import { readOption } from './given.ts'
import type { Command } from './invocation.ts'
import type { Io } from './io.ts'
import { readSampleData } from './sample-data.ts'
import { type Bench, type Printer, renderManifests, told } from './template-manifests.ts'

// waybill template, for authors of templates: the text of one template file, or the Secrets of the ExternalSecrets in a
// manifest, against sample data (what templates see, after fetch, rewrite and decoding) or against the payloads of fixtures.

const BYTES_MAX = 16 * 2 ** 20
const LINE_MAX = 1000

/**
 * `waybill template`: exit 0, or 1 when a template failed. The text of one template goes to stdout
 * as it is.
 */
export const template: Command = async ({ options, io }) => {
  const print = printerOf(options.text('output') ?? 'yaml')
  const fixtures = options.text('fixtures')
  const sample = options.text('data')
  const [first, ...more] = await readTemplates(options.list('filename'), sample, io)
  if (sample === undefined && fixtures === undefined) {
    throw new UsageError('--data is missing: a file with the values that the templates see')
  }
  const { nowMs } = io.clock
  const bench: Bench = {
    io,
    data: sample === undefined ? new Map() : await readSampleData(sample, io),
    engines: createEngineLoader({ nowMs, randomBytes: io.random.bytes }),
    isExplained: options.flag('explain'),
    isRevealed: options.flag('reveal'),
  }
  const documents = documentsOf([first, ...more])
  if (documents === undefined && more.length === 0) return renderText(first, bench)
  if (documents === undefined) throw new UsageError('more than one template: name one with -f')
  const namespace = options.text('namespace') ?? io.env.ARGOCD_APP_NAMESPACE ?? 'default'
  const targets = allowedTargets(options)
  return renderManifests(buildGraph(documents, namespace), bench, {
    targets,
    existing: await readExisting(options.list('existing'), { namespace, targets }, io),
    fixtures: fixtures === undefined ? undefined : await readFixtures(fixtures, io),
    parity: parityOf(options.text('parity') === 'eso' ? 'eso' : 'waybill'),
    print,
  })
}

/** Throws UsageError for an unknown format. */
function printerOf(format: string): Printer {
  if (format === 'json') return (object) => `${JSON.stringify(object, digitsAsText)}\n`
  if (format === 'yaml') return writeManifest
  throw new UsageError(`--output is ${JSON.stringify(format)}, expected yaml or json`)
}

/** A template, or manifests: the content decides. */
interface TemplateFile {
  readonly file: string
  readonly bytes: Uint8Array
}

/** Standard input serves one of `-f` and `--data`, not both. */
async function readTemplates(
  paths: readonly string[],
  dataPath: string | undefined,
  io: Io,
): Promise<readonly [TemplateFile, ...TemplateFile[]]> {
  const [first = '-', ...more] = paths
  if (paths.length === 0 && !io.stdin.isPiped) {
    throw new UsageError('no template: name a file with -f, or pipe one in')
  }
  if (dataPath === '-' && [first, ...more].includes('-')) {
    throw new UsageError('-f and --data cannot both be standard input')
  }
  const read = async (path: string): Promise<TemplateFile> =>
    path === '-'
      ? { file: '<stdin>', bytes: await io.stdin.read(BYTES_MAX) }
      : { file: path, bytes: await readOption('filename', path, io) }
  return [await read(first), ...(await Promise.all(more.map(read)))]
}

/** Undefined where no ExternalSecret is: then the text itself is the template. */
function documentsOf(files: readonly TemplateFile[]): readonly Document[] | undefined {
  const scanned = files.map(({ file, bytes }) => readText(file, bytes, { needles: [] }))
  const documents = scanned.flatMap((one) => one.documents)
  if (!documents.some(({ object }) => member(object, 'kind') === 'ExternalSecret')) return undefined
  const [broken] = scanned.flatMap(({ findings }) => findings)
  if (broken === undefined) return documents
  throw new InputError(plain(`${formatPlace(broken.at)}: ${broken.message}`), broken.hint)
}

async function renderText({ file, bytes: text }: TemplateFile, bench: Bench): Promise<number> {
  const { io, data, engines } = bench
  const templates = await engines.templates()
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
