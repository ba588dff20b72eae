import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change } from '../../../src/plan/change.ts'
import { secretAfter } from '../../../src/plan/secret-after.ts'
import { desired, observed, textsOf } from './secrets.ts'

// What is there when a change has been made: type and value of `a`.

const NEW = desired({ a: 'new' })
const TLS = desired({ a: 'new' }, { type: 'kubernetes.io/tls' })
const OLD = observed('us', { a: 'old' }, { type: 'kubernetes.io/basic-auth' })
const write = { owner: 'none', by: 'apply' } as const

const ROWS: readonly { readonly story: string; readonly change: Change; readonly is: string }[] = [
  { story: 'made', change: { action: 'create', desired: NEW, ...write }, is: 'Opaque new' },
  {
    story: 'made with a type',
    change: { action: 'create', desired: TLS, ...write },
    is: 'kubernetes.io/tls new',
  },
  {
    story: 'updated',
    change: { action: 'update', desired: NEW, observed: OLD, ...write },
    is: 'kubernetes.io/basic-auth new',
  },
  {
    story: 'updated with a type',
    change: { action: 'update', desired: TLS, observed: OLD, ...write },
    is: 'kubernetes.io/tls new',
  },
  {
    story: 'unchanged',
    change: { action: 'unchanged', observed: OLD },
    is: 'kubernetes.io/basic-auth old',
  },
  {
    story: 'retained',
    change: { action: 'retain', observed: OLD, because: 'policy' },
    is: 'kubernetes.io/basic-auth old',
  },
  {
    story: 'retained where none is',
    change: { action: 'retain', observed: undefined, because: 'policy' },
    is: 'none',
  },
  { story: 'deleted', change: { action: 'delete', observed: OLD }, is: 'none' },
  { story: 'skipped', change: { action: 'skip', because: 'none' }, is: 'none' },
  { story: 'refused', change: { action: 'refuse', step: 'read', errors: [] }, is: 'none' },
]

for (const { story, change, is } of ROWS) {
  test(`afterwards: ${story}: ${is}`, () => {
    const secret = secretAfter(change)
    assert.equal(secret === undefined ? 'none' : `${secret.type} ${textsOf(secret.data).a}`, is)
  })
}
