import { type KubeApi, KubeError } from '../kube/api.ts'
import type { ObservedSecret } from '../model/secret.ts'
import { type AllowedTarget, allows, targetOfId } from '../model/target-kind.ts'
import type { Claim } from '../plan/marks.ts'
import { decodeTarget } from '../plan/observed.ts'
import { type Orphan, type Pruning, planPruning } from '../plan/prune.ts'
import type { Memory } from './status-part.ts'
import { refOfTarget } from './target.ts'

// Secrets that have lost their ExternalSecret. Without `--prune` they are told of and stay.

/** What pruning is done with. */
export interface PruneOptions {
  readonly kube: KubeApi
  readonly namespace: string
  readonly fieldManager: string
  readonly isDryRun: boolean
  /** Kinds besides Secret that may be touched: memory that speaks of others is kept, and nothing is done about it. */
  readonly targets: readonly AllowedTarget[]
  readonly isConfirmed: boolean
  readonly nowMs: number
  /** In the name of the ExternalSecret that is gone. */
  readonly claimOf: (externalSecret: string) => Claim
}

/** What is left to remember, and what to tell. */
export interface Pruned {
  readonly dropped: Memory['dropped']
  readonly notes: readonly string[]
  /** Names of the Secrets that are gone; none of a dry run. */
  readonly deleted: readonly string[]
  readonly isFailed: boolean
}

/** Looks at every dropped Secret and deletes what may go. Never rejects for the cluster's sake: the next run tries again. */
export async function prune({ entries, dropped }: Memory, options: PruneOptions): Promise<Pruned> {
  try {
    const { targets } = options
    const isTouchable = ([id]: readonly [string, unknown]): boolean => {
      const { object } = targetOfId(id)
      return object === undefined || allows(targets, object)
    }
    const orphans = await Promise.all(
      [...dropped]
        .filter(isTouchable)
        .map(([name, { externalSecret, since }]) =>
          observe({ name, externalSecret, since }, options),
        ),
    )
    const owned = [...entries.values()].filter(({ ownedSecret }) => ownedSecret !== '').length
    const limits = { ...options, inventory: owned + orphans.length }
    return await carryOut(orphans, planPruning(orphans, limits), { dropped, options })
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    const notes = [`nothing was pruned: ${error.message}`]
    return { dropped, notes, deleted: [], isFailed: true }
  }
}

async function observe(
  { name, externalSecret, since }: Record<'name' | 'externalSecret' | 'since', string>,
  { kube, namespace, fieldManager, claimOf }: PruneOptions,
): Promise<Orphan> {
  const target = targetOfId(name)
  const object = await kube.get(refOfTarget(target, namespace))
  const observed = object && decodeTarget(object, target.object, [fieldManager])
  return { name, sinceMs: Date.parse(since), observed, claim: claimOf(externalSecret) }
}

async function carryOut(
  orphans: readonly Orphan[],
  plan: readonly Pruning[],
  { dropped, options }: { readonly dropped: Memory['dropped']; readonly options: PruneOptions },
): Promise<Pruned> {
  const left = new Map(dropped)
  const notes: string[] = []
  const deleted: string[] = []
  for (const [at, { name }] of orphans.entries()) {
    const pruning = plan[at]
    if (pruning === undefined || pruning.action === 'keep') continue
    if (pruning.action === 'delete') {
      notes.push(await deleteOne(name, pruning.observed, options))
      if (!options.isDryRun) deleted.push(name)
    }
    left.delete(name)
  }
  const tooMany = plan.filter((one) => one.action === 'keep' && one.because === 'too-many').length
  if (tooMany > 0) {
    notes.push(
      `${tooMany} Secrets would be pruned at once, more than a quarter: none was; look at them, then run with --confirm-deletions`,
    )
  }
  return { dropped: left, notes, deleted, isFailed: tooMany > 0 }
}

/** Only the very Secret that was judged. Answers what to tell. */
async function deleteOne(
  id: string,
  { uid, resourceVersion }: ObservedSecret,
  { kube, namespace, isDryRun }: PruneOptions,
): Promise<string> {
  const ref = refOfTarget(targetOfId(id), namespace)
  if (!isDryRun) await kube.delete(ref, { uid, resourceVersion }, false)
  const verb = isDryRun ? 'would be' : 'was'
  return `${ref.kind} ${namespace}/${ref.name} ${verb} pruned: no ExternalSecret asks for it any more`
}
