import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerReference } from '../../../src/model/secret.ts'
import {
  MANAGED_LABEL,
  OWNER_ANNOTATION,
  type Ownership,
  ownershipOf,
} from '../../../src/plan/marks.ts'
import { ANCHOR, claim, observed } from './secrets.ts'

// The table of marks.ts, row by row: whose a Secret is. We are ExternalSecret `api` of app `shop`.

const ES = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', controller: true }
const OBJECT: OwnerReference = { ...ES, name: 'api', uid: 'me' }
const CONTROLLERS: Readonly<Record<string, OwnerReference | undefined>> = {
  nobody: undefined,
  'a Job': { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j', controller: true },
  'of another group': { ...OBJECT, apiVersion: 'example.com/v1' },
  'another ES': { ...ES, name: 'web', uid: 'w' },
  'ES of our name': { ...ES, name: 'api', uid: 'gone' },
  'our object': OBJECT,
  'a mere owner': { ...ES, name: 'web', uid: 'w', controller: false },
}

const ROWS = `
  we are   │ controller       │ label │ owner    │ adopting │ it is
  a bundle │ nobody           │ true  │ shop     │ no       │ ours
  a bundle │ nobody           │ true  │ shop/api │ no       │ ours
  a bundle │ nobody           │ true  │ -        │ no       │ ours
  a bundle │ nobody           │ true  │ other    │ no       │ another
  a bundle │ nobody           │ true  │ other    │ yes      │ another
  a bundle │ nobody           │ -     │ shop     │ no       │ foreign
  a bundle │ nobody           │ false │ shop     │ no       │ foreign
  a bundle │ a Job            │ true  │ shop     │ no       │ ours
  a bundle │ a Job            │ true  │ other    │ no       │ another
  a bundle │ a Job            │ -     │ -        │ no       │ controlled
  a bundle │ of another group │ -     │ -        │ no       │ controlled
  a bundle │ a mere owner     │ -     │ -        │ no       │ foreign
  a bundle │ another ES       │ true  │ shop     │ yes      │ another
  a bundle │ ES of our name   │ -     │ -        │ no       │ foreign
  a bundle │ ES of our name   │ true  │ shop     │ no       │ foreign
  a bundle │ ES of our name   │ -     │ -        │ yes      │ ours
  an object│ our object       │ -     │ -        │ no       │ ours
  an object│ ES of our name   │ true  │ shop     │ no       │ ours
  an object│ ES of our name   │ -     │ -        │ no       │ foreign
  an object│ ES of our name   │ -     │ -        │ yes      │ ours
  an object│ another ES       │ true  │ shop     │ no       │ another
`

const rows = ROWS.trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split('│').map((cell) => cell.trim()))

for (const [we, controller = '', label = '', owner = '', adopting, expected] of rows) {
  test(`ownership: ${we}, controlled by ${controller}, label ${label}, owner ${owner}, adopting ${adopting}: ${expected}`, () => {
    assert.ok(Object.hasOwn(CONTROLLERS, controller), controller)
    const reference = CONTROLLERS[controller]
    const secret = observed(
      'nobody',
      {},
      {
        owners: reference === undefined ? [] : [reference],
        labels: new Map(label === '-' ? [] : [[MANAGED_LABEL, label]]),
        annotations: new Map(owner === '-' ? [] : [[OWNER_ANNOTATION, owner]]),
      },
    )
    const anchor = we === 'a bundle' ? ANCHOR : OBJECT
    const whose: Ownership = ownershipOf(secret, claim({ anchor, adopts: adopting === 'yes' }))
    assert.equal(whose, expected)
  })
}
