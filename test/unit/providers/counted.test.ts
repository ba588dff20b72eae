import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counted } from '../../../src/providers/counted.ts'

const rows: readonly {
  readonly story: string
  readonly attempt: (onLeave: () => void) => Promise<number>
  readonly told: readonly string[]
}[] = [
  {
    story: 'an answer is a success',
    attempt: async (onLeave) => {
      onLeave()
      return 200
    },
    told: ['s:Get leaves', 's:Get succeeded'],
  },
  {
    story: 'an answer that says no is an error',
    attempt: async (onLeave) => {
      onLeave()
      return 403
    },
    told: ['s:Get leaves', 's:Get failed'],
  },
  {
    story: 'no answer is an error',
    attempt: async (onLeave) => {
      onLeave()
      throw new Error('cut')
    },
    told: ['s:Get leaves', 's:Get failed'],
  },
  {
    story: 'what never left is told of neither way',
    attempt: async () => {
      throw new Error('the store was given up')
    },
    told: [],
  },
]

for (const { story, attempt, told } of rows) {
  test(story, async () => {
    const heard: string[] = []
    const context = {
      onCall: (call: string) => heard.push(`${call} leaves`),
      onCallEnded: (call: string, isError: boolean) =>
        heard.push(`${call} ${isError ? 'failed' : 'succeeded'}`),
    }
    const isError = (status: number): boolean => status >= 400
    await counted(context, { call: 's:Get', isError }, attempt).catch(() => undefined)
    assert.deepEqual(heard, told)
  })
}
