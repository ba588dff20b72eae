import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transformThrough } from '../../../src/values/transform.ts'
import { engine } from '../template/render.ts'

const transform = transformThrough(engine)

const rows: readonly (readonly [story: string, template: string, key: string, text: string])[] = [
  ['the key is the value', '{{ .value | upper }}', 'db/user', 'DB/USER'],
  ['a template may leave the key out', 'fixed', 'a', 'fixed'],
  ['another name has no value, and that is no error', '{{ .key }}', 'a', '<no value>'],
  [
    'the functions of Sprig are there',
    '{{ .value | replace "/" "_" | trimPrefix "x_" }}',
    'x/y',
    'y',
  ],
  ['letters beyond ASCII stay', '{{ .value }}é', '日', '日é'],
  ['a byte order mark stays', '{{ .value }}', '\ufeffa', '\ufeffa'],
]

for (const [story, template, key, text] of rows) {
  test(`transform: ${story}`, () => {
    assert.deepEqual(transform(template, key), { outcome: 'rendered', text })
  })
}

const failures: readonly (readonly [template: string, stage: 'parse' | 'exec'])[] = [
  ['{{ .value', 'parse'],
  ['{{ nofunc .value }}', 'parse'],
  ['{{ fail .value }}', 'exec'],
  ['{{ index .value 99 }}', 'exec'],
]

for (const [template, stage] of failures) {
  test(`transform: ${template} fails at ${stage}, and the message holds no key`, () => {
    const transformed = transform(template, 'correct horse')
    assert.ok(transformed.outcome === 'failed')
    assert.equal(transformed.stage, stage)
    assert.ok(!transformed.message.includes('horse'))
  })
}
