import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArguments } from '../../../src/cli/arguments.ts'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { EXIT, InputError, UsageError } from '../../../src/cli/exit.ts'
import { helpText } from '../../../src/cli/help.ts'
import { main } from '../../../src/cli/main.ts'
import { OPTIONS, optionsOf } from '../../../src/cli/options.ts'
import { parseRenderOptions } from '../../../src/cli/render-options.ts'
import { readAll } from '../../../src/cli/stdin.ts'
import { fakeIo } from './fake-io.ts'

test('--version prints one line and exits 0', async () => {
  const io = fakeIo()
  assert.equal(await main(['--version'], io), EXIT.clean)
  assert.match(io.out(), /^waybill \S+\n$/)
})

test('version -o json is a versioned document', async () => {
  const io = fakeIo()
  assert.equal(await main(['version', '-o', 'json'], io), EXIT.clean)
  const { apiVersion, kind } = JSON.parse(io.out())
  assert.deepEqual({ apiVersion, kind }, { apiVersion: 'waybill.dev/v1', kind: 'Version' })
})

test('no command prints the overview and exits 2', async () => {
  const io = fakeIo()
  assert.equal(await main([], io), EXIT.usage)
  for (const { name } of COMMANDS) assert.ok(io.out().includes(`  ${name} `), name)
})

test('an unknown command is a usage error that names it', async () => {
  const io = fakeIo()
  assert.equal(await main(['generte'], io), EXIT.usage)
  assert.equal(io.out(), '')
  assert.match(io.err(), /unknown command "generte"/)
})

test('every command has help, and every option is in the help of its commands', () => {
  for (const { name } of COMMANDS) {
    const help = helpText(name)
    assert.match(help, new RegExp(`^usage: waybill ${name}`))
    for (const option of optionsOf(name))
      assert.ok(help.includes(`--${option.name}`), `${name} ${option.name}`)
  }
})

test('an option table row names commands that exist, and each of them once', () => {
  const uses = OPTIONS.flatMap(({ name, commands }) => commands.map((to) => `${to} --${name}`))
  assert.deepEqual(uses, [...new Set(uses)])
  for (const option of OPTIONS) {
    for (const command of option.commands) assert.ok(COMMANDS.some(({ name }) => name === command))
  }
})

const wrong: readonly { story: string; argv: readonly string[]; says: RegExp }[] = [
  { story: 'an unknown option', argv: ['--frobnicate'], says: /frobnicate/ },
  {
    story: 'a choice that does not exist',
    argv: ['--fail-on=never'],
    says: /--fail-on is "never", expected one of error, warning, info/,
  },
  { story: 'an option without its value', argv: ['--namespace'], says: /namespace/ },
]
for (const { story, argv, says } of wrong) {
  test(`both parsers refuse ${story} in the same way`, async () => {
    assert.throws(
      () => parseRenderOptions('generate', argv),
      (error: Error) => {
        return error instanceof UsageError && says.test(error.message)
      },
    )
    await assert.rejects(parseArguments('validate', argv), (error: Error) => {
      return error instanceof UsageError && says.test(error.message)
    })
  })
}

test('both parsers read text, lists, short names and operands alike', async () => {
  const argv = ['-n', 'shop', '--known-stores=a,b', '--known-stores', 'c', 'DIR', '007']
  const quick = parseRenderOptions('generate', argv)
  const full = await parseArguments('validate', argv)
  for (const { operands, options } of [quick, full]) {
    assert.deepEqual(operands, ['DIR', '007'])
    assert.equal(options.text('namespace'), 'shop')
    assert.deepEqual(options.list('known-stores'), ['a', 'b', 'c'])
    assert.equal(options.text('output'), undefined)
  }
})

test('a single dash is an operand: stdin', async () => {
  const { operands } = await parseArguments('validate', ['-'])
  assert.deepEqual(operands, ['-'])
})

test('an option that takes one value is refused twice', async () => {
  await assert.rejects(
    parseArguments('validate', ['-n', 'a', '-n', 'b']),
    /--namespace was given more than once/,
  )
})

test('sync takes no operand', async () => {
  await assert.rejects(parseArguments('sync', ['x.yaml']), /takes no operand/)
})

test('a flag is false unless given', async () => {
  assert.equal((await parseArguments('simulate', [])).options.flag('reveal'), false)
  assert.equal((await parseArguments('simulate', ['--reveal'])).options.flag('reveal'), true)
})

test('standard input above the limit is an input error, not a full memory', async () => {
  const endless = (async function* () {
    for (;;) yield new Uint8Array(1024)
  })()
  await assert.rejects(readAll(endless, 4096), (error: Error) => error instanceof InputError)
})
