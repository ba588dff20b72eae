import type { ExternalSecret } from '../model/external-secret.ts'
import type { OutcomeError } from '../model/outcome.ts'
import type { Parity } from '../model/parity.ts'
import type { ObservedSecret, Secret } from '../model/secret.ts'
import type { SecretValue } from '../model/secret-value.ts'
import type { TemplateEngine } from '../template/template-engine.ts'
import { isFrozenKind, objectContent, refuseOwnMetadata } from './desired-object.ts'
import { refuseForbidden, refuseTemplate } from './forbidden.ts'
import { renderTemplate } from './rendered.ts'
import { decodeTargetTemplate, type TargetTemplate } from './target-template.ts'
import { withoutTracking } from './tracking-metadata.ts'

// Which data the Secret gets, highest first (R58):
//   template.data │ templateFrom, later over earlier │ fetched │ existing
//   fetched: only with mergePolicy Merge, or when the template has neither data nor templateFrom
//   existing: only with creationPolicy Merge and CreateOrMerge

/** ConfigMaps and Secrets of the ExternalSecret's namespace that `templateFrom` names; undefined when absent. */
export interface TemplateSources {
  readonly configMap: (name: string) => ReadonlyMap<string, string> | undefined
  readonly secret: (name: string) => ReadonlyMap<string, SecretValue> | undefined
}

/** Everything that decides the content of one Secret. */
export interface DesiredRequest {
  readonly externalSecret: ExternalSecret
  /** What the entries add up to. */
  readonly data: ReadonlyMap<string, SecretValue>
  /** The Secret that is there, without what our field manager owns in it (`withoutOwned`, R59). */
  readonly existing: Secret | undefined
  readonly sources: TemplateSources
  /** Undefined: a target template is then an error; callers load the engine only when `target.template` is there. */
  readonly templates: TemplateEngine | undefined
  readonly parity: Parity
}

/** The Secret complete, or every error: a half of it is never written. */
export type Desired =
  | { readonly outcome: 'built'; readonly secret: Secret }
  | { readonly outcome: 'failed'; readonly errors: readonly OutcomeError[] }

/** The Secret that one ExternalSecret asks for. Marks and owner references are not part of it: `sync` adds them. */
export function buildDesired(request: DesiredRequest): Desired {
  const { template: authored, manifest, object } = request.externalSecret.target
  // Trust: whoever forgot to ask the administrator's list gets nothing.
  if (manifest !== undefined && object === undefined) return failed([MANIFEST_REFUSED])
  const template = authored === undefined ? undefined : decodeTargetTemplate(authored)
  const built =
    object === undefined ? buildSecret(request, template) : buildObject(request, template)
  if (built.outcome === 'failed') return built
  const errors = [
    ...refuseForbidden(built.secret, request.parity),
    ...(object === undefined ? [] : refuseOwnMetadata(built.secret)),
  ]
  return errors.length === 0 ? built : failed(errors)
}

function buildSecret(request: DesiredRequest, template: TargetTemplate | undefined): Desired {
  return template === undefined ? copy(request) : apply(request, template)
}

/** An object that is no Secret: its content by paths, the metadata as for Secrets. */
function buildObject(request: DesiredRequest, template: TargetTemplate | undefined): Desired {
  const { externalSecret, existing, parity } = request
  const refused = template === undefined ? [] : refuseTemplate(template, parity, true)
  if (refused.length > 0) return failed(refused)
  const base = isMerging(externalSecret) ? existing : undefined
  const { errors, ...content } = objectContent({ ...request, base }, template)
  if (errors.length > 0) return failed(errors)
  const metadata = template === undefined ? copiedMetadata(request) : content
  const { data } = content
  const finalizers = template?.finalizers ?? []
  // The content has been merged already, path by path.
  const wanted = { ...metadata, type: '', data, finalizers }
  return built(externalSecret, existing && { ...existing, data: new Map() }, wanted)
}

/** Without a template the Secret carries the ExternalSecret's own labels and annotations (R56). */
function copy(request: DesiredRequest): Desired {
  const { externalSecret, data, existing } = request
  const metadata = copiedMetadata(request)
  return built(externalSecret, existing, { ...metadata, type: '', data, finalizers: [] })
}

function copiedMetadata({
  externalSecret: { labels, annotations },
  parity,
}: DesiredRequest): Pick<Secret, 'labels' | 'annotations'> {
  const isFiltered = parity.tracksNoMetadata
  return {
    labels: isFiltered ? withoutTracking(labels) : labels,
    annotations: isFiltered ? withoutTracking(annotations) : annotations,
  }
}

/**
 * R57, R58: template.data over templateFrom over fetched data, which stays only with mergePolicy
 * Merge or a bare template.
 */
function apply(request: DesiredRequest, template: TargetTemplate): Desired {
  const refused = refuseTemplate(template, request.parity)
  if (refused.length > 0) return failed(refused)
  const rendered = renderTemplate(request, template)
  if (rendered.errors.length > 0) return failed(rendered.errors)
  const isBare = template.data.size === 0 && template.templateFrom.length === 0
  const keepsFetched = template.mergePolicy === 'Merge' || isBare
  return built(request.externalSecret, request.existing, {
    type: template.type,
    data: keepsFetched ? new Map([...request.data, ...rendered.data]) : rendered.data,
    labels: rendered.labels,
    annotations: rendered.annotations,
    finalizers: template.finalizers,
  })
}

/** What a template decides of a Secret. */
type Content = Pick<Secret, 'type' | 'data' | 'labels' | 'annotations' | 'finalizers'>

/** Existing metadata stays, whatever the policy; existing data only where the policy merges. */
function built(
  externalSecret: ExternalSecret,
  existing: Secret | undefined,
  wanted: Content,
): Desired {
  const { name, namespace, target } = externalSecret
  return {
    outcome: 'built',
    secret: {
      name: target.name || name,
      namespace,
      type: wanted.type || (existing?.type ?? ''),
      data: isMerging(externalSecret) ? merge(existing?.data, wanted.data) : wanted.data,
      labels: merge(existing?.labels, wanted.labels),
      annotations: merge(existing?.annotations, wanted.annotations),
      finalizers: [...new Set([...(existing?.finalizers ?? []), ...wanted.finalizers])],
      immutable: target.immutable && isFrozenKind(externalSecret),
    },
  }
}

function isMerging({ target: { creationPolicy } }: ExternalSecret): boolean {
  return creationPolicy === 'Merge' || creationPolicy === 'CreateOrMerge'
}

function merge<T>(
  base: ReadonlyMap<string, T> | undefined,
  over: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  return base === undefined ? over : new Map([...base, ...over])
}

/** The observed Secret less what our field manager owns, so that an entry that was dropped disappears (R59). */
export function withoutOwned(observed: ObservedSecret): Secret {
  return {
    ...observed,
    data: without(observed.data, observed.ownedKeys),
    labels: without(observed.labels, observed.ownedLabels),
    annotations: without(observed.annotations, observed.ownedAnnotations),
  }
}

function without<T>(
  map: ReadonlyMap<string, T>,
  keys: ReadonlySet<string>,
): ReadonlyMap<string, T> {
  return new Map([...map].filter(([key]) => !keys.has(key)))
}

const MANIFEST_REFUSED: OutcomeError = {
  code: 'Unsupported',
  field: 'spec.target.manifest',
  message: 'target.manifest is not supported, only Secrets are written',
}

function failed(errors: readonly OutcomeError[]): Desired {
  return { outcome: 'failed', errors }
}
