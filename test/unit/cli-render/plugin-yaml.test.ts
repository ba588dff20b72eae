import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load } from 'js-yaml'
import { optionsOf } from '../../../src/cli/options.ts'
import { pluginYaml } from '../../../src/cli/plugin-yaml.ts'

test('plugin.yaml is what the option table says: else run node scripts/plugin.mjs', () => {
  assert.equal(readFileSync('plugin.yaml', 'utf8'), pluginYaml())
})

test('Argo CD can read it, and no version is in the name of the plugin', () => {
  const plugin = load(pluginYaml()) as {
    kind: string
    spec: {
      version?: string
      discover?: object
      generate: { command: string[] }
      parameters: { static: { name: string; title: string }[] }
    }
  }
  assert.equal(plugin.kind, 'ConfigManagementPlugin')
  assert.equal(plugin.spec.version, undefined)
  assert.equal(plugin.spec.discover, undefined)
  assert.deepEqual(plugin.spec.generate.command, ['waybill', 'generate'])
  assert.deepEqual(
    plugin.spec.parameters.static.map(({ name }) => name),
    optionsOf('generate')
      .filter(({ parameter }) => parameter === true)
      .map(({ name }) => name),
  )
})
