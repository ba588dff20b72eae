import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { KubeErrorCode } from '../../../src/kube/api.ts'
import { refusal } from '../../../src/kube/status.ts'
import type { JsonObject, JsonValue } from '../../../src/model/json.ts'

const ASKED = { verb: 'apply', subject: 'Secret/shop/api' }

interface Row {
  readonly story: string
  readonly status: number
  readonly body: JsonValue | undefined
  readonly code: KubeErrorCode
  readonly words: string
}

// The messages are those of kube-apiserver 1.35.4 and of its admission plugins.
const rows: readonly Row[] = [
  {
    story: 'RBAC, a ServiceAccount',
    status: 403,
    body: said(
      'secrets "api" is forbidden: User "system:serviceaccount:shop:app" cannot patch resource "secrets" in API group "" in the namespace "shop"',
    ),
    code: 'forbidden',
    words: 'forbidden: ServiceAccount/shop/app may not patch secrets in namespace shop',
  },
  {
    story: 'RBAC, without a name, in the cluster',
    status: 403,
    body: said(
      'clustersecretstores.external-secrets.io is forbidden: User "jane" cannot list resource "clustersecretstores" in API group "external-secrets.io" at the cluster scope',
    ),
    code: 'forbidden',
    words: 'forbidden: user jane may not list clustersecretstores in the cluster',
  },
  {
    story: 'RBAC, nobody',
    status: 403,
    body: said(
      'secrets "api" is forbidden: User "system:anonymous" cannot get resource "secrets" in API group "" in the namespace "shop"',
    ),
    code: 'forbidden',
    words:
      'forbidden: an anonymous user (no credentials were accepted) may not get secrets in namespace shop',
  },
  {
    story: 'an admission webhook that repeats what it was sent',
    status: 403,
    body: said('admission webhook "policy.example.com" denied the request: data.k is "canary"'),
    code: 'forbidden',
    words: 'forbidden: admission webhook policy.example.com denied it',
  },
  {
    story: 'an admission policy, whose denials are Invalid by default',
    status: 422,
    body: said(
      `secrets "x" is forbidden: ValidatingAdmissionPolicy 'no-x' with binding 'no-x' denied request: canary`,
    ),
    code: 'invalid',
    words: 'forbidden: admission policy no-x denied it',
  },
  {
    story: 'an admission webhook that imitates RBAC',
    status: 403,
    body: said(
      'admission webhook "w.example.com" denied the request: User "canary" cannot get resource "canary"',
    ),
    code: 'forbidden',
    words: 'forbidden: admission webhook w.example.com denied it',
  },
  {
    story: 'a quota',
    status: 403,
    body: said(
      'secrets "api" is forbidden: exceeded quota: few-secrets, requested: secrets=1, used: secrets=5, limited: secrets=5',
    ),
    code: 'forbidden',
    words: 'forbidden: quota few-secrets is used up',
  },
  {
    story: 'an owner that may not be blocked',
    status: 403,
    body: said(
      'externalsecrets "api" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: , <nil>',
    ),
    code: 'forbidden',
    words:
      'forbidden: update on the finalizers of its owner is needed to block the deletion of that',
  },
  {
    story: 'a namespace that is being deleted',
    status: 403,
    body: said('secrets "api" is forbidden: unable to create new content in namespace shop …', [
      { reason: 'NamespaceTerminating', message: 'namespace shop is being terminated', field: '' },
    ]),
    code: 'forbidden',
    words: 'forbidden: the namespace is being deleted',
  },
  {
    story: 'a field error that quotes its value',
    status: 422,
    body: said('Secret "api" is invalid: data[bad key]: Invalid value: "canary"', [
      { reason: 'FieldValueInvalid', message: 'Invalid value: "canary"', field: 'data[bad key]' },
    ]),
    code: 'invalid',
    words: 'data[bad key] is not valid',
  },
  {
    story: 'a reason that we do not know',
    status: 422,
    body: said('…', [{ reason: 'FieldValueOdd', message: 'canary', field: 'type' }]),
    code: 'invalid',
    words: 'type is refused (no reason given)',
  },
  {
    story: 'an admission webhook that puts a value where a path belongs',
    status: 422,
    body: said('…', [{ reason: 'FieldValueInvalid', message: 'canary', field: 'canary' }]),
    code: 'invalid',
    words: 'the object is not valid',
  },
  {
    story: 'a Secret over 1 MiB',
    status: 422,
    body: said('…', [{ reason: 'FieldValueTooLong', message: 'Too long', field: 'data' }]),
    code: 'too-large',
    words: 'data is too long',
  },
  {
    story: 'an annotation that is too long is no size limit of the Secret',
    status: 422,
    body: said('…', [
      { reason: 'FieldValueTooLong', message: 'Too long', field: 'metadata.annotations' },
    ]),
    code: 'invalid',
    words: 'metadata.annotations is too long',
  },
  {
    story: 'no Status at all',
    status: 502,
    body: undefined,
    code: 'unavailable',
    words: 'the API server answered 502',
  },
  {
    story: 'a reason alone',
    status: 500,
    body: { kind: 'Status', reason: 'InternalError', message: 'canary' },
    code: 'unavailable',
    words: 'the API server answered 500 InternalError',
  },
]

for (const { story, status, body, code, words } of rows) {
  test(`a refusal in our words: ${story}`, () => {
    const error = refusal(status, body, ASKED)
    assert.equal(error.message, `cannot apply Secret/shop/api: ${words}`)
    assert.deepEqual([error.code, error.status], [code, status])
  })
}

test('no text of the server that could hold a value gets into a message', () => {
  const value = fc.stringMatching(/^[A-Za-z0-9+/=]{8,40}$/).map((text) => `SENTINEL${text}`)
  const before = fc.constantFrom(
    '',
    'admission webhook "w.example" denied the request: ',
    'secrets "a" is forbidden: ',
    'Secret "a" is invalid: data: Invalid value: ',
    'exceeded quota: q, ',
  )
  const status = fc.constantFrom(400, 403, 404, 409, 410, 413, 422, 429, 500, 503)
  fc.assert(
    fc.property(value, before, status, (secret, prefix, code) => {
      const message = `${prefix}${secret} and "${secret}"`
      const body = said(message, [
        { reason: 'FieldValueInvalid', message: `Invalid value: ${secret}`, field: 'data' },
      ])
      for (const answer of [body, said(message), { data: { k: secret } }]) {
        assert.doesNotMatch(refusal(code, answer, ASKED).message, /SENTINEL/)
      }
    }),
  )
})

test('a message stays one line of printable characters', () => {
  const text = fc.string({ unit: 'binary', maxLength: 400 })
  fc.assert(
    fc.property(text, text, (field, reason) => {
      const causes = [{ field, reason, message: `conflict with "${field}"` }]
      const { message } = refusal(409, { kind: 'Status', reason, details: { causes } }, ASKED)
      assert.match(message, /^[\x20-\x7e]*$/)
      assert.ok(message.length < 1_000)
    }),
  )
})

function said(message: string, causes: readonly JsonObject[] = []): JsonObject {
  return { kind: 'Status', status: 'Failure', reason: 'Any', message, details: { causes } }
}
