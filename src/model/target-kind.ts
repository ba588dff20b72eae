import type { ExternalSecret, TargetKind } from './external-secret.ts'
import { type JsonObject, member, text } from './json.ts'
import type { OutcomeError } from './outcome.ts'

// Which kinds an ExternalSecret may have written with `target.manifest` (MT-7). Whoever may write an ExternalSecret would
// write these objects with the rights of the run, so the list is an administrator's, and some kinds are on none.

/** One entry of the list, `KIND` or `KIND.GROUP`, as kubectl names kinds; any version of the group. */
export interface AllowedTarget {
  readonly kind: string
  /** Empty for the core group. */
  readonly group: string
  /** As the REST API calls it; undefined: asked of the API server, else guessed. */
  readonly plural: string | undefined
}

/** Why one is refused, and what to do. */
export interface TargetRefusal {
  readonly message: string
  readonly hint: string
}

const NOT_ALLOWED = 'only Secrets are written, no other objects'
const KEEP_IN_GIT = 'keep such an object in Git, and have it name a Secret'

// Trust: never on anybody's list. Each would be a way from "may write an ExternalSecret" to the rights of somebody else.
const FORBIDDEN_GROUPS: ReadonlyMap<string, string> = new Map([
  ['rbac.authorization.k8s.io', 'it grants rights'],
  ['authorization.k8s.io', 'it asks for rights'],
  ['authentication.k8s.io', 'it asks for identities'],
  ['certificates.k8s.io', 'it asks for identities'],
  ['admissionregistration.k8s.io', 'it decides what the API server admits'],
  ['apiregistration.k8s.io', 'it speaks for the API server'],
  ['apiextensions.k8s.io', 'it defines kinds'],
  ['apps', 'its pods run as any identity of the namespace'],
  ['batch', 'its pods run as any identity of the namespace'],
  ['discovery.k8s.io', 'it redirects traffic'],
  ['coordination.k8s.io', 'controllers elect their leader by it'],
  ['events.k8s.io', 'it is a record'],
  ['external-secrets.io', 'it is read by waybill itself'],
  ['generators.external-secrets.io', 'it is read by waybill itself'],
])

/** Everything of the hand-off begins with it; trust in the root certificate is the cluster's. */
const OWN_PREFIX = 'waybill-'
const CLUSTER_CONFIG_MAPS: ReadonlySet<string> = new Set(['kube-root-ca.crt'])

/** Reads an entry of `--allow-target`, or says what is wrong with it. */
export function readAllowedTarget(
  word: string,
): { readonly target: AllowedTarget } | { readonly problem: string } {
  const [, kind = '', group = '', plural] =
    /^([A-Z][A-Za-z0-9]{0,62})(?:\.([a-z0-9][a-z0-9.-]{0,252}))?(?:=([a-z0-9-]{1,63}))?$/.exec(
      word,
    ) ?? []
  if (kind === '') {
    return { problem: 'expected KIND or KIND.GROUP, such as ConfigMap or Middleware.traefik.io' }
  }
  const reason = forbiddenBecause(kind, group)
  if (reason !== undefined) return { problem: `which is never written: ${reason}` }
  return { target: { kind, group, plural } }
}

/** The entry as it is given. */
export function writeAllowedTarget({ kind, group, plural }: AllowedTarget): string {
  return `${kind}${group === '' ? '' : `.${group}`}${plural === undefined ? '' : `=${plural}`}`
}

