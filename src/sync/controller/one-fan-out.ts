import { sha256 } from '../../handoff/names.ts'
import { KubeError } from '../../kube/api.ts'
import { FAN_OUTS, type FanOut } from '../../model/fan-out.ts'
import { canonicalJson, dig, isArray, type JsonObject, member } from '../../model/json.ts'
import { type FanOutStep, isOwnedBy, planChild, planFanOut } from '../../plan/fan-out.ts'
import { fanOutStatus, type NamespaceFailure } from '../../plan/fan-out-status.ts'
import { timeText } from '../../plan/object-status.ts'
import { createLanes } from '../lanes.ts'
import type { FanOuts } from './fan-outs.ts'
import { type Teller, tellOf, toldOfFanOut } from './object-events.ts'
import { writeObjectStatus } from './status-writer.ts'

// One look at one fan-out: plan, write what differs, write the status. Namespaces fail each by itself.
//
// Finalizers. Upstream holds a ClusterExternalSecret, and each Namespace that it provisions, until it has cleaned up. Here
// ownerReferences do that, and a Namespace never waits for a controller that is no longer there: none is set. Those that
// upstream has left are taken off where they would hold up a deletion.

/** What a look has done. */
export interface FanOutLook {
  readonly created: number
  readonly updated: number
  readonly deleted: number
  readonly failed: readonly NamespaceFailure[]
  /** Something is worth another try: a name that is taken is not, somebody has to give it up first. */
  readonly isRetried: boolean
}

/** What a look works with. */
export interface FanOutWorld extends Teller {
  readonly fieldManager: string
}

const NAMESPACES_AT_ONCE = 8
const OWN_FINALIZER = 'externalsecrets.external-secrets.io/clusterexternalsecret-cleanup'

/** Never rejects for a failure of the world but that of writing the status. */
export async function lookAtFanOut(
  fanOut: FanOut,
  known: FanOuts,
  world: FanOutWorld,
): Promise<FanOutLook> {
  const plan = planFanOut(fanOut, {
    namespaces: known.namespaces(),
    children: known.children(fanOut),
  })
  if (plan.outcome === 'unusable') {
    // Upstream: the namespace is called so when none could be asked.
    const failed = [{ namespace: 'unknown', reason: plan.message }]
    await writeStatus(fanOut, { provisioned: provisionedOf(fanOut), failed }, world)
    const message = `${plan.field}: ${plan.message}`
    const { failedReason: reason } = FAN_OUTS[fanOut.kind]
    await tellOf(fanOut.object, [{ type: 'Warning', reason, message }], world)
    return { created: 0, updated: 0, deleted: 0, failed, isRetried: false }
  }
  const lanes = createLanes(NAMESPACES_AT_ONCE)
  const done = await Promise.all(
    plan.steps.map((step) => lanes(() => take(step, fanOut, { known, world }))),
  )
  const released = await release(fanOut, known, world)
  const all = [...done, ...released]
  const failed = all.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
  const provisioned = done.flatMap(({ provisioned }) => provisioned ?? [])
  if (!fanOut.isLeaving) await writeStatus(fanOut, { provisioned, failed }, world)
  else if (failed.length === 0) await letGo(fanOut, world)
  const where = (word: Taken['did']): readonly string[] =>
    plan.steps.filter((_, at) => done[at]?.did === word).map(({ namespace }) => namespace)
  const deeds = {
    created: where('created'),
    updated: where('updated'),
    deleted: where('deleted'),
  }
  await tellOf(fanOut.object, toldOfFanOut(fanOut, { deeds, failed }, world.nowMs), world)
  return {
    created: deeds.created.length,
    updated: deeds.updated.length,
    deleted: deeds.deleted.length,
    failed,
    isRetried: all.some(({ isRetried }) => isRetried === true),
  }
}

/** What one step came to. */
interface Taken {
  readonly did: 'created' | 'updated' | 'deleted' | 'nothing'
  readonly provisioned?: string
  readonly failure?: NamespaceFailure
  readonly isRetried?: boolean
}

/** What the steps of a look share. */
interface Context {
  readonly known: FanOuts
  readonly world: FanOutWorld
}

/** Never rejects for a failure of the world: it is the namespace's. */
async function take(step: FanOutStep, fanOut: FanOut, context: Context): Promise<Taken> {
  const { namespace } = step
  try {
    if (step.action === 'refuse') return taken(fanOut, namespace)
    if (step.action === 'delete') return await remove(step, fanOut, context)
    if (context.known.isAsLeft(fanOut, namespace)) return { did: 'nothing', provisioned: namespace }
    return await write(fanOut, namespace, context)
  } catch (error) {
    return failedIn(namespace, error)
  }
}

/** Somebody has to give the name up: trying again would not help, and its going is an event. */
function taken({ kind }: FanOut, namespace: string): Taken {
  return { did: 'nothing', failure: { namespace, reason: FAN_OUTS[kind].takenReason } }
}

/** Throws what is a bug. */
function failedIn(namespace: string, error: unknown): Taken {
  if (!(error instanceof KubeError)) throw error
  return { did: 'nothing', failure: { namespace, reason: error.message }, isRetried: true }
}

// Whoever keeps what a child holds writes to it as well, as soon as it is there.
const CONFLICTS_MAX = 3

