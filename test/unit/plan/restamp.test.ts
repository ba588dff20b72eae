import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Claim } from '../../../src/plan/marks.ts'
import { decodeObserved } from '../../../src/plan/observed.ts'
import { planRestamp } from '../../../src/plan/restamp.ts'

// Which Secrets are saved from the collector when nothing else is done about them.

const ANCHOR = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: 'waybill-shop',
  uid: 'new',
  controller: true,
}

const OBJECT = {
  ...ANCHOR,
  apiVersion: 'external-secrets.io/v1',
  kind: 'ExternalSecret',
  name: 'api',
}

const CLAIM: Claim = {
  owner: 'shop',
  aliases: ['shop/api'],
  externalSecret: 'api',
  anchor: ANCHOR,
  adopts: false,
  marks: true,
  esoMarks: false,
}

function secret(owners: readonly JsonObject[], labels: JsonObject, owner: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'api',
      namespace: 'shop',
      uid: 'u',
      resourceVersion: '7',
      labels,
      annotations: { 'waybill.dev/owner': owner },
      ownerReferences: owners,
    },
    data: { k: 'dg==' },
  }
}

const MARKED = { 'waybill.dev/managed': 'true' }
const OLD = { ...ANCHOR, uid: 'old' }

interface Row {
  readonly story: string
  readonly owners: readonly JsonObject[]
  readonly labels?: JsonObject
  readonly owner?: string
  readonly claim?: Partial<Claim>
  readonly policy?: string
  /** uids that go; undefined: nothing is done. */
  readonly stale: readonly string[] | undefined
}

const rows: readonly Row[] = [
  { story: 'the anchor was made anew', owners: [OLD], stale: ['old'] },
  {
    story: 'it was made anew twice',
    owners: [OLD, { ...OLD, uid: 'older' }],
    stale: ['old', 'older'],
  },
  { story: 'it is as it was', owners: [ANCHOR], stale: undefined },
  { story: 'nobody owns it', owners: [], stale: undefined },
  {
    story: 'the owner is the anchor of another app',
    owners: [{ ...OLD, name: 'waybill-x' }],
    stale: undefined,
  },
  { story: 'a Secret of another app', owners: [OLD], owner: 'other', stale: undefined },
  { story: 'a Secret without our marks', owners: [OLD], labels: {}, stale: undefined },
  { story: 'creationPolicy Orphan', owners: [OLD], policy: 'Orphan', stale: undefined },
  { story: 'creationPolicy Merge', owners: [OLD], policy: 'Merge', stale: undefined },
  { story: 'no anchor is known', owners: [OLD], claim: { anchor: 'none' }, stale: undefined },
  { story: 'a folder', owners: [OLD], claim: { anchor: 'any' }, stale: undefined },
  {
    story: 'an ExternalSecret object was made anew',
    owners: [{ ...OBJECT, uid: 'old' }],
    owner: 'shop/api',
    claim: { owner: 'shop/api', anchor: OBJECT },
    stale: ['old'],
  },
  {
    story: 'what ESO keeps for an ExternalSecret of the same name',
    owners: [{ ...OBJECT, uid: 'old' }],
    labels: {},
    claim: { owner: 'shop/api', anchor: OBJECT },
    stale: undefined,
  },
]

for (const {
  story,
  owners,
  labels = MARKED,
  owner = 'shop',
  claim,
  policy = 'Owner',
  stale,
} of rows) {
  test(`restamp: ${story} → ${stale === undefined ? 'left alone' : 'the new owner'}`, () => {
    const observed = decodeObserved(secret(owners, labels, owner), ['waybill'])
    const externalSecret = decodeExternalSecret({
      metadata: { name: 'api', namespace: 'shop' },
      spec: { target: { creationPolicy: policy } },
    })
    const whole = { ...CLAIM, ...claim }
    const change = planRestamp({ externalSecret, observed, claim: whole })
    assert.deepEqual(change && [...change.stale], stale)
    if (change !== undefined) assert.deepEqual(change.owner, whole.anchor)
  })
}

test('restamp: what is not there cannot be saved', () => {
  const externalSecret = decodeExternalSecret({ metadata: { name: 'api' } })
  assert.equal(planRestamp({ externalSecret, observed: undefined, claim: CLAIM }), undefined)
})
