import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spokenText } from '../../../src/render/spoken-text.ts'
import { cpuMs } from '../../cpu-time.ts'

const rows: readonly {
  readonly story: string
  readonly said: string
  readonly hidden?: readonly string[]
  readonly heard: string
}[] = [
  { story: 'words stay', said: 'Error: x\n', heard: 'Error: x' },
  {
    story: 'colours and cursor movements go',
    said: '\u001b[31mError\u001b[0m: \u001b]0;title\u0007x\u001b[2J',
    heard: 'Error: x',
  },
  { story: 'a carriage return cannot overwrite', said: 'bad\rgood', heard: 'badgood' },
  { story: 'text cannot be turned around', said: 'a\u202eb', heard: 'ab' },
  {
    story: 'the folder of the application goes',
    said: "open /w/app/base/x.yaml: no such file in '/w/app'",
    hidden: ['/w/app'],
    heard: "open base/x.yaml: no such file in '.'",
  },
  {
    story: 'the folder of the plugin server goes',
    said: 'lstat /tmp/_cmp_server/0b5e3c1a-1111-2222-3333-444455556666/base: no such file',
    heard: 'lstat base: no such file',
  },
  {
    story: 'temporary folders go',
    said: 'evalsymlink failure on /tmp/kustomize-123/base',
    heard: 'evalsymlink failure on ‹temporary›',
  },
]
for (const { story, said, hidden = [], heard } of rows) {
  test(`what a child says: ${story}`, () => {
    assert.equal(spokenText(said, hidden), heard)
  })
}

test('of many lines the last ones are kept whole', () => {
  const heard = spokenText(Array.from({ length: 5000 }, (_, i) => `line ${i}`).join('\n'), [])
  assert.ok(heard.length <= 2500)
  assert.match(heard, /^line \d+\n/)
  assert.match(heard, /\nline 4999$/)
})

test('one endless line is cut', () => {
  const heard = spokenText('x'.repeat(1e6), [])
  assert.ok(heard.length < 3000)
})

test('hostile text takes linear time', () => {
  for (const unit of ['\u001b[', '/tmp/', '\u001b]', '_cmp_server/', 'a_cmp_server/0-']) {
    const tookMs = cpuMs(() => spokenText(unit.repeat(64 * 1024), []))
    assert.ok(tookMs < 1500, `${unit}: ${tookMs} ms`)
  }
})
