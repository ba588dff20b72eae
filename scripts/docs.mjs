// Writes what the manual says about rules and options from the code that obeys it: docs/rules/*.md from src/rules,
// docs/commands/*.md from the option table. A test compares, so neither can grow old.
//   node scripts/docs.mjs
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const SOURCES = `
export { RULES } from './src/rules/list.ts'
export { OTHER_FINDINGS } from './src/rules/other-findings.ts'
export { findingPageMarkdown, rulePageMarkdown } from './src/rules/page.ts'
export { COMMANDS } from './src/cli/commands.ts'
export { optionsOf } from './src/cli/options.ts'
`

async function load() {
  const { outputFiles } = await build({
    stdin: { contents: SOURCES, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  })
  const code = Buffer.from(outputFiles[0].contents).toString('base64')
  return import(`data:text/javascript;base64,${code}`)
}

/** Path below docs/ → text of every generated page. */
export async function pages() {
  const { RULES, OTHER_FINDINGS, COMMANDS, ...code } = await load()
  const texts = new Map()
  for (const rule of RULES) texts.set(`rules/${rule.id}.md`, code.rulePageMarkdown(rule))
  for (const finding of OTHER_FINDINGS) {
    texts.set(`rules/${finding.id}.md`, code.findingPageMarkdown(finding))
  }
  texts.set('rules/README.md', rulesIndex([...RULES, ...OTHER_FINDINGS]))
  for (const command of COMMANDS) {
    texts.set(`commands/${command.name}.md`, commandPage(command, code.optionsOf(command.name)))
  }
  return texts
}

function rulesIndex(rules) {
  const rows = rules.map(
    ({ id, severity, summary }) => `| [${id}](${id}.md) | ${severity} | ${summary} |`,
  )
  return [
    '# Rules',
    '',
    '`waybill explain RULE` prints the same page in a terminal.',
    '',
    '| rule | severity | what holds |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

function commandPage({ name, operands, summary }, options) {
  const usage = `waybill ${name} ${operands}`.trim()
  const rows = options.map(optionRow)
  const table =
    rows.length === 0
      ? ['It takes no options.']
      : ['| option | meaning | default |', '|---|---|---|', ...rows]
  return [
    `# waybill ${name}`,
    '',
    `    ${usage}`,
    '',
    `${capital(summary)}.`,
    '',
    ...table,
    '',
  ].join('\n')
}

function optionRow({ name, short, form, choices, operand, describe, fallback }) {
  const value = form === 'flag' ? '' : `=${choices?.join('|') ?? operand ?? 'VALUE'}`
  const letter = short === undefined ? '' : `\`-${short}\`, `
  const repeat = form === 'list' ? ' (repeatable)' : ''
  const escaped = `--${name}${value}`.replaceAll('|', '\\|')
  return `| ${letter}\`${escaped}\` | ${describe}${repeat} | ${fallback === undefined ? '' : `\`${fallback}\``} |`
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const texts = await pages()
  for (const folder of ['rules', 'commands']) {
    mkdirSync(resolve(root, 'docs', folder), { recursive: true })
    for (const file of readdirSync(resolve(root, 'docs', folder))) {
      if (!texts.has(`${folder}/${file}`)) rmSync(resolve(root, 'docs', folder, file))
    }
  }
  for (const [file, text] of texts) writeFileSync(resolve(root, 'docs', file), text)
}
