import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parityOf } from '../../../src/model/parity.ts'
import type { RemoteSecret } from '../../../src/model/push.ts'
import { decodePushSecret } from '../../../src/model/push-secret.ts'
import { decodeStore } from '../../../src/model/store.ts'
import { OPEN_POLICY } from '../../../src/model/store-policy.ts'
import { ProviderError } from '../../../src/providers/provider.ts'
import type { OpenWriter } from '../../../src/providers/writer.ts'
import type { PushPorts } from '../../../src/sync/push/ports.ts'
import { withdraw } from '../../../src/sync/push/push.ts'
import { testOpening } from '../providers/opening.ts'
import { entryOf } from '../providers/pushing.ts'

// Taking back what was pushed, as a controller does it before it lets a PushSecret go.

const PUSH = decodePushSecret({ metadata: { name: 'ps', namespace: 'shop' } })
const REMEMBERED = new Map([
  [
    'SecretStore/a',
    new Map([
      ['one', entryOf({ key: 'one' })],
      ['two', entryOf({ key: 'two' })],
    ]),
  ],
  ['SecretStore/down', new Map([['x', entryOf({ key: 'x' })]])],
  ['SecretStore/gone', new Map([['y', entryOf({ key: 'y' })]])],
])

/** Stores in memory: `down` cannot be opened, `gone` does not exist, `two` is somebody else's by now. */
function portsOf(removed: string[], isDryRun = false): PushPorts {
  const unused = (): never => {
    throw new Error('not asked')
  }
  const { context } = testOpening()
  const marks = { labels: new Map<string, string>(), annotations: new Map<string, string>() }
  const held = (key: string): RemoteSecret => ({
    isManaged: key !== 'two',
    body: { shape: 'data', data: new Map() },
    marks,
    revision: '',
  })
  const open: OpenWriter = async ({ name }) => {
    if (name === 'down') throw new ProviderError('unavailable', 'it is down')
    return {
      dialect: 'kubernetes',
      observe: async ({ remoteKey }) => held(remoteKey),
      write: unused,
      remove: async ({ remoteKey }) => {
        removed.push(remoteKey)
      },
      close: async () => undefined,
    }
  }
  return {
    lookup: unused,
    secretsWith: unused,
    storesOf: unused,
    reading: {
      gate: async (key) => {
        const name = key.split('/').at(-1) ?? ''
        const failure = {
          code: 'store-not-found',
          message: 'no such store',
          hint: undefined,
        } as const
        if (name === 'gone') return { outcome: 'failed', failure }
        const store = decodeStore({ kind: 'SecretStore', metadata: { name, namespace: 'shop' } })
        return { outcome: 'found', store }
      },
      policy: OPEN_POLICY,
      generators: { find: unused, answer: unused },
      signal: context.signal,
      deadlineMs: 1000,
    },
    engines: { patterns: unused, templates: unused, enginesFor: unused },
    open: (store, { signal }) => open(store, { ...context, signal }),
    parity: parityOf('waybill'),
    keepsLost: undefined,
    controllerClass: 'default',
    isDryRun,
  }
}

test('withdraw: takes back what is ours, forgets what is not, and keeps what could not be asked', async () => {
  const removed: string[] = []
  const outcome = await withdraw(PUSH, REMEMBERED, portsOf(removed))
  assert.deepEqual(removed, ['one'])
  assert.deepEqual(
    outcome.changes.map(({ remoteKey, action }) => `${action} ${remoteKey}`),
    ['deleted one', 'skipped two'],
  )
  assert.deepEqual(
    outcome.errors.map(({ code }) => code),
    ['Unavailable', 'StoreNotFound'],
  )
  assert.deepEqual([...outcome.synced.keys()], ['SecretStore/down', 'SecretStore/gone'])
  assert.equal(outcome.outcome, 'failed')
})

test('withdraw: nothing left to remember means that the object may go', async () => {
  const only = new Map([...REMEMBERED].slice(0, 1))
  const { synced, condition } = await withdraw(PUSH, only, portsOf([]))
  assert.equal(synced.size, 0)
  assert.equal(condition.reason, 'SourceDeleted')
})

test('withdraw: a dry run removes and forgets nothing', async () => {
  const removed: string[] = []
  const only = new Map([...REMEMBERED].slice(0, 1))
  const { synced, changes } = await withdraw(PUSH, only, portsOf(removed, true))
  assert.deepEqual([removed, changes[0]?.action], [[], 'deleted'])
  assert.deepEqual(synced, only)
})
