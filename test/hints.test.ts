import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { COMMANDS } from '../src/cli/commands.ts'
import { OPTIONS } from '../src/cli/options.ts'

// A hint that names a command which does not exist costs more than no hint. Every command and option that messages and
// documentation name is looked up where they are defined. Decisions may speak of what is to come.

interface Named {
  readonly where: string
  readonly command: string
  readonly options: readonly string[]
}

/** A command line: its command, and what stands behind it up to the end of the code. */
const COMMAND_LINE = /(?:^ *|[`$|] ?|: |dist\/)waybill(?:\.cjs)? ([a-z]+)\b([^`|\n]*)/gm
/** In a message there are no backticks: a command is what has options, or prints. */
const IN_MESSAGE = /\bwaybill ([a-z]+)(?= -| prints)([^'`;\n]*)/g
const OPTION = /(?<=\s)--([a-z][a-z-]*)/g

function filesBelow(folder: string, ending: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
}

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...['docs', 'examples', 'plugin'].flatMap((folder) => filesBelow(folder, '.md')),
].filter((path) => !path.startsWith('docs/decisions/'))

/** Code of a page: fenced and indented lines, and what stands between backticks. */
function codeIn(page: string): string {
  const indented = [...page.matchAll(/^ {4}.*$/gm)].map(([line]) => line)
  const blocks = [...page.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map(([, block]) => block)
  const spans = [...page.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`[^`\n]+`/g)]
  return [...indented, ...blocks, ...spans.map(([span]) => span)].join('\n')
}

function named(where: string, text: string, pattern: RegExp): readonly Named[] {
  return [...text.matchAll(pattern)].map(([, command = '', rest = '']) => ({
    where: `${where}: waybill ${command}${rest.trimEnd()}`,
    command,
    options: [...rest.matchAll(OPTION)].map(([, name = '']) => name),
  }))
}

/** Options of every command that are not of the table. */
const ALWAYS: ReadonlySet<string> = new Set(['help', 'version'])

/** Options of node, kubectl, kustomize and helm that texts speak of. */
const FOREIGN: ReadonlySet<string> = new Set([
  'api-versions',
  'cascade',
  'enable-alpha-plugins',
  'enable-helm',
  'kube-version',
  'max-old-space-size',
  'name',
  'values',
])

function isKnown({ command, options }: Named): boolean {
  if (!COMMANDS.some(({ name }) => name === command)) return false
  return options.every(
    (name) =>
      ALWAYS.has(name) ||
      OPTIONS.some(
        (option) => option.name === name && option.commands.some((to) => to === command),
      ),
  )
}

test('every command that the documentation names exists, with the options that it is given', () => {
  const all = pages.flatMap((path) => named(path, codeIn(readFileSync(path, 'utf8')), COMMAND_LINE))
  assert.ok(all.length > 20, `${all.length} command lines were found`)
  const unknown = all.filter((one) => !isKnown(one)).map(({ where }) => where)
  assert.deepEqual(unknown, [])
})

test('every command that a message of the program names exists', () => {
  const all = filesBelow('src', '.ts').flatMap((path) =>
    named(path, readFileSync(path, 'utf8'), IN_MESSAGE),
  )
  const unknown = all.filter((one) => !isKnown(one)).map(({ where }) => where)
  assert.deepEqual(unknown, [])
})

test('every option that a page or a message names by itself is one of some command', () => {
  const texts = [
    ...pages.map((path) => [path, readFileSync(path, 'utf8')] as const),
    ...filesBelow('src', '.ts').map((path) => [path, readFileSync(path, 'utf8')] as const),
  ]
  const unknown = texts.flatMap(([path, text]) =>
    [
      ...text.matchAll(
        /`--([a-z][a-z-]+)|(?<=(?:use|give|with|set|see|add|name) )--([a-z][a-z-]+)/g,
      ),
    ]
      .map(([, quoted, given]) => quoted ?? given ?? '')
      .filter((name) => !ALWAYS.has(name) && !FOREIGN.has(name))
      .filter((name) => !OPTIONS.some((option) => option.name === name))
      .map((name) => `${path}: --${name}`),
  )
  assert.deepEqual(unknown, [])
})

test('the overview of providers has a row for each of them, and for each generator', () => {
  const overview = readFileSync('docs/providers/README.md', 'utf8')
  const words = (path: string, pattern: RegExp): readonly string[] =>
    [...readFileSync(path, 'utf8').matchAll(pattern)].map(([, name = '']) => name.toLowerCase())
  const names = [
    ...words('src/providers/open.ts', /^ {2}\['(\w+)', async/gm),
    ...words('src/providers/generators/generate.ts', /specName: '(\w+)Spec'/g),
  ]
  assert.ok(names.length >= 18, names.join(' '))
  const missing = names.filter((name) => !overview.toLowerCase().includes(name))
  assert.deepEqual(missing, [])
})
