import { createHmac } from 'node:crypto'
import type { ExternalSecret } from '../model/external-secret.ts'
import type { Secret } from '../model/secret.ts'
import type { Write } from '../plan/change.ts'
import { specHash } from '../plan/schedule.ts'

// A Secret that nobody has touched since the last run needs no look: a plan is a function of what is wished and what is
// there, so that the same wish for the same version comes to the same end. Of the wish only a fingerprint is kept, made
// with a key of this process: it is worth nothing to whoever finds it, and no value stays in memory between two runs.

/** What earlier runs of this process know about target Secrets. Trust: whoever answers has seen every change so far. */
export interface AsLeft {
  /** The version in which a run found nothing to do, and which is still there; undefined: look at the Secret. */
  readonly versionOf: (externalSecret: ExternalSecret) => string | undefined
  /** Whether the run that found nothing to do wished for the same. */
  readonly isSameWish: (externalSecret: ExternalSecret, wish: Write) => boolean
  /** Nothing was to do for this wish, with the Secret in this version. */
  readonly remember: (externalSecret: ExternalSecret, version: string, wish: Write) => void
}

/** Under these policies all of a wish is known without what others keep in the Secret. */
export function isWholeWish({ target: { creationPolicy } }: ExternalSecret): boolean {
  return creationPolicy === 'Owner' || creationPolicy === 'Orphan'
}

/** The wish, unreadable: equal for equal wishes only. Never leaves the process. */
export function fingerprint(
  externalSecret: ExternalSecret,
  { desired, owner }: Write,
  key: Uint8Array,
): string {
  const hmac = createHmac('sha256', key)
  const { name, namespace, type, immutable, labels, annotations, finalizers } = desired
  const plain = [name, namespace, type, immutable, sorted(labels), sorted(annotations), finalizers]
  hmac.update(JSON.stringify([specHash(externalSecret), plain, owner]))
  for (const [dataKey, value] of sorted(desired.data)) {
    // Lengths part them: no two data have the same bytes here.
    hmac.update(`\n${dataKey.length} ${value.byteLength} ${dataKey}`).update(value.reveal())
  }
  return hmac.digest('base64')
}

function sorted<T>(map: ReadonlyMap<Secret['name'], T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}
