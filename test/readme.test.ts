import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

// README's commands are run as they stand. `npm test` is the run that this test is part of; the test below checks that
// the CI script calls exactly that.

const readme = readFileSync('README.md', 'utf8')
const commands = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  .flatMap(([, block = '']) => block.split('\n'))
  .filter((line) => line.trim() !== '')

const SELF = 'npm test'

for (const command of commands.filter((line) => line !== SELF)) {
  test(`README: ${command}`, () => {
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
      encoding: 'utf8',
      input: '',
      maxBuffer: 1 << 26,
    })
    assert.equal(status, 0, stderr)
    assert.notEqual(stdout, '')
    assert.doesNotMatch(stdout, /not-a-real-(token|password)/)
  })
}

test('README says how to run the demo and the tests', () => {
  for (const command of ['npm run demo', SELF]) assert.ok(commands.includes(command), command)
})

test("CI calls exactly README's test command", () => {
  const lines = readFileSync('.ci/run', 'utf8').split('\n')
  assert.ok(lines.includes(SELF))
  assert.ok(lines.includes('npm run test:e2e'))
})

test('every file that README links to is there', () => {
  for (const [, target = ''] of readme.matchAll(/\]\(((?!https?:)[^)]+)\)/g)) {
    const { status } = spawnSync('test', ['-e', target])
    assert.equal(status, 0, target)
  }
})
