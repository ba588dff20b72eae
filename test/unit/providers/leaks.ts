import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { Answer } from '../../../src/model/provider.ts'
import type { Fault } from '../../servers/server.ts'
import { printed } from './opening.ts'

// What may go wrong at a server, with the canary in all of it, and the search for a piece of a secret in what came of it.

const WINDOW = 6
export const CANARY = 'Zq7Wv9Xk2Jp4Rt8Yb3Nm6Ld1'

const amz = { 'content-type': 'application/x-amz-json-1.1' }
export const FAULTS: readonly { readonly story: string; readonly does: Fault['does'] }[] = [
  { story: 'a reset', does: { reset: 'before' } },
  { story: 'a reset in the body', does: { reset: 'in-body' } },
  { story: 'a cut body', does: { truncateTo: 40 } },
  { story: 'no answer', does: { hang: true } },
  {
    story: 'a redirect that repeats the value',
    does: { redirect: `http://127.0.0.1:1/${CANARY}` },
  },
  { story: 'garbage that is the value', does: { reply: { status: 200, body: `${CANARY} {` } } },
  { story: 'garbage in HTML', does: { reply: { status: 404, body: `<html>${CANARY}` } } },
  { story: 'JSON of another shape', does: { reply: { status: 200, body: `{"${CANARY}":1}` } } },
  { story: 'a list', does: { reply: { status: 200, body: `["${CANARY}"]` } } },
  {
    story: 'an error that repeats the value',
    does: { reply: { status: 400, headers: amz, body: errorWith(400) } },
  },
  {
    story: 'a refusal that repeats it',
    does: { reply: { status: 403, headers: amz, body: errorWith(403) } },
  },
  { story: 'a fault inside', does: { reply: { status: 500, headers: amz, body: errorWith(500) } } },
  {
    story: 'a 404 that complains',
    does: { reply: { status: 404, headers: amz, body: errorWith(404) } },
  },
  {
    story: 'a header that repeats it',
    does: { reply: { status: 429, headers: { 'retry-after': CANARY }, body: errorWith(429) } },
  },
]

/** What Vault, AWS and Google would make of the same words. */
function errorWith(status: number): string {
  return JSON.stringify({
    errors: [`${CANARY} is wrong`, `permission denied ${CANARY}`],
    warnings: status === 404 ? [CANARY] : null,
    __type: status === 403 ? 'AccessDeniedException' : `${CANARY}Exception`,
    Message: `Credential=${CANARY} is malformed`,
    error: { code: status, status: `${CANARY}_STATUS`, message: `${CANARY} is in DISABLED` },
    error_description: `${CANARY} token is expired`,
  })
}

/** A window of a secret text in `text`, if there is one. Words of our own that a token happens to hold do not count. */
export function leakIn(text: string, secrets: readonly string[]): string | undefined {
  for (const secret of secrets) {
    for (let at = 0; at + WINDOW <= secret.length; at++) {
      const window = secret.slice(at, at + WINDOW)
      if (text.includes(window)) return window
    }
  }
  return undefined
}

export function everythingOf(value: unknown): string {
  const shown = inspect(value, { depth: 20, showHidden: true, maxArrayLength: null })
  return `${printed(value)}\n${shown}\n${JSON.stringify(value) ?? ''}`
}

/** The fault must have hit: a test of errors that sees none proves nothing. */
export function assertFailed(outcome: unknown, isAbsence = false): void {
  if (outcome instanceof Error) return
  assert.ok(Array.isArray(outcome))
  const answers = outcome as readonly Answer[]
  const expected = isAbsence ? 'absent' : 'failed'
  assert.ok(answers.every((answer) => answer.outcome === expected))
}