/** Reads, plans, writes; again when somebody else was faster. */
async function write(fanOut: FanOut, namespace: string, context: Context): Promise<Taken> {
  for (let conflicts = 0; ; conflicts++) {
    try {
      return await writeOnce(fanOut, namespace, context)
    } catch (error) {
      const isConflict = error instanceof KubeError && error.code === 'conflict'
      if (!isConflict || conflicts >= CONFLICTS_MAX) throw error
    }
  }
}

async function writeOnce(
  fanOut: FanOut,
  namespace: string,
  { known, world }: Context,
): Promise<Taken> {
  const { kube, fieldManager } = world
  const { apiVersion, childKind: kind } = FAN_OUTS[fanOut.kind]
  const observed = await kube.get({ apiVersion, kind, namespace, name: fanOut.childName })
  const change = planChild(fanOut, namespace, observed)
  if (change.action === 'refuse') return taken(fanOut, namespace)
  let did: Taken['did'] = 'nothing'
  let child = observed
  if (change.action === 'create') {
    did = 'created'
    child = await kube.create(change.object, fieldManager)
  } else if (change.action === 'update') {
    did = 'updated'
    child = await kube.replace(change.object, { fieldManager, isDryRun: false })
  }
  if (child !== undefined) known.left(fanOut, child)
  return { did, provisioned: namespace }
}

/** Only what is still ours: it may have been made anew by somebody since it was seen. */
async function remove(
  { namespace, name }: Extract<FanOutStep, { action: 'delete' }>,
  fanOut: FanOut,
  { world: { kube } }: Context,
): Promise<Taken> {
  const { apiVersion, childKind: kind } = FAN_OUTS[fanOut.kind]
  const ref = { apiVersion, kind, namespace, name }
  const observed = await kube.get(ref)
  const uid = dig(observed, 'metadata', 'uid')
  const isLeaving = dig(observed, 'metadata', 'deletionTimestamp') !== undefined
  if (observed === undefined || isLeaving || typeof uid !== 'string') return { did: 'nothing' }
  if (!isOwnedBy(fanOut, observed)) return { did: 'nothing' }
  await kube.delete(ref, { uid, resourceVersion: undefined }, false)
  return { did: 'deleted' }
}

/** Upstream's finalizer on namespaces, where the namespace or the ClusterExternalSecret is to go. */
async function release(
  fanOut: FanOut,
  known: FanOuts,
  { kube, fieldManager }: FanOutWorld,
): Promise<readonly Taken[]> {
  if (fanOut.kind !== 'ClusterExternalSecret') return []
  const finalizer = namespaceFinalizer(fanOut.name)
  const held = known
    .namespaces()
    .filter(
      ({ finalizers, isLeaving }) =>
        finalizers.includes(finalizer) && (isLeaving || fanOut.isLeaving),
    )
  return Promise.all(
    held.map(async ({ name, object, finalizers }) => {
      try {
        const left = finalizers.filter((one) => one !== finalizer)
        await kube.patchFinalizers(object, left, fieldManager)
        return { did: 'nothing' as const }
      } catch (error) {
        const { failure, ...rest } = failedIn(name, error)
        const reason = `${failure?.reason}; the finalizer ${finalizer} of External Secrets Operator keeps it from being deleted`
        return { ...rest, failure: { namespace: name, reason } }
      }
    }),
  )
}

const FINALIZER_NAME_MAX = 63
const HASH_CHARS = 8

/** Upstream cuts a long name, and adds a hash of it. */
function namespaceFinalizer(name: string): string {
  const whole = `ces-${name}`
  const cut = whole.slice(0, FINALIZER_NAME_MAX - HASH_CHARS - 1)
  const short = `${cut}-${sha256(name).slice(0, HASH_CHARS)}`
  const part = whole.length > FINALIZER_NAME_MAX ? short : whole
  return `externalsecrets.external-secrets.io/${part}`
}

/** Lets a ClusterExternalSecret go that upstream had held. */
async function letGo({ object }: FanOut, { kube, fieldManager }: FanOutWorld): Promise<void> {
  const finalizers = dig(object, 'metadata', 'finalizers')
  const names = (isArray(finalizers) ? finalizers : []).filter((name) => typeof name === 'string')
  if (!names.includes(OWN_FINALIZER)) return
  const left = names.filter((name) => name !== OWN_FINALIZER)
  await kube.patchFinalizers(object, left, fieldManager)
}

/** As the status has it: nobody knows better. */
function provisionedOf({ object }: FanOut): readonly string[] {
  const names = dig(object, 'status', 'provisionedNamespaces')
  return isArray(names) ? names.filter((name) => typeof name === 'string') : []
}

/** Only when it says something new. Rejects with KubeError. */
async function writeStatus(
  fanOut: FanOut,
  fannedOut: Parameters<typeof fanOutStatus>[1],
  { kube, fieldManager, nowMs }: FanOutWorld,
): Promise<void> {
  const status = fanOutStatus(fanOut, fannedOut, timeText(nowMs))
  const before = member(fanOut.object, 'status') ?? {}
  const after: JsonObject = { ...(before as JsonObject), ...status }
  if (canonicalJson(before) === canonicalJson(after)) return
  await writeObjectStatus({ kube, fieldManager }, fanOut.object, status)
}
