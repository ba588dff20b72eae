import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Held, Rule } from './rule.ts'

/** One test for each rule: it asks each input, and looks for the tests of other files. */
export function walk(rules: readonly Rule[]): void {
  for (const { rule, says, differs, cases } of rules) {
    const title = `R${rule}: ${says}${differs === undefined ? '' : `; here: ${differs}`}`
    test(title, async (t) => {
      assert.ok(cases.length > 0, 'a mere mention')
      for (const one of cases) {
        if ('ask' in one) assert.deepEqual(await one.ask(t), one.answer, one.story)
        else assertHeld(rule, one)
      }
    })
  }
}

/** The title has the number, and one line of the file has the title; `…` stands for what the rows there put in. */
function assertHeld(rule: number, { file, title }: Held): void {
  assert.match(title, new RegExp(`\\bR${rule}\\b`), title)
  const parts = title.split('…')
  const isTitle = (line: string): boolean =>
    /\btest\(|\bstory: /.test(line) && parts.every((part) => line.includes(part))
  assert.ok(readFileSync(file, 'utf8').split('\n').some(isTitle), `${file} has no test "${title}"`)
}
