import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rendered } from '../render.ts'

type Data = Readonly<Record<string, string | Uint8Array>>

/** A rendering and its text. Where it is not said otherwise, Go's text/template with Sprig 3.3 gives the same. */
export interface Row {
  readonly story: string
  readonly template: string
  readonly data?: Data
  readonly expected: string
}

/** A rendering that fails while it runs, as it does in Go. `.s` is a secret. */
export interface Refusal {
  readonly story: string
  readonly template: string
  readonly data?: Data
  /** Our words behind line and column. */
  readonly message: string
}

export function testRows(family: string, rows: readonly Row[]): void {
  for (const { story, template, data, expected } of rows) {
    test(`${family}: ${story}`, () => {
      assert.equal(rendered(template, data), expected)
    })
  }
}

const SECRET = 'correct horse battery staple'

export function testRefusals(family: string, refusals: readonly Refusal[]): void {
  for (const { story, template, data, message } of refusals) {
    test(`${family}: ${story} fails, and the message holds no operand`, () => {
      const failure = rendered(template, { s: SECRET, ...data })
      assert.equal(failure.replace(/line \d+, column \d+: /, ''), `exec: ${message}`)
      assert.ok(!failure.includes(SECRET.slice(0, 8)))
    })
  }
}
