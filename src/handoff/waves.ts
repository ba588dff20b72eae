import { objectKey } from '../graph/graph.ts'
import type { Document } from '../manifests/document.ts'
import type { Finding } from '../model/finding.ts'
import { dig, type JsonObject, member, text } from '../model/json.ts'
import {
  configMapsConsumed,
  secretsConsumed,
  TIMING_NEEDLES,
  type Timing,
  timingOf,
} from './consumers.ts'
import type { IdentityRead } from './identity.ts'

// Where the hand-off stands among Argo CD's waves. With `first` the wave of the first consumer in the Sync phase:
//
//   first − 2   setup: ConfigMaps, ServiceAccount, Roles, RoleBindings      not before the Namespace, if it is in the render
//   first − 1   the Job                                                    not before what its stores name, likewise
//   first       the CronJob: Argo CD fails a sync at an object that is degraded, so one whose last run failed must not
//               stand before the Job that mends it
//
// Consumers without an annotation are in wave 0. Argo CD applies one wave by kind, Namespace and ServiceAccount first and Job
// last, so an object in the wave of the Job is there in time.

const SYNC_WAVE = 'argocd.argoproj.io/sync-wave'
const IDENTITY_KINDS: ReadonlyMap<string, readonly IdentityRead['verb'][]> = new Map([
  ['ServiceAccount', ['token', 'annotations']],
  ['Secret', ['secret']],
  ['ConfigMap', ['configmap']],
])

/** One namespace of a hand-off. */
export interface Site {
  readonly namespace: string
  /** Secrets that the run makes here. */
  readonly targets: ReadonlySet<string>
  /** ConfigMaps that it makes, where they are allowed as targets. */
  readonly configMaps: ReadonlySet<string>
  readonly identities: readonly IdentityRead[]
}

/** Sync waves: RBAC and bundle, then the job, then the first consumer. */
export interface Waves {
  readonly setup: number
  readonly job: number
  readonly first: number
}

/** Words that objects contain which may move the waves, whatever the references are. */
export const FIRST_NEEDLES: readonly string[] = [
  ...TIMING_NEEDLES,
  // The word alone would hit every CRD by its `scope: Namespaced`.
  'kind: Namespace',
  '"Namespace"',
  "'Namespace'",
]

/**
 * Words for a second look, for what the first cannot have found: objects that stores name, and, if every annotated
 * consumer comes after wave 0, consumers without annotation. Empty when the first look settles it.
 */
export function secondNeedles(
  sites: readonly Site[],
  foreign: readonly Document[],
  defaultNamespace: string,
): readonly string[] {
  const needles = new Set<string>()
  for (const site of sites) {
    const waves = consumersOf(site, foreign, defaultNamespace)
      .filter(({ timing }) => timing.phase === 'Sync')
      .map(({ timing }) => timing.wave)
    const isOpen = waves.length > 0 && Math.min(...waves) > 0
    for (const name of isOpen ? [...site.targets, ...site.configMaps] : []) needles.add(name)
    for (const { name } of site.identities) needles.add(name)
  }
  return [...needles].sort()
}

interface Consumer {
  readonly document: Document
  readonly timing: Timing
  /** One of the Secrets, or ConfigMaps, that it needs. */
  readonly needs: string
}

function consumersOf(
  { namespace, targets, configMaps }: Site,
  foreign: readonly Document[],
  defaultNamespace: string,
): readonly Consumer[] {
  const consumers: Consumer[] = []
  for (const document of foreign) {
    if (namespaceOf(document.object, defaultNamespace) !== namespace) continue
    const { object } = document
    const secret = firstOf(secretsConsumed(object), targets)
    const configMap =
      configMaps.size === 0 ? undefined : firstOf(configMapsConsumed(object), configMaps)
    if (secret === undefined && configMap === undefined) continue
    const needs = secret === undefined ? `ConfigMap ${configMap}` : `Secret ${secret}`
    consumers.push({ document, timing: timingOf(object), needs })
  }
  return consumers
}

function firstOf(names: Iterable<string>, made: ReadonlySet<string>): string | undefined {
  for (const name of names) if (made.has(name)) return name
  return undefined
}

