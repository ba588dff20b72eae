import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gathered } from '../../../src/render/gathered.ts'
import { fileSource, memorySource, type Source } from '../../../src/render/source.ts'

const scratch = mkdtempSync(join(tmpdir(), 'waybill-source-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

async function text({ read }: Source): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of read()) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

function file(name: string, content: string): string {
  const path = join(scratch, name)
  writeFileSync(path, content)
  return path
}

test('a file can be read as often as it is needed', async () => {
  const content = 'x'.repeat(2_500_000)
  const source = await fileSource('a.yaml', file('a.yaml', content))
  assert.equal(source.byteLength, content.length)
  assert.equal(await text(source), content)
  assert.equal(await text(source), content)
})

test('what a child printed can be read twice', async () => {
  const source = memorySource('<helm>', new TextEncoder().encode('a: 1\n'))
  assert.equal(await text(source), await text(source))
})

const changes: readonly { readonly story: string; readonly change: (path: string) => void }[] = [
  { story: 'longer', change: (path) => appendFileSync(path, 'b: 2\n') },
  { story: 'shorter', change: (path) => writeFileSync(path, '') },
  { story: 'touched', change: (path) => utimesSync(path, 1, 1) },
  {
    story: 'another file of the same size and time',
    change: (path) => {
      rmSync(path)
      file('in-between', 'a: 1\n')
      writeFileSync(path, 'a: 2\n')
      utimesSync(path, 5, 5)
    },
  },
  { story: 'gone', change: (path) => rmSync(path) },
]
for (const { story, change } of changes) {
  test(`a file that is ${story} afterwards is not mixed into the answer`, async () => {
    const path = file('b.yaml', 'a: 1\n')
    utimesSync(path, 5, 5)
    const source = await fileSource('b.yaml', path)
    change(path)
    await assert.rejects(text(source), { name: 'RenderError' })
  })
}

test('a file that changes while it is read is noticed at its end', async () => {
  const path = file('c.yaml', 'x'.repeat(3_000_000))
  const source = await fileSource('c.yaml', path)
  await assert.rejects(async () => {
    let isFirst = true
    for await (const _ of source.read()) {
      if (isFirst) appendFileSync(path, 'more')
      isFirst = false
    }
  }, /changed while it was read/)
})

test('small pieces are gathered, and none is lost', async () => {
  async function* small(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 10_000; i++) yield new TextEncoder().encode(`line ${i}\n`)
  }
  const pieces: Uint8Array[] = []
  for await (const piece of gathered(small())) pieces.push(piece)
  assert.ok(pieces.length <= 3)
  const expected = Array.from({ length: 10_000 }, (_, i) => `line ${i}\n`).join('')
  assert.equal(Buffer.concat(pieces).toString(), expected)
})
