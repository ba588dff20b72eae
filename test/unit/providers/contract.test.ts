import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Answer, Read } from '../../../src/model/provider.ts'
import type { SecretProvider } from '../../../src/providers/provider.ts'
import { gcpEnv } from '../../servers/gcp.ts'
import type { Fault } from '../../servers/server.ts'
import { fetchMetadata, get, inShort, type TestOpening, testOpening, testStore } from './opening.ts'
import { ACCOUNT, EVERYTHING, KEY, type Remote, SUBJECTS, type Subject } from './subjects.ts'

// What every provider promises, told once: a new one gets a row in subjects.ts and passes, or it is not a provider.

interface Opened {
  readonly provider: SecretProvider
  readonly remote: Remote
  readonly opening: TestOpening
  readonly read: (...reads: readonly Read[]) => Promise<readonly Answer[]>
}

async function start(
  t: TestContext,
  { name, open, start, settings }: Subject,
  callMs = 5000,
): Promise<Opened> {
  const remote = await start()
  const opening = testOpening({
    env: {
      AWS_SECRETSMANAGER_ENDPOINT: remote.url,
      AWS_SSM_ENDPOINT: remote.url,
      AZURE_AUTHORITY_HOST: remote.url,
      ...gcpEnv(remote.url),
    },
    cluster: {
      secrets: {
        'shop/keys': {
          id: KEY.id,
          key: KEY.secret,
          token: remote.bearer ?? 'given',
          json: ACCOUNT.json,
        },
      },
      labels: { 'shop/keys': { 'external-secrets.io/type': 'webhook' } },
    },
  })
  const provider = await open(callMs)(testStore(name, settings(remote.url)), opening.context)
  remote.calls.clear()
  opening.calls.length = 0
  t.after(async () => {
    await provider.close()
    opening.close()
    await remote.close()
  })
  return {
    provider,
    remote,
    opening,
    read: (...reads) => provider.read(reads, opening.context.signal),
  }
}

for (const subject of SUBJECTS) {
  const { name, payload, callNamed = (call: string) => call } = subject
  const knows = subject.knows ?? EVERYTHING
  const alone = { skip: knows.includes('a server') ? false : 'it asks no server' }

  test(`${name}: answers come in the order of the reads, and what is not there is absent`, async (t) => {
    const { read } = await start(t, subject)
    const answers = await read(get('two'), get('none'), get('one'))
    assert.deepEqual(answers.map(inShort), [payload('two'), 'absent', payload('new')])
  })

  test(`${name}: a version is the one that was asked for`, async (t) => {
    const [older, none] = knows.includes('versions') ? [payload('old'), 'absent'] : []
    const { read } = await start(t, subject)
    const answers = await read(
      get('one', subject.olderVersion),
      get('one', subject.noVersion),
      get('one'),
    )
    const newest = payload('new')
    assert.deepEqual(answers.map(inShort), [older ?? newest, none ?? newest, newest])
  })

  test(`${name}: calls made are calls told, and no more than planned`, async (t) => {
    const { read, remote, opening } = await start(t, subject)
    await read(get('one'), get('two'), get('none'))
    assert.equal(remote.calls.count(), subject.callsForThree)
    assert.deepEqual(
      opening.calls,
      remote.calls.all.map(({ call }) => callNamed(call)),
    )
  })

  test(`${name}: nothing to read is no call`, async (t) => {
    const { read, remote } = await start(t, subject)
    assert.deepEqual(await read(), [])
    assert.equal(remote.calls.count(), 0)
  })

  test(
    `${name}: what may not be read fails alone, names itself and says what to do`,
    alone,
    async (t) => {
      const { read } = await start(t, subject)
      const [one, locked, two] = await read(get('one'), get('locked'), get('two'))
      assert.deepEqual([inShort(one), inShort(two)], [payload('new'), payload('two')])
      assert.ok(locked?.outcome === 'failed')
      assert.equal(locked.failure.code, 'forbidden')
      assert.match(locked.failure.message, /locked/)
      assert.match(locked.failure.hint ?? '', subject.advice)
    },
  )

  const skip = knows.includes('metadata') ? false : 'it knows no metadata'
  test(`${name}: metadata comes without the value`, { skip }, async (t) => {
    const { read } = await start(t, subject)
    const [answer] = await read(fetchMetadata('two'))
    assert.ok(answer?.outcome === 'found')
    const { text, binary, data, metadata } = answer.payload
    assert.deepEqual([text, binary, data], [undefined, undefined, undefined])
    assert.notEqual(metadata, undefined)
  })

  test(`${name}: throttling passes, or is called by its name`, alone, async (t) => {
    const { read, remote } = await start(t, subject)
    remote.fault({ times: 2, does: subject.throttled })
    assert.deepEqual((await read(get('one'))).map(inShort), [payload('new')])
    remote.fault({ times: 99, does: subject.throttled })
    assert.deepEqual((await read(get('one'))).map(inShort), ['throttled'])
  })

  test(`${name}: a fault never makes a secret absent`, alone, async (t) => {
    const { read, remote } = await start(t, subject)
    const faults: readonly Fault['does'][] = [
      subject.down,
      { reset: 'before' },
      { truncateTo: 3 },
      ...(knows.includes('whose 404 it is') ? [{ reply: { status: 404, body: 'not here' } }] : []),
      { reply: { status: 200, body: '{}' } },
      { redirect: 'http://127.0.0.1:1/' },
    ]
    for (const does of faults) {
      remote.clearFaults()
      remote.fault({ times: 99, does })
      const answers = await read(get('one'), get('two'))
      assert.deepEqual(new Set(answers.map(({ outcome }) => outcome)), new Set(['failed']))
    }
  })

  test(`${name}: silence ends at a deadline`, alone, async (t) => {
    const { read, remote } = await start(t, subject, 80)
    remote.fault({ times: 99, does: { hang: true } })
    assert.deepEqual((await read(get('one'))).map(inShort), ['timeout'])
  })

  test(`${name}: an aborted run rejects`, async (t) => {
    const { provider, remote } = await start(t, subject)
    remote.fault({ times: 99, does: { hang: true } })
    const ending = new AbortController()
    const reading = provider.read([get('one'), get('two')], ending.signal)
    ending.abort(new Error('the run ends'))
    // Values that stand in the store itself were there before.
    if (knows.includes('a server')) await assert.rejects(reading, /the run ends/)
    await assert.rejects(provider.read([get('one')], ending.signal), /the run ends/)
  })

  test(`${name}: what changes is seen by the next read`, alone, async (t) => {
    const { read, remote } = await start(t, subject)
    await read(get('one'))
    remote.set('one', 'newer')
    assert.deepEqual((await read(get('one'))).map(inShort), [payload('newer')])
  })

  test(`${name}: a hundred reads open no more connections than lanes`, async (t) => {
    const { read, remote } = await start(t, subject)
    await read(...Array.from({ length: 100 }, () => get('one', subject.olderVersion)))
    assert.ok(remote.calls.connections() <= 32, `${remote.calls.connections()}`)
  })
}
