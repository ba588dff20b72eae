import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engine } from '../vector-runner/template-engine.ts'
import { compare, shrink } from './compare.ts'
import { durations } from './durations.ts'
import type { Question } from './family.ts'
import type { Oracle } from './oracle.ts'
import { paths } from './paths.ts'
import { patterns } from './patterns.ts'
import { createRandom } from './random.ts'
import { TEMPLATE_FUNCTIONS } from './template-functions.ts'
import { templates } from './templates.ts'
import { yaml } from './yaml.ts'

for (const family of [templates, paths, patterns, yaml, durations]) {
  const questions = (seed: number): readonly Question[] => {
    const random = createRandom(seed)
    return Array.from({ length: 50 }, () => family.ask(random))
  }

  test(`fuzz: a seed asks the same ${family.name} again, another seed others`, () => {
    assert.deepEqual(questions(1), questions(1))
    assert.notDeepEqual(questions(1), questions(2))
  })
}

test('fuzz: every function that it calls is one of the engine', () => {
  const unknown = TEMPLATE_FUNCTIONS.filter(({ name }) => {
    const text = new TextEncoder().encode(`{{ if false }}{{ ${name} }}{{ end }}`)
    const request = { key: 'key', text, data: new Map(), missingKey: 'error' } as const
    return engine.render(request).outcome === 'failed'
  })
  assert.deepEqual(unknown, [])
})

/** An engine that takes no duration with a zero in it. */
const dislikesZero: Oracle = (questions) =>
  questions.map(({ text }) =>
    String(text).includes('0') ? { error: 'zero' } : { error: 'duration' },
  )

test('fuzz: a difference shrinks to what makes it one', async () => {
  const question = { call: 'duration', text: '17x and 0, and so on' }
  const { differences, agreed } = await compare(
    [question, { call: 'duration', text: 'x' }],
    dislikesZero,
  )
  assert.equal(agreed, 1)
  assert.deepEqual(
    differences.map((difference) => difference.question),
    [question],
  )
  const smallest = await shrink(differences[0]!, dislikesZero)
  assert.deepEqual(smallest.question, { call: 'duration', text: '0' })
})

test('fuzz: what the engine has no one answer to is neither agreed nor different', async () => {
  const { agreed, open, differences } = await compare([{ call: 'duration', text: '1s' }], () => [
    { varies: true },
  ])
  assert.deepEqual({ agreed, open, differences }, { agreed: 0, open: 1, differences: [] })
})

test('fuzz: a bound of ours is open, any other refusal is a difference', async () => {
  const ask = (template: string) => ({ call: 'template', template, data: {} })
  const { open, differences } = await compare(
    [ask('{{ range until 199999 }}x{{ len "a" }}{{ end }}'), ask('{{ fail "no" }}')],
    (questions) => questions.map(() => ({ out: 'x' })),
  )
  assert.equal(open, 1)
  assert.deepEqual(
    differences.map(({ question }) => question),
    [ask('{{ fail "no" }}')],
  )
})