/** Finds the waves of one namespace; `foreign` is what the last look found. */
export function wavesOf(
  site: Site,
  foreign: readonly Document[],
  defaultNamespace: string,
): { readonly waves: Waves; readonly findings: readonly Finding[] } {
  const consumers = consumersOf(site, foreign, defaultNamespace)
  const first = firstWave(consumers)
  const namespaceWave = namespaceWaveOf(site.namespace, foreign)
  const setup = Math.max(first - 2, namespaceWave?.wave ?? first - 2)
  const identity = latestIdentity(site, foreign, defaultNamespace)
  const job = Math.max(first - 1, setup, identity?.wave ?? first - 1)
  const findings = consumers
    .filter(({ timing }) => timing.phase === 'PreSync')
    .map((consumer) => beforeSync(consumer, defaultNamespace))
  const culprit = identity !== undefined && identity.wave === job ? identity : namespaceWave
  if (job >= first && culprit !== undefined) {
    findings.push(tooLate(culprit, first, defaultNamespace))
  }
  return { waves: { setup, job, first: Math.max(first, job) }, findings }
}

function firstWave(consumers: readonly Consumer[]): number {
  let first: number | undefined
  for (const { timing } of consumers) {
    if (timing.phase !== 'Sync') continue
    if (first === undefined || timing.wave < first) first = timing.wave
  }
  // Without a consumer in the render, one may come with another Application, in wave 0 as most do.
  return first ?? 0
}

interface Placed {
  readonly document: Document
  readonly wave: number
}

/** The Namespace object of `namespace`, when Argo CD applies it in the Sync phase of the same render. */
export function namespaceWaveOf(
  namespace: string,
  foreign: readonly Document[],
): Placed | undefined {
  const found = foreign.find(
    ({ object }) =>
      member(object, 'kind') === 'Namespace' &&
      member(object, 'apiVersion') === 'v1' &&
      dig(object, 'metadata', 'name') === namespace,
  )
  return found === undefined ? undefined : placed(found)
}

function latestIdentity(
  { namespace, identities }: Site,
  foreign: readonly Document[],
  defaultNamespace: string,
): Placed | undefined {
  let latest: Placed | undefined
  for (const document of foreign) {
    const { object } = document
    if (namespaceOf(object, defaultNamespace) !== namespace) continue
    const verbs = IDENTITY_KINDS.get(text(member(object, 'kind')) ?? '') ?? []
    const name = dig(object, 'metadata', 'name')
    if (!identities.some((read) => verbs.includes(read.verb) && read.name === name)) continue
    const here = placed(document)
    if (here !== undefined && (latest === undefined || here.wave > latest.wave)) latest = here
  }
  return latest
}

function placed(document: Document): Placed | undefined {
  const { phase, wave } = timingOf(document.object)
  return phase === 'Sync' ? { document, wave } : undefined
}

function namespaceOf(object: JsonObject, defaultNamespace: string): string {
  return text(dig(object, 'metadata', 'namespace')) || defaultNamespace
}

function beforeSync({ document, needs }: Consumer, defaultNamespace: string): Finding {
  const subject = objectKey(document.object, defaultNamespace)
  return {
    rule: 'consumer-before-sync',
    severity: 'warning',
    at: document.at,
    subject,
    field: undefined,
    message: `${subject} is a PreSync hook and needs ${needs}, which the sync Job makes later, in the Sync phase`,
    hint: `make it a Sync hook with the annotation ${SYNC_WAVE}: on the first sync it is not there yet`,
  }
}

function tooLate({ document, wave }: Placed, first: number, defaultNamespace: string): Finding {
  const isNamespace = member(document.object, 'kind') === 'Namespace'
  const subject = isNamespace
    ? `Namespace/${text(dig(document.object, 'metadata', 'name')) ?? ''}`
    : objectKey(document.object, defaultNamespace)
  return {
    rule: 'handoff-wave',
    severity: 'warning',
    at: document.at,
    subject,
    field: undefined,
    message: `${subject} is applied in wave ${wave}, so the sync Job cannot run before the first workload that needs its Secrets (wave ${first})`,
    hint: `give it the annotation ${SYNC_WAVE}: "${first - 2}"`,
  }
}
