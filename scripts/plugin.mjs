// node scripts/plugin.mjs: writes plugin.yaml from the option table; a test says when it is out of date.
import { writeFileSync } from 'node:fs'
import { build } from 'esbuild'

const { outputFiles } = await build({
  entryPoints: ['src/cli/plugin-yaml.ts'],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
})
const code = Buffer.from(outputFiles[0].text).toString('base64')
const { pluginYaml } = await import(`data:text/javascript;base64,${code}`)
writeFileSync('plugin.yaml', pluginYaml())
