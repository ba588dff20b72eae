import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { type Ended, folderOf, lastLine, type Running, start } from './program.ts'
import { sick, startWorld, vaultStore, type World } from './world.ts'

// Stopped from outside, wherever the run is: it ends at once with the code of the signal, and every Secret is either the old
// one or the new one as a whole.

const API = '{key: shop/api, property: token}'
/** A user who pressed Ctrl-C waits no longer than this; Kubernetes kills after 30 s. */
const ENDS_WITHIN_MS = 10_000
const CODES = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const

for (const [signal, code] of CODES) {
  test(`${signal} while a store is read: exit ${code}, nothing written, the old Secret as it was`, async (t) => {
    const world = await startWorld()
    t.after(world.close)
    world.seedTarget('reading', true)
    const before = world.version('reading')
    world.vault.fault({ times: 9, does: { slowMs: 2_000 } })
    const manifests = vaultStore('reading', world.vault.url) + sick('reading', API)
    const { ended, tookMs } = await stopped(world, signal, {
      manifests,
      isReached: () => world.vault.calls.count() > 0,
    })
    check(ended, code, tookMs)
    assert.equal(world.version('reading'), before)
    assert.equal(ended.out === '' || isWholeJson(ended.out), true)
  })

  test(`${signal} while a Secret is written: exit ${code}, it is whole or not there`, async (t) => {
    const world = await startWorld()
    t.after(world.close)
    world.kube.fault({ call: 'patch secrets', times: 9, does: { slowMs: 2_000 } })
    const manifests = vaultStore('writing', world.vault.url) + sick('writing', API)
    const { ended, tookMs } = await stopped(world, signal, {
      manifests,
      isReached: () => world.kube.calls.count('patch secrets') > 0,
    })
    check(ended, code, tookMs)
    const written = world.kube.object('Secret', 'shop', 'writing')
    if (written !== undefined) assert.deepEqual(Object.keys(written.data as object), ['a'])
  })

  test(`${signal} while kustomize renders: exit ${code}, empty stdout, the child ends as well`, async (t) => {
    const bin = folderOf(t, {
      kustomize: '#!/bin/sh\necho "kind: X"\n: > started\nexec sleep 60\n',
    })
    const cwd = folderOf(t, { 'kustomization.yaml': 'resources: []\n' })
    const { chmodSync } = await import('node:fs')
    chmodSync(`${bin}/kustomize`, 0o755)
    const running = start(['generate', '.'], { cwd, env: { PATH: `${bin}:/usr/bin:/bin` } })
    await until(() => readdirSync(cwd).includes('started'))
    const began = Date.now()
    running.kill(signal)
    const ended = await running.ended
    check(ended, code, Date.now() - began)
    assert.equal(ended.out, '')
    assert.equal(lastLine(ended), `waybill: stopped by ${signal}`)
  })
}

interface Stop {
  readonly manifests: string
  /** Whether the run is where it shall be stopped. */
  readonly isReached: () => boolean
}

async function stopped(
  world: World,
  signal: NodeJS.Signals,
  { manifests, isReached }: Stop,
): Promise<{ readonly ended: Ended; readonly tookMs: number }> {
  const running: Running = world.start(manifests)
  await until(isReached)
  const began = Date.now()
  running.kill(signal)
  return { ended: await running.ended, tookMs: Date.now() - began }
}

async function until(isReached: () => boolean): Promise<void> {
  const endMs = Date.now() + 15_000
  while (!isReached()) {
    assert.ok(Date.now() < endMs, 'the run never came there')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function check(ended: Ended, code: number, tookMs: number): void {
  assert.equal(ended.code, code, ended.err)
  assert.equal(ended.signal, null, 'it ended by itself')
  assert.ok(tookMs < ENDS_WITHIN_MS, `${tookMs} ms`)
  assert.doesNotMatch(ended.err, /^\s+at |internal error/m)
}

function isWholeJson(text: string): boolean {
  JSON.parse(text)
  return true
}
