// Bundles src/ into dist/: `waybill.cjs` renders and validates, every heavy part is a chunk of its own that is
// loaded on first need. CommonJS, because ESM costs 4-5 ms a start and esbuild splits ESM only: so a chunk is an entry
// of its own, and a dynamic import of its source becomes a dynamic import of its file.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as bundle } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Source of each chunk → file name in dist/. */
export const CHUNKS = {
  'src/cli/arguments.ts': 'arguments',
  'src/cli/cluster.ts': 'cluster',
  'src/kube/kubeconfig.ts': 'kubeconfig',
  'src/providers/aws/sdk.ts': 'aws',
  'src/providers/gcp/open.ts': 'gcp',
  'src/providers/vault/client.ts': 'vault',
  'src/template/engine.ts': 'template',
  'src/values/pattern.ts': 'pattern',
  'src/cli/explain.ts': 'explain',
  'src/cli/policy-findings.ts': 'policy',
}

const chunkImports = {
  name: 'chunk-imports',
  setup(setup) {
    setup.onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
      if (kind !== 'dynamic-import') return undefined
      const source = resolve(resolveDir, path).slice(root.length + 1)
      const chunk = CHUNKS[source]
      return chunk === undefined ? undefined : { path: `./${chunk}.cjs`, external: true }
    })
  },
}

/** What libraries bring and no call of ours reaches: transports, and the layout of yargs' help, whose tables cost 25 ms a start. */
const LEFT_OUT = [
  { filter: /^(cliui|string-width)$/, importer: /node_modules\/yargs/ },
  { filter: /^(axios|undici)$/, importer: /node_modules/ },
  { filter: /^\.\/(gen\/index|middleware)\.js$/, importer: /client-node\/dist\/config\.js$/ },
]

const leftOut = {
  name: 'left-out',
  setup(setup) {
    for (const { filter, importer } of LEFT_OUT) {
      setup.onResolve({ filter }, (request) =>
        importer.test(request.importer)
          ? { path: resolve(root, 'scripts/left-out.mjs'), sideEffects: false }
          : undefined,
      )
    }
  },
}

export async function build(outdir = resolve(root, 'dist')) {
  const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'))
  rmSync(outdir, { recursive: true, force: true })
  mkdirSync(outdir, { recursive: true })
  const entryPoints = { waybill: resolve(root, 'src/cli/bin.ts') }
  for (const [source, chunk] of Object.entries(CHUNKS)) {
    if (existsSync(resolve(root, source))) entryPoints[chunk] = resolve(root, source)
  }
  const { arguments: parser, ...others } = entryPoints
  const shared = {
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // Chunks by require: import() would start node's ESM loader and have it lex every chunk for names, 120 ms of CPU a run.
    supported: { 'dynamic-import': false },
    minify: true,
    keepNames: false,
    legalComments: 'linked',
    plugins: [chunkImports, leftOut],
    metafile: true,
    logLevel: 'warning',
  }
  const define = { 'process.env.WAYBILL_VERSION': JSON.stringify(version) }
  const main = await bundle({ ...shared, entryPoints: others, define })
  const yargs = await bundle({
    ...shared,
    entryPoints: { arguments: parser },
    define: { ...define, 'import.meta.url': 'importMetaUrl' },
    inject: [resolve(root, 'scripts/import-meta-url.mjs')],
  })
  return { outputs: { ...main.metafile.outputs, ...yargs.metafile.outputs } }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { outputs } = await build()
  for (const [file, { bytes }] of Object.entries(outputs)) {
    if (file.endsWith('.cjs')) console.log(`${String(bytes).padStart(9)}  ${file}`)
  }
}
