import { type KubeApi, KubeError, type KubeErrorCode } from '../../kube/api.ts'
import { dig, isArray, type JsonObject } from '../../model/json.ts'
import { type AllowedTarget, allowTarget } from '../../model/target-kind.ts'
import { statusAfter } from '../../plan/object-status.ts'
import { decodeObserved } from '../../plan/observed.ts'
import type { Told } from '../events.ts'
import type { Done } from '../run-context.ts'
import { refOfTarget } from '../target.ts'
import type { KnownExternalSecret } from './external-secrets.ts'
import { type Teller, tellOf } from './object-events.ts'
import { writtenMs } from './rival.ts'
import { refOfObject, type StatusWriter, writeObjectStatus } from './status-writer.ts'
import type { WatchedSecret } from './watched-secrets.ts'

// What follows a run over ExternalSecret objects: status, events, finalizer, and Secrets under a former name. All of it in
// ESO's words, for whoever watches for them.

/** ESO's own: whichever controller is there takes it off again. */
export const FINALIZER = 'externalsecrets.external-secrets.io/externalsecret-cleanup'

/** What it works with; writes outlive the run by some seconds. */
export interface ObjectWorld extends StatusWriter, Teller {
  /** When the run began. */
  readonly beganMs: number
}

/** Writes down what became of one. Throws KubeError. */
export async function concludeOne(
  known: KnownExternalSecret,
  done: Done,
  world: ObjectWorld & { readonly owned: readonly WatchedSecret[] },
): Promise<void> {
  const { object } = known.externalSecret
  if (isForeignClass(done)) {
    const { message } = done.result.condition
    await tellOf(object, [{ type: 'Warning', reason: 'ControllerClass', message }], world)
    return
  }
  const isFailed = done.result.outcome === 'failed'
  if (isFailed || done.isRead) await writeStatus(known, done, world)
  await hold(known, world)
  const orphaned = isFailed || !done.isRead ? [] : await dropFormer(known, done, world)
  await tellOf(object, [...toldOf(done, world), ...toldMissing(done), ...orphaned], world)
}

/** R8: it belongs to another controller, which has the say about status and finalizer. */
function isForeignClass({ result }: Done): boolean {
  return (
    result.errors.some(({ code }) => code === 'ControllerClass') && result.outcome === 'skipped'
  )
}

async function writeStatus(
  { externalSecret, state }: KnownExternalSecret,
  { result, secretVersion, isGone }: Done,
  world: ObjectWorld,
): Promise<void> {
  const isFailed = result.outcome === 'failed'
  const isKept = isGone && result.outcome !== 'deleted'
  const name = secretVersion === '' ? '' : externalSecret.target.name
  const patch = statusAfter(externalSecret, {
    condition: result.condition,
    isFailed,
    secret: isKept ? undefined : name,
    beganMs: world.beganMs,
    nowMs: world.nowMs,
  })
  if (Object.keys(patch).length === 0) return
  const written = await writeObjectStatus(world, externalSecret.object, patch)
  if (written !== undefined) state.wroteMs = writtenMs(written, world.fieldManager)
}

/** Sets the finalizer where it is not; a conflict means that something changed, and that it is looked at again. */
async function hold({ externalSecret }: KnownExternalSecret, world: ObjectWorld): Promise<void> {
  const finalizers = finalizersOf(externalSecret.object)
  if (finalizers.includes(FINALIZER)) return
  const { kube, fieldManager } = world
  // The status has a new version by now.
  const live = await kube.get(refOfObject(externalSecret.object))
  const isSame = dig(live, 'metadata', 'uid') === dig(externalSecret.object, 'metadata', 'uid')
  if (live === undefined || !isSame || dig(live, 'metadata', 'deletionTimestamp') !== undefined)
    return
  const present = finalizersOf(live)
  if (present.includes(FINALIZER)) return
  await unlessPast(() => kube.patchFinalizers(live, [...present, FINALIZER], fieldManager))
}

function finalizersOf(object: JsonObject): readonly string[] {
  const finalizers = dig(object, 'metadata', 'finalizers')
  return isArray(finalizers) ? finalizers.filter((one) => typeof one === 'string') : []
}

