// npm run demo: installs and builds what is missing, then tells the tutorial's story with servers on loopback.
import { ensureBuilt, ensureInstalled } from './ensure.mjs'

ensureInstalled()
await ensureBuilt()
const { build } = await import('esbuild')
await build({
  entryPoints: ['test/demo/main.ts'],
  outfile: '.build/demo.mjs',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  logLevel: 'warning',
})
await import('../.build/demo.mjs')
