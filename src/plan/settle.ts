import type { ExternalSecret } from '../model/external-secret.ts'
import type { OutcomeError } from '../model/outcome.ts'
import type { Parity } from '../model/parity.ts'
import type { Answer, Read } from '../model/provider.ts'
import type { Secret } from '../model/secret.ts'
import type { SecretValue } from '../model/secret-value.ts'
import type { TemplateEngine } from '../template/template-engine.ts'
import { type AssembleInput, assemble, readsOf } from '../values/assemble.ts'
import type { PatternEngine } from '../values/pattern-engine.ts'
import { type KeySteps, stepsOf } from '../values/steps.ts'
import { transformThrough } from '../values/transform.ts'
import type { Change, Refusal } from './change.ts'
import { buildDesired, type TemplateSources, withoutOwned } from './desired.ts'
import { planSecret, planWithoutData, type Target } from './plan-secret.ts'

// From answers to a plan: the one path that `sync`, `simulate` and the conformance vectors take.
//
//  the provider says        │ the Secret                │ seen gone │ plan                 │ remembered as gone
//  ─────────────────────────┼───────────────────────────┼───────────┼──────────────────────┼───────────────────
//  one read fails (R5)      │ any                       │           │ refuse               │ no
//  nothing is there, Delete │ any                       │ any       │ plan-secret.ts, 1    │ yes
//  nothing is there, Retain │ any                       │           │ plan-secret.ts, 1    │ no
//  anything else            │ None, Merge without one   │           │ plan-secret.ts, 2    │ no
//  anything else            │ cannot be built           │           │ refuse               │ no
//  something is gone        │ would lose a key of ours  │ once      │ retain               │ yes
//  something is gone        │ would lose a key of ours  │ twice     │ plan-secret.ts, 3, 4 │ no
//  anything else            │ any                       │           │ plan-secret.ts, 3, 4 │ no

/** The engines that an ExternalSecret needs; undefined where it needs none. */
export interface Engines {
  readonly patterns: PatternEngine | undefined
  readonly templates: TemplateEngine | undefined
}

/** Answers, template sources and engines of one ExternalSecret. */
export interface Sources {
  readonly defaultNamespace: string
  readonly answerTo: (read: Read) => Answer
  readonly templateSources: TemplateSources
  readonly engines: Engines
}

/** The data before templates, or every error. */
export type Valued =
  | { readonly outcome: 'complete'; readonly data: ReadonlyMap<string, SecretValue> }
  | { readonly outcome: 'failed'; readonly errors: readonly OutcomeError[] }

/** Answers → data. */
export function valuesFor(
  externalSecret: ExternalSecret,
  sources: Sources,
  parity: Parity,
): Valued {
  return assemble(assembling(externalSecret, sources, parity))
}

function assembling(
  externalSecret: ExternalSecret,
  { defaultNamespace, answerTo, engines }: Sources,
  parity: Parity,
): AssembleInput {
  const { patterns, templates } = engines
  const transform = templates === undefined ? undefined : transformThrough(templates)
  return { externalSecret, defaultNamespace, parity, answerTo, patterns, transform }
}

/** Answers → how each value of the data came about. */
export function stepsFor(
  externalSecret: ExternalSecret,
  sources: Sources,
  parity: Parity,
): readonly KeySteps[] {
  return stepsOf(assembling(externalSecret, sources, parity))
}

/** Data → the Secret as it should be. `observed` is what is there, without what we own in it. */
export function desiredFor(
  { externalSecret, parity }: Pick<Target, 'externalSecret' | 'parity'>,
  { data, existing }: { data: ReadonlyMap<string, SecretValue>; existing: Secret | undefined },
  { defaultNamespace, templateSources, engines }: Sources,
): ReturnType<typeof buildDesired> {
  const namespace = externalSecret.namespace || defaultNamespace
  const { templates } = engines
  return buildDesired({
    externalSecret: { ...externalSecret, namespace },
    data,
    existing,
    sources: templateSources,
    templates,
    parity,
  })
}

/** What to do with one target, and whether the provider said that nothing is there. */
export interface Settled {
  readonly change: Change
  /** Every entry was answered, and what is gone takes the Secret or keys of it along: the first sighting. */
  readonly isGone: boolean
}

/** The whole way. A failed read is always a refusal, so that no write can follow from it. */
export function settle(target: Target, sources: Sources, isConfirmed: boolean): Settled {
  const { externalSecret, observed, parity } = target
  const valued = valuesFor(externalSecret, sources, parity)
  if (valued.outcome === 'failed') return { change: refused('read', valued.errors), isGone: false }
  const isEmpty = valued.data.size === 0
  const isGone = isEmpty && externalSecret.target.deletionPolicy === 'Delete'
  const early = planWithoutData(target, { isEmpty, isConfirmed })
  if (early !== undefined) return { change: early, isGone }
  const existing = observed === undefined ? undefined : withoutOwned(observed)
  const desired = desiredFor(target, { data: valued.data, existing }, sources)
  if (desired.outcome === 'failed') {
    return { change: refused('update', desired.errors), isGone: false }
  }
  const change = planSecret(target, desired.secret)
  if (isConfirmed || !dropsGone(change, externalSecret, sources)) return { change, isGone: false }
  return { change: { action: 'retain', observed, because: 'keys-seen-once' }, isGone: true }
}

/**
 * Whether keys of ours would go because the provider says that something is gone. A wrong mount or namespace says so too,
 * hence it has to be seen twice, as for a whole Secret.
 */
function dropsGone(
  change: Change,
  externalSecret: ExternalSecret,
  { defaultNamespace, answerTo }: Sources,
): boolean {
  if (change.action !== 'update') return false
  const { observed, desired } = change
  const isDropping = [...observed.ownedKeys].some(
    (key) => observed.data.has(key) && !desired.data.has(key),
  )
  if (!isDropping) return false
  return readsOf(externalSecret, externalSecret.namespace || defaultNamespace).some(
    ({ read }) => answerTo(read).outcome === 'absent',
  )
}

function refused(step: Refusal['step'], errors: readonly OutcomeError[]): Refusal {
  return { action: 'refuse', step, errors }
}
