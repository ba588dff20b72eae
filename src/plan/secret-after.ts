import type { Secret } from '../model/secret.ts'
import type { Change } from './change.ts'

/** The Secret that is there when the change has been made; undefined when there is none, or nobody wrote it. */
export function secretAfter(change: Change): Secret | undefined {
  switch (change.action) {
    case 'create':
      return { ...change.desired, type: change.desired.type || 'Opaque' }
    case 'update':
      return { ...change.desired, type: change.desired.type || change.observed.type }
    case 'unchanged':
    case 'retain':
      return change.observed
    default:
      return undefined
  }
}
