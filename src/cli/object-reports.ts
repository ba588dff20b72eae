import type { FanOut } from '../model/fan-out.ts'
import type { FanOutLook } from '../sync/controller/one-fan-out.ts'
import { type Rival, rivalWords } from '../sync/controller/rival.ts'
import type { PushOutcome } from '../sync/push/result.ts'
import type { Log } from './controller-log.ts'

// What the controller says of fan-outs and pushes: what changed, and what fails, once as long as it stays the same.

/** Called after each look. */
export interface ObjectReports {
  readonly onLook: (fanOut: FanOut, look: FanOutLook) => void
  readonly onPush: (outcome: PushOutcome) => void
  readonly onRival: (kind: string, name: string, rival: Rival) => void
}

/** Nothing said yet. */
export function objectReports(log: Log): ObjectReports {
  const said = new Map<string, string>()
  const tell = (subject: string, failure: string): void => {
    const before = said.get(subject) ?? ''
    said.set(subject, failure)
    if (failure !== '') log('error', `${subject}: ${failure}`)
    else if (before !== '') log('info', `${subject}: settled`)
  }
  return {
    onLook: ({ kind, name }, { created, updated, deleted, failed }) => {
      const subject = `${kind}/${name}`
      if (created + updated + deleted > 0) {
        log('info', `${subject}: ${created} created, ${updated} updated, ${deleted} deleted`)
      }
      tell(subject, failed.map(({ namespace, reason }) => `${namespace}: ${reason}`).join('; '))
    },
    onPush: ({ pushSecret, outcome, condition, changes }) => {
      const subject = `PushSecret/${pushSecret}`
      const done = changes.filter(({ action }) => CHANGING.has(action))
      for (const { action, store, remoteKey } of done) {
        log('info', `${subject}: ${action} ${store} ${remoteKey}`)
      }
      tell(subject, outcome === 'failed' ? condition.message : '')
    },
    onRival: (kind, name, rival) => {
      const subject = `${kind}/${name}`
      const words = rivalWords(kind, rival)
      if (said.get(subject) !== rival.manager) log('warning', `${subject}: ${words}`)
      said.set(subject, rival.manager)
    },
  }
}

const CHANGING: ReadonlySet<string> = new Set(['created', 'updated', 'deleted'])
