import { stringMap } from '../model/external-secret.ts'
import { type JsonObject, member } from '../model/json.ts'
import {
  MANAGED_BY,
  MANAGER,
  type PushDialect,
  type PushMarks,
  type PushSource,
} from '../model/push.ts'
import { withoutTracking } from './tracking-metadata.ts'

// Tags, labels and annotations of a remote secret after a push.
//
//   AWS         │ `tags`, when the metadata has them, replace all but AWS's own; else those that are there stay
//   GCP         │ the same for labels and annotations; with mergePolicy Merge those that are there stay
//   Vault       │ the mark is added to what is there
//   kubernetes  │ the source's, over what is there, as sourceMergePolicy and targetMergePolicy say; no mark

/** What decides the marks of one remote secret. */
export interface MarkRequest {
  readonly dialect: PushDialect
  readonly observed: PushMarks | undefined
  readonly spec: JsonObject
  readonly source: PushSource
}

const NOTHING: PushMarks = { labels: new Map(), annotations: new Map() }

/** The marks as they should be. */
export function marksAfter(request: MarkRequest): PushMarks {
  const { dialect, spec } = request
  const observed = request.observed ?? NOTHING
  switch (dialect) {
    case 'fake':
    case 'vault-kv1':
      return observed
    case 'vault-kv2':
      return marked(observed.labels, observed.annotations)
    case 'kubernetes':
      return kubernetesMarks(request, observed)
    case 'gcp-secret-manager':
      return gcpMarks(spec, observed)
    default: {
      const tags = stringMap(member(spec, 'tags'))
      const reserved = [...observed.labels].filter(([key]) => key.startsWith('aws:'))
      return marked(
        tags === undefined ? observed.labels : new Map([...reserved, ...tags]),
        observed.annotations,
      )
    }
  }
}

function marked(
  labels: ReadonlyMap<string, string>,
  annotations: ReadonlyMap<string, string>,
): PushMarks {
  return { labels: new Map([...labels, [MANAGED_BY, MANAGER]]), annotations }
}

function gcpMarks(spec: JsonObject, observed: PushMarks): PushMarks {
  const labels = stringMap(member(spec, 'labels'))
  const annotations = stringMap(member(spec, 'annotations')) ?? observed.annotations
  if (labels === undefined) return marked(observed.labels, annotations)
  // Upstream: with Merge a label that is there wins over the one in the metadata.
  const kept = member(spec, 'mergePolicy') === 'Merge' ? observed.labels : []
  return marked(new Map([...labels, ...kept]), annotations)
}

function kubernetesMarks({ spec, source }: MarkRequest, observed: PushMarks): PushMarks {
  const target = member(spec, 'targetMergePolicy')
  if (target === 'Ignore') return observed
  const isReplacing = member(spec, 'sourceMergePolicy') === 'Replace'
  const own = {
    labels: stringMap(member(spec, 'labels')) ?? new Map<string, string>(),
    annotations: stringMap(member(spec, 'annotations')) ?? new Map<string, string>(),
  }
  const base = isReplacing ? NOTHING : copied(source.marks)
  const kept = target === 'Replace' ? NOTHING : observed
  return {
    labels: new Map([...kept.labels, ...base.labels, ...own.labels]),
    annotations: new Map([...kept.annotations, ...base.annotations, ...own.annotations]),
  }
}

/**
 * What may go along with a copy. `last-applied-configuration` holds the values; marks of ours would make the copy look like
 * the target of an ExternalSecret.
 */
function copied({ labels, annotations }: PushMarks): PushMarks {
  const fit = (map: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
    new Map([...withoutTracking(map)].filter(([key]) => !key.startsWith('waybill.dev/')))
  return { labels: fit(labels), annotations: fit(annotations) }
}

/** Whether nothing has to be written for the marks. */
export function sameMarks(a: PushMarks, b: PushMarks): boolean {
  return sameMap(a.labels, b.labels) && sameMap(a.annotations, b.annotations)
}

function sameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
}
