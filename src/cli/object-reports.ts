import { FAN_OUTS, type FanOut, type FanOutKind } from '../model/fan-out.ts'
import type { Named, ObjectMetrics } from '../sync/controller/object-metrics.ts'
import type { FanOutLook } from '../sync/controller/one-fan-out.ts'
import { type Rival, rivalWords } from '../sync/controller/rival.ts'
import { splitBatch } from '../sync/controller/sources.ts'
import type { PushOutcome } from '../sync/push/result.ts'
import type { Log } from './controller-log.ts'
import { createLastWords } from './last-words.ts'

// What the controller says of fan-outs and pushes: what changed, and what fails, once as long as it stays the same.

/** Called after each look. */
export interface ObjectReports {
  readonly onLook: (fanOut: FanOut, look: FanOutLook) => void
  readonly onPush: (outcome: PushOutcome, notices: ReadonlySet<string>) => void
  readonly onRival: (kind: string, name: string, rival: Rival) => void
  /** An item of one of the sources is no more. */
  readonly onObjectGone: (batch: string) => void
}

/** They speak of stores, which come and go: after so many they are said again. */
const NOTICES_MAX = 1_000

/** Nothing said yet. */
export function objectReports(log: Log, metrics: ObjectMetrics): ObjectReports {
  const said = createLastWords()
  const noticed = new Set<string>()
  const tell = (subject: string, failure: string): void => {
    if (said.replace(subject, failure) === undefined) return
    if (failure !== '') log('error', `${subject}: ${failure}`)
    else log('info', `${subject}: settled`)
  }
  return {
    onLook: ({ kind, name }, { created, updated, deleted, failed }) => {
      const subject = `${kind}/${name}`
      if (created + updated + deleted > 0) {
        log('info', `${subject}: ${created} created, ${updated} updated, ${deleted} deleted`)
      }
      metrics.set(kind, { name, namespace: undefined }, failed.length === 0)
      tell(subject, failed.map(({ namespace, reason }) => `${namespace}: ${reason}`).join('; '))
    },
    onPush: ({ pushSecret, outcome, condition, changes }, notices) => {
      const subject = `PushSecret/${pushSecret}`
      const done = changes.filter(({ action }) => CHANGING.has(action))
      for (const store of new Set(done.map((change) => change.store))) {
        const words = done.filter((change) => change.store === store).map(({ action }) => action)
        log('info', `${subject}: ${words.join(', ')} in ${store}`)
      }
      metrics.set('PushSecret', namedBy(pushSecret), condition.status === 'True')
      tell(subject, outcome === 'failed' ? condition.message : '')
      for (const words of notices) {
        if (noticed.has(words)) continue
        if (noticed.size >= NOTICES_MAX) noticed.clear()
        noticed.add(words)
        log('warning', words)
      }
    },
    onRival: (kind, name, rival) => {
      const subject = `${kind}/${name}`
      if (said.replace(subject, rival.manager) === undefined) return
      log('warning', `${subject}: ${rivalWords(kind, rival)}`)
    },
    onObjectGone: (batch) => {
      const { word, rest } = splitBatch(batch)
      const [kind = '', name = ''] = rest.split('/')
      if (word === 'push') metrics.drop('PushSecret', namedBy(rest))
      if (word === 'fan' && isFanOutKind(kind)) metrics.drop(kind, { name, namespace: undefined })
      said.forget(word === 'push' ? `PushSecret/${rest}` : rest)
    },
  }
}

function namedBy(key: string): Named {
  const [namespace = '', name = ''] = key.split('/')
  return { name, namespace }
}

function isFanOutKind(kind: string): kind is FanOutKind {
  return Object.hasOwn(FAN_OUTS, kind)
}

const CHANGING: ReadonlySet<string> = new Set(['created', 'updated', 'deleted'])
