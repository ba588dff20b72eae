import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KubeError } from '../../../src/kube/api.ts'
import { follow } from '../../../src/kube/follow.ts'
import type { Listed, Listing } from '../../../src/kube/list.ts'
import type { KubeWatch, WatchEvent } from '../../../src/kube/watch.ts'
import { dig, type JsonObject, text } from '../../../src/model/json.ts'

// A script of what the API server does, and what is told of it. Time is the sum of the rests.

const LISTING: Listing = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: '',
  labelSelector: undefined,
  isMetadataOnly: false,
}

function object(name: string, resourceVersion: string): JsonObject {
  return { metadata: { namespace: 'n', name, resourceVersion, managedFields: [{ manager: 'm' }] } }
}

const set = (name: string, version: string): WatchEvent => ({
  event: 'set',
  object: object(name, version),
})
const gone = (name: string, version: string): WatchEvent => ({
  event: 'gone',
  object: object(name, version),
})
const bookmark = (version: string): WatchEvent => ({
  event: 'bookmark',
  object: object('', version),
})

type End = 'ended' | 'expired' | KubeError
type Step =
  | { readonly list: Listed | KubeError }
  | { readonly watch: readonly WatchEvent[]; readonly from: string; readonly end: End }

const cut = new KubeError('unavailable', 0, 'cut')
const absent = new KubeError('not-found', 404, 'no such kind')
const denied = new KubeError('forbidden', 403, 'not yours')

interface Told {
  readonly changes: readonly string[]
  readonly rests: readonly number[]
  readonly troubles: number
}

/** Plays the script to its end; a watch has to begin at the version that is given. */
async function play(
  script: readonly Step[],
  {
    passMs = [],
    isOptional = false,
  }: { readonly passMs?: readonly number[]; readonly isOptional?: boolean } = {},
): Promise<Told> {
  const stop = new AbortController()
  const changes: string[] = []
  const rests: number[] = []
  let troubles = 0
  let nowMs = 0
  let at = 0
  const next = (): Step | undefined => {
    nowMs += passMs[at] ?? 0
    const step = script[at++]
    if (step === undefined) stop.abort()
    return step
  }
  const kube: KubeWatch = {
    list: async () => {
      const step = next()
      if (step === undefined) throw cut
      assert.ok('list' in step, 'a list was not expected')
      if (step.list instanceof KubeError) throw step.list
      return step.list
    },
    watch: async (_, version, onEvent) => {
      const step = next()
      if (step === undefined) throw cut
      assert.ok('watch' in step, `a watch from ${version} was not expected`)
      assert.equal(version, step.from)
      for (const event of step.watch) onEvent(event)
      if (step.end instanceof KubeError) throw step.end
      return step.end
    },
  }
  const sleep = async (delayMs: number): Promise<void> => {
    rests.push(delayMs)
    nowMs += delayMs
  }
  const follower = {
    listing: LISTING,
    onChange: (changed: JsonObject, isGone: boolean) => {
      const name = text(dig(changed, 'metadata', 'name'))
      assert.equal(dig(changed, 'metadata', 'managedFields'), undefined)
      changes.push(`${isGone ? '-' : '+'}${name}${dig(changed, 'metadata', 'resourceVersion')}`)
    },
    onListed: () => void changes.push('listed'),
    onHeard: () => undefined,
    onTrouble: () => {
      troubles++
    },
    onAbsent: isOptional ? ({ code }: KubeError) => void changes.push(code) : undefined,
  }
  const clock = { nowMs: () => nowMs, sleep, random: () => 0.5 }
  await follow(kube, follower, { clock, signal: stop.signal })
  return { changes, rests, troubles }
}

const listed = (resourceVersion: string, ...items: readonly JsonObject[]): Step => ({
  list: { items, resourceVersion },
})

