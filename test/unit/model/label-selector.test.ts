import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { isEmptySelector, selectorText, selects } from '../../../src/model/label-selector.ts'

const one = (key: string, operator: string, values?: readonly string[]): JsonObject => ({
  matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }],
})
const LABELS = new Map([
  ['env', 'prod'],
  ['team', 'a'],
])

const ROWS: readonly (readonly [
  selector: JsonObject,
  query: string | undefined,
  holds: boolean,
])[] = [
  [{ matchLabels: { env: 'prod', team: 'a' } }, 'env=prod,team=a', true],
  [{ matchLabels: { env: 'test' } }, 'env=test', false],
  [one('env', 'In', ['test', 'prod']), 'env in (test,prod)', true],
  [one('env', 'NotIn', ['prod']), 'env notin (prod)', false],
  [one('absent', 'NotIn', ['x']), 'absent notin (x)', true],
  [one('team', 'Exists'), 'team', true],
  [one('team', 'DoesNotExist'), '!team', false],
  [one('env', 'Like', ['p']), undefined, false],
  [one('env', 'In', []), undefined, false],
  [one('env', 'In', ['a,b=c']), undefined, false],
  [{ matchLabels: { env: 'prod,team=b' } }, undefined, false],
  [{ matchLabels: { env: 1 } }, undefined, false],
  [{ matchExpressions: {} }, undefined, false],
]
for (const [selector, query, holds] of ROWS) {
  test(`selector ${JSON.stringify(selector)} asks for ${query ?? 'nothing: it is refused'}`, () => {
    assert.equal(selectorText(selector), query)
    assert.equal(selects(selector, LABELS), holds)
  })
}

test('an empty selector is known as one', () => {
  for (const empty of [{}, { matchLabels: {} }, { matchExpressions: [] }]) {
    assert.ok(isEmptySelector(empty))
  }
  assert.ok(!isEmptySelector({ matchLabels: { a: 'b' } }))
  assert.ok(!isEmptySelector(one('a', 'Exists')))
})
