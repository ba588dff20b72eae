import { type OptionSpec, optionsOf } from './options.ts'

/**
 * `plugin.yaml`, the ConfigManagementPlugin of Argo CD. No `spec.version`: it would become a part of the name that every Application
 * has to give, so an upgrade would break them all. No `discover`: it would be asked about every Application without a type.
 */
export function pluginYaml(): string {
  const announced = optionsOf('generate').filter(({ parameter }) => parameter === true)
  return `# Generated from the option table by scripts/plugin.mjs: change src/cli/options.ts instead.
apiVersion: argoproj.io/v1alpha1
kind: ConfigManagementPlugin
metadata:
  name: waybill
spec:
  generate:
    command: [waybill, generate]
  parameters:
    static:
${announced.map(announcement).join('')}`
}

/** Argo CD shows name, title and default; JSON is YAML, whatever a text holds. */
function announcement({ name, form, choices, describe, fallback }: OptionSpec): string {
  const title = choices === undefined ? describe : `${describe}: ${choices.join(', ')}`
  const lines = [`- name: ${name}`, `  title: ${JSON.stringify(title)}`]
  if (form === 'list') lines.push('  collectionType: array')
  else if (fallback !== undefined) lines.push(`  string: ${JSON.stringify(fallback)}`)
  return lines.map((line) => `      ${line}\n`).join('')
}
