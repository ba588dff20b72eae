import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildGraph } from '../../../src/graph/graph.ts'
import { passedThrough } from '../../../src/handoff/remarks.ts'
import type { Document } from '../../../src/manifests/document.ts'
import type { JsonObject } from '../../../src/model/json.ts'

function document(object: JsonObject): Document {
  const at = { file: 'push.yaml', line: 1, column: 1 }
  return { object, at, locate: () => at, line: () => undefined }
}

const ROWS: readonly (readonly [kind: string, hint: RegExp])[] = [
  ['PushSecret', /waybill sync -f/],
  ['ClusterPushSecret', /a PushSecret per namespace/],
  ['ClusterExternalSecret', /^install such a controller, or leave the object out$/],
]

for (const [kind, hint] of ROWS) {
  test(`hand-off: a ${kind} stays in the render, and the finding says what else can be done`, () => {
    const object = { apiVersion: 'external-secrets.io/v1alpha1', kind, metadata: { name: 'x' } }
    const [finding, ...more] = passedThrough(buildGraph([document(object)], 'shop'))
    assert.equal(more.length, 0)
    assert.equal(finding?.rule, 'not-handed-off')
    assert.match(finding?.hint ?? '', hint)
  })
}
