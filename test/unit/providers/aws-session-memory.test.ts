import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { sharedSession } from '../../../src/providers/aws/sessions.ts'

const HOUR_MS = 3_600_000

test('a session that is over is in no memory after the next login', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let nowMs = 0
  const context = { env: {}, nowMs: () => nowMs }
  const logIn = async (id: string) => {
    const expiration = new Date(nowMs + HOUR_MS)
    const keys = { accessKeyId: id, secretAccessKey: 's', expiration }
    const session = sharedSession(context, id, async () => keys)
    await session.keys
    return new WeakRef(session)
  }
  const sessions = [await logIn('first'), await logIn('second')]
  nowMs = HOUR_MS / 2
  sessions.push(await logIn('third'))
  nowMs = HOUR_MS
  await logIn('fourth')
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  const held = sessions.map((session) => session.deref() !== undefined)
  assert.deepEqual(held, [false, false, true])
})