/** What the REST API probably calls it, as kubectl guesses where it cannot ask. */
export function pluralOf({ kind, plural }: AllowedTarget): string {
  if (plural !== undefined) return plural
  const word = kind.toLowerCase()
  if (/(s|x|ch|sh)$/.test(word)) return `${word}es`
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`
}

function forbiddenBecause(kind: string, group: string): string | undefined {
  if (group === '' && kind === 'Secret') return 'a Secret needs no target.manifest'
  if (group === '' && kind !== 'ConfigMap') return 'of the core group only ConfigMaps are'
  return FORBIDDEN_GROUPS.get(group)
}

/** Of the manifest as authored: why it is refused; undefined for a Secret, and for what the list allows. */
export function refusalOfTarget(
  { target }: Pick<ExternalSecret, 'target'>,
  allowed: readonly AllowedTarget[],
): TargetRefusal | undefined {
  if (target.manifest === undefined) return undefined
  const named = kindOf(target.manifest)
  const group = groupOfVersion(named.apiVersion)
  if (!API_VERSION.test(named.apiVersion)) {
    return { message: 'its apiVersion is none', hint: 'expected GROUP/VERSION, or v1' }
  }
  if (named.kind === 'Secret' && group === '') {
    return { message: NOT_ALLOWED, hint: 'leave target.manifest out: then a Secret is written' }
  }
  const reason = forbiddenBecause(named.kind, group)
  if (reason !== undefined) return { message: `${NOT_ALLOWED}: ${reason}`, hint: KEEP_IN_GIT }
  if (!allows(allowed, named)) {
    const option = `--allow-target=${group === '' ? named.kind : `${named.kind}.${group}`}`
    const hint = `leave target.manifest out and have the workload read the Secret; whoever runs waybill may allow it with ${option}`
    return { message: NOT_ALLOWED, hint }
  }
  if (targetIdOf(named, target.name).length > ID_MAX) {
    return { message: 'its name is too long', hint: `choose a target.name below ${ID_MAX - 100}` }
  }
  return isReserved(named.kind, target.name)
    ? { message: `ConfigMap ${target.name} is not a target`, hint: 'choose another target.name' }
    : undefined
}

/** Trust: it becomes a part of a path, in which `..` would lead to another group than the one that was judged. */
const API_VERSION = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[a-z0-9]{1,63}$/
/** A key of a ConfigMap has 253 characters at most, and what is remembered by it a prefix. */
const ID_MAX = 240

/** Whether the list has this kind. */
export function allows(
  allowed: readonly AllowedTarget[],
  { apiVersion, kind }: TargetKind,
): boolean {
  return allowedOf(allowed, { apiVersion, kind }) !== undefined
}

/** The entry of the list for this kind. */
export function allowedOf(
  allowed: readonly AllowedTarget[],
  { apiVersion, kind }: TargetKind,
): AllowedTarget | undefined {
  const group = groupOfVersion(apiVersion)
  return allowed.find((one) => one.kind === kind && one.group === group)
}

function isReserved(kind: string, name: string): boolean {
  if (kind !== 'ConfigMap') return false
  return name.startsWith(OWN_PREFIX) || CLUSTER_CONFIG_MAPS.has(name)
}

/** The same ExternalSecret, with what its manifest names if the list allows that; else the error of a run. */
export function allowTarget(
  externalSecret: ExternalSecret,
  allowed: readonly AllowedTarget[],
): { readonly externalSecret: ExternalSecret; readonly errors: readonly OutcomeError[] } {
  const { target } = externalSecret
  if (target.manifest === undefined) return { externalSecret, errors: [] }
  const refusal = refusalOfTarget(externalSecret, allowed)
  if (refusal === undefined) {
    const object = kindOf(target.manifest)
    return { externalSecret: { ...externalSecret, target: { ...target, object } }, errors: [] }
  }
  const message = `target.manifest is not supported: ${refusal.message}; ${refusal.hint}`
  return {
    externalSecret,
    errors: [{ code: 'Unsupported', field: 'spec.target.manifest', message }],
  }
}

/** What an object, or a manifest of a target, says that it is. */
export function kindOf(manifest: JsonObject | undefined): TargetKind {
  return {
    apiVersion: text(member(manifest, 'apiVersion')) ?? '',
    kind: text(member(manifest, 'kind')) ?? '',
  }
}

function groupOfVersion(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}

/**
 * What a target is remembered by: a Secret by its name, anything else by `Kind.version.group_name`. No name of an object
 * has `_`, so the two never meet, and a key of a ConfigMap may hold both.
 */
export function targetId({ target }: Pick<ExternalSecret, 'target'>): string {
  const kind = target.object ?? (target.manifest && kindOf(target.manifest))
  return kind === undefined ? target.name : targetIdOf(kind, target.name)
}

/** The same of an object that is no Secret. */
export function targetIdOf({ apiVersion, kind }: TargetKind, name: string): string {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  return `${kind}.${version}${group === '' ? '' : `.${group}`}_${name}`
}

/** The way back; `object` is undefined for a Secret. */
export function targetOfId(id: string): {
  readonly object: TargetKind | undefined
  readonly name: string
} {
  const at = id.indexOf('_')
  if (at < 0) return { object: undefined, name: id }
  const [kind = '', version = '', ...group] = id.slice(0, at).split('.')
  const apiVersion = group.length === 0 ? version : `${group.join('.')}/${version}`
  return { object: { apiVersion, kind }, name: id.slice(at + 1) }
}

/** Equal for ids of one object: the versions of a kind show the same objects. */
export function placeOfId(id: string): string {
  const { object, name } = targetOfId(id)
  return object === undefined ? name : `${object.kind}.${groupOfVersion(object.apiVersion)}_${name}`
}

/** For messages: `Secret`, or the kind. */
export function targetWord({ target }: Pick<ExternalSecret, 'target'>): string {
  return target.object?.kind ?? 'Secret'
}