/** R75: the Secret of a former name goes when the new one is there. */
async function dropFormer(
  { externalSecret }: KnownExternalSecret,
  { secretVersion }: Done,
  { kube, owned }: { readonly kube: KubeApi; readonly owned: readonly WatchedSecret[] },
): Promise<readonly Told[]> {
  const { namespace, target } = externalSecret
  if (target.creationPolicy !== 'Owner' || secretVersion === '') return []
  const isFormer = ({ name }: WatchedSecret): boolean =>
    target.manifest !== undefined || name !== target.name
  const former = owned.filter((one) => one.namespace === namespace && isFormer(one))
  for (const { name, uid, resourceVersion } of former) {
    await unlessPast(() => kube.delete(secretRef(namespace, name), { uid, resourceVersion }, false))
  }
  const message = 'secret deleted because it was orphaned'
  return former.map(({ uid }) => ({ type: 'Normal', reason: 'Deleted', message, occasion: uid }))
}

/** R88: what the ExternalSecret controls goes with it under deletionPolicy Delete; the collector sees to the rest. Throws KubeError. */
export async function letGo(
  known: KnownExternalSecret,
  world: ObjectWorld & { readonly targets: readonly AllowedTarget[] },
): Promise<void> {
  const { uid } = known
  const { externalSecret, errors } = allowTarget(known.externalSecret, world.targets)
  const finalizers = finalizersOf(externalSecret.object)
  if (!finalizers.includes(FINALIZER)) return
  const { kube, fieldManager } = world
  const { namespace, target } = externalSecret
  const isOurs = errors.length === 0 && target.creationPolicy !== 'None'
  const isToDelete = isOurs && target.deletionPolicy === 'Delete'
  const ref = refOfTarget(target, namespace)
  const object = isToDelete ? await kube.get(ref) : undefined
  if (object !== undefined) {
    const secret = decodeObserved(object, [])
    if (secret.owners.some((owner) => owner.controller && owner.uid === uid)) {
      const { uid: secretUid, resourceVersion } = secret
      await kube.delete(ref, { uid: secretUid, resourceVersion }, false)
      await tellOf(externalSecret.object, [deletedOf(secretUid)], world)
    }
  }
  const live = await kube.get(refOfObject(externalSecret.object))
  if (live === undefined || dig(live, 'metadata', 'uid') !== uid) return
  const left = finalizersOf(live).filter((one) => one !== FINALIZER)
  // A conflict is for the caller: what changed may be nothing that it is looked at again for.
  await unless(['not-found'], () => kube.patchFinalizers(live, left, fieldManager))
}

/** In the words of the condition that nobody will read any more. */
function deletedOf(secretUid: string): Told {
  const message = 'secret deleted due to DeletionPolicy=Delete'
  return { type: 'Normal', reason: 'Deleted', message, occasion: secretUid }
}

function secretRef(namespace: string, name: string) {
  return { apiVersion: 'v1', kind: 'Secret', namespace, name }
}

/** An object that has changed, or is gone, is told by its watch. */
function unlessPast(write: () => Promise<unknown>): Promise<void> {
  return unless(['conflict', 'not-found'], write)
}

async function unless(
  codes: readonly KubeErrorCode[],
  write: () => Promise<unknown>,
): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (!(error instanceof KubeError) || !codes.includes(error.code)) throw error
  }
}

/** R99. */
function toldOf(
  { externalSecret: { target }, result, secretVersion }: Done,
  { beganMs }: ObjectWorld,
): readonly Told[] {
  const subject = target.object === undefined ? 'secret' : `${target.object.kind} ${target.name}`
  const normal = (reason: string, message: string): Told => ({
    type: 'Normal',
    reason,
    message,
    occasion: `${beganMs} ${secretVersion}`,
  })
  switch (result.outcome) {
    case 'created':
      return [normal('Created', `${subject} created`)]
    case 'updated':
      return [normal('Updated', `${subject} updated`)]
    case 'deleted':
      return [normal('Deleted', result.condition.message)]
    case 'failed':
      return [{ type: 'Warning', reason: 'UpdateFailed', message: result.condition.message }]
    default:
      return []
  }
}

/** R24: in ESO's words, all entries in one event, which is told again when there are others. */
function toldMissing({ missing = [] }: Done): readonly Told[] {
  if (missing.length === 0) return []
  const message = `secret does not exist at provider using ${missing.join(', ')}`
  return [{ type: 'Normal', reason: 'MissingProviderSecret', message }]
}
