import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Parity, parityOf } from '../../../src/model/parity.ts'
import { answerOf } from './answers.ts'
import { EXAMPLES } from './examples.ts'
import { parityPage } from './page.ts'

interface Row {
  readonly eso: string
  readonly waybill: string
}

/** Both answers to each example of examples.ts. */
const ANSWERS: Readonly<Record<keyof Parity, Row>> = {
  vaultExtractKeepsNumberText: {
    eso: '{"account":"12345678901234567000","rate":"1.5"}',
    waybill: '{"account":"12345678901234567890","rate":"1.50"}',
  },
  tracksNoMetadata: {
    eso: '{"argocd.argoproj.io/tracking-id":"app:external-secrets.io/ExternalSecret:ns/app","team":"pay"}',
    waybill: '{"team":"pay","waybill.dev/owner":"ns/app"}',
  },
  rewriteCollisionFails: {
    eso: '{"key":"two"}',
    waybill:
      'failed: spec.dataFrom[0].rewrite[0]: failed rewrite operation[0]: key1 and key2 both become key',
  },
  storeRefAloneFails: {
    eso: '{"user":"ada"}',
    waybill:
      'failed: spec.dataFrom[0]: takes nothing: expected find, extract or sourceRef.generatorRef',
  },
  refusesForeignSecrets: {
    eso: '{"user":"ada"}',
    waybill:
      'failed: spec.target.name: the target Secret was not made by waybill: choose another target.name, use creationPolicy Merge, or take it over with --adopt=eso',
  },
  findsExactTags: {
    eso: '{"crossed":"c","longer":"l","right":"r"}',
    waybill: '{"right":"r"}',
  },
  refusesTokenSecrets: {
    eso: 'created, type kubernetes.io/service-account-token, keys ["user"]',
    waybill:
      'failed: spec.target.template.type: type kubernetes.io/service-account-token is not allowed',
  },
  refusesTemplateFinalizers: {
    eso: 'created, type Opaque, keys ["user"]',
    waybill:
      'failed: spec.target.template.metadata.finalizers: finalizers are not allowed: nobody would take them away again',
  },
  conditionTellsCause: {
    eso: 'could not get secret data from provider',
    waybill:
      'spec.data[0].remoteRef.property: property nobody of secret /db does not exist; spec.data[1].remoteRef.key: secret /other does not exist at the provider',
  },
  checksDataKeys: {
    eso: 'created, type Opaque, keys ["größe"]',
    waybill:
      "failed: \"größe\" is not a key of a Secret: expected letters, digits, '-', '_' or '.'",
  },
}

test('parity: every switch is on by default and off under --parity=eso', () => {
  for (const [name, value] of Object.entries(parityOf('waybill'))) assert.equal(value, true, name)
  for (const [name, value] of Object.entries(parityOf('eso'))) assert.equal(value, false, name)
})

test('parity: every switch has an example', () => {
  assert.deepEqual(Object.keys(EXAMPLES).sort(), Object.keys(parityOf('waybill')).sort())
})

for (const [name, expected] of Object.entries(ANSWERS)) {
  test(`parity: ${name} decides which of two answers is given`, async () => {
    const example = EXAMPLES[name as keyof Parity]
    assert.equal(await answerOf(example, 'eso'), expected.eso)
    assert.equal(await answerOf(example, 'waybill'), expected.waybill)
    assert.notEqual(expected.eso, expected.waybill)
  })
}

test('parity: docs/parity.md is what `npm run docs` writes', async () => {
  assert.equal(readFileSync('docs/parity.md', 'utf8'), await parityPage())
})
