import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type NameKind, nameProblem } from '../../../src/model/names.ts'

const valid: readonly (readonly [NameKind, string])[] = [
  ['data-key', '.dockerconfigjson'],
  ['data-key', 'k'.repeat(253)],
  ['secret-name', 'my.secret.name'],
  ['dns1123-label', 'a--b'],
  ['namespace-name', '1-a'],
  ['dns1035-label', 'a-1'],
  ['generate-name', 'my-'],
  ['generate-name', '_-'],
  ['label-key', 'kubernetes.io/metadata.name'],
  ['label-value', ''],
  ['annotation-key', 'EXAMPLE/Name'],
  ['annotation-key', '\u212a'],
  ['annotation-key', '\u0130'],
  ['env-var', '-a'],
]
for (const [kind, value] of valid) {
  test(`names: ${JSON.stringify(value.slice(0, 30))} is a valid ${kind}`, () => {
    assert.equal(nameProblem(kind, value), undefined)
  })
}

const invalid: readonly (readonly [NameKind, string, RegExp])[] = [
  ['data-key', '', /letters, digits/],
  ['data-key', '..', /must not start with/],
  ['data-key', 'k'.repeat(254), /no more than 253/],
  ['data-key', 'a\n', /letters/],
  ['data-key', 'clé', /letters/],
  ['secret-name', 'My', /lower case/],
  ['secret-name', 'a..b', /every part/],
  ['dns1123-label', 'a.b', /lower case/],
  ['dns1035-label', '1a', /start with a letter/],
  ['namespace-name', 'n'.repeat(64), /63/],
  ['generate-name', '-', /lower case/],
  ['label-key', 'a/b/c', /at most one/],
  ['label-key', '/a', /prefix before/],
  ['label-key', 'Example.com/a', /^prefix must/],
  ['label-key', 'a/', /not be empty/],
  ['label-value', '-', /start and end/],
  ['annotation-key', 'x_y/z', /^prefix/],
  ['env-var', '1a', /start with a digit/],
]
for (const [kind, value, reason] of invalid) {
  test(`names: ${JSON.stringify(value.slice(0, 30))} is no valid ${kind}`, () => {
    assert.match(nameProblem(kind, value) ?? '', reason)
  })
}