const stories: readonly {
  readonly story: string
  readonly script: readonly Step[]
  readonly changes: string
  readonly rests?: readonly number[]
  readonly passMs?: readonly number[]
  readonly isOptional?: boolean
  readonly troubles?: number
}[] = [
  {
    story: 'lists, and watches from there',
    script: [
      listed('5', object('a', '3')),
      { watch: [set('b', '6'), set('a', '7'), gone('b', '8')], from: '5', end: 'ended' },
      { watch: [], from: '8', end: 'ended' },
    ],
    changes: '+a3 listed +b6 +a7 -b8',
  },
  {
    story: 'goes on from a bookmark',
    script: [
      listed('5'),
      { watch: [bookmark('90')], from: '5', end: 'ended' },
      { watch: [], from: '90', end: 'ended' },
    ],
    changes: 'listed',
  },
  {
    story: 'a version that has expired: lists after up to a second, and finds what went',
    script: [
      listed('5', object('a', '3'), object('b', '4')),
      { watch: [], from: '5', end: 'expired' },
      listed('50', object('b', '4'), object('c', '44')),
      { watch: [], from: '50', end: 'ended' },
    ],
    changes: '+a3 +b4 listed -a3 +c44 listed',
    rests: [500],
  },
  {
    story: 'a cut: watches again from the last version, and tells no event twice',
    script: [
      listed('5'),
      { watch: [set('a', '6')], from: '5', end: cut },
      { watch: [set('a', '6'), set('b', '7')], from: '6', end: 'ended' },
      { watch: [], from: '7', end: 'ended' },
    ],
    changes: 'listed +a6 +b7',
    rests: [1000],
  },
  {
    story: 'three failures in a row: lists, slower and slower',
    script: [
      listed('5'),
      { watch: [], from: '5', end: cut },
      { watch: [], from: '5', end: cut },
      { watch: [], from: '5', end: cut },
      { list: cut },
      listed('9'),
      { watch: [], from: '9', end: 'ended' },
    ],
    changes: 'listed listed',
    rests: [1000, 2000, 4000, 8000],
  },
  {
    story: 'ten minutes after the last list: lists, and finds the event that was lost',
    script: [
      listed('5', object('a', '3')),
      { watch: [bookmark('7')], from: '5', end: 'ended' },
      listed('9', object('a', '8')),
      { watch: [], from: '9', end: 'ended' },
    ],
    passMs: [0, 600_000],
    changes: '+a3 listed +a8 listed',
  },
  {
    story: 'a kind that need not be there: asks slowly, and begins when it comes',
    script: [
      { list: absent },
      { list: absent },
      listed('5', object('a', '3')),
      { watch: [], from: '5', end: 'ended' },
    ],
    isOptional: true,
    changes: 'not-found not-found +a3 listed',
    rests: [30_000, 30_000],
    troubles: 0,
  },
  {
    story: 'a kind that need not be there goes: so do its objects',
    script: [
      listed('5', object('a', '3')),
      { watch: [], from: '5', end: absent },
      { list: absent },
    ],
    isOptional: true,
    changes: '+a3 listed -a3 not-found not-found',
    rests: [30_000, 30_000],
    troubles: 0,
  },
  {
    story: 'a kind that may not be seen any more: what is known of it stays',
    script: [listed('5', object('a', '3')), { watch: [], from: '5', end: denied }, { list: cut }],
    isOptional: true,
    changes: '+a3 listed forbidden',
    rests: [30_000, 1000],
    troubles: 1,
  },
  {
    story: 'a kind that has to be there is missed',
    script: [{ list: absent }, { list: denied }],
    changes: '',
    rests: [1000, 2000],
    troubles: 2,
  },
]

for (const { story, script, changes, rests = [], troubles, ...how } of stories) {
  test(`follow: ${story}`, async () => {
    const told = await play(script, how)
    if (troubles !== undefined) assert.equal(told.troubles, troubles)
    assert.equal(told.changes.join(' '), changes)
    assert.deepEqual(told.rests, rests)
  })
}

test('follow: a fault that is no fault of the cluster is a bug, and ends it', async () => {
  const broken: KubeWatch = {
    list: async () => {
      throw new TypeError('bug')
    },
    watch: async () => 'ended',
  }
  const ignore = (): void => undefined
  const follower = {
    ...{ listing: LISTING, onChange: ignore, onListed: ignore },
    ...{ onHeard: ignore, onTrouble: ignore },
  }
  const clock = { nowMs: () => 0, sleep: async () => undefined, random: () => 0 }
  const { signal } = new AbortController()
  await assert.rejects(follow(broken, follower, { clock, signal }), TypeError)
})
