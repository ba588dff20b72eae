import { yamlToJson } from '../manifests/kubectl.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import type { JsonValue } from '../model/json.ts'
import type { OutcomeError } from '../model/outcome.ts'
import type { Secret } from '../model/secret.ts'
import type { SecretValue } from '../model/secret-value.ts'
import { type Draft, textOf } from './object-content.ts'
import {
  bytes,
  type Rendering,
  type RenderRequest,
  renderText,
  renderValues,
  type Source,
  sourcesOf,
  texts,
} from './rendered.ts'
import type { TargetTemplate, TemplateFrom } from './target-template.ts'
import { mergedWith, readTargetPath, setAt } from './template-path.ts'

// `target.template` of an object that is no Secret (R103):
//
//  target                │ Values                          │ KeysAndValues
//  ──────────────────────┼─────────────────────────────────┼────────────────────────────────────────
//  Labels, Annotations   │ the key, as text                │ each key, as text
//  Data                  │ data.<key>, as text             │ data.<each key>, as text
//  Spec                  │ spec.<key>, as text             │ spec becomes the map
//  a.b[0].c              │ at the path, read as YAML       │ at the path, merged with the map there
//  a                     │ at the path, read as YAML       │ at the path, in place of what is there

/** What of the request concerns an object. */
export interface ObjectRequest extends RenderRequest {
  readonly externalSecret: ExternalSecret
  /** What is there, without what is ours in it; undefined under policies that do not merge. */
  readonly base: Secret | undefined
}

interface Progress extends Rendering {
  readonly root: Draft
  readonly isConfigMap: boolean
  readonly labels: Map<string, SecretValue>
  readonly annotations: Map<string, SecretValue>
}

/** Renders into `root`; `templateFrom` first, then `data`, which overwrites it. */
export function renderObject(
  request: ObjectRequest,
  template: TargetTemplate,
  root: Draft,
): Pick<Secret, 'labels' | 'annotations'> & { readonly errors: readonly OutcomeError[] } {
  const progress: Progress = {
    request,
    errors: [],
    root,
    isConfigMap: request.externalSecret.target.object?.kind === 'ConfigMap',
    labels: new Map(),
    annotations: new Map(),
  }
  for (const [index, from] of template.templateFrom.entries()) {
    const field = `spec.target.template.templateFrom[${index}]`
    for (const source of sourcesOf(progress, from, field)) {
      renderAt(progress, source, { from, field: `${field}.target` })
    }
  }
  const authored = [
    ['data', template.data],
    ['metadata.labels', template.labels],
    ['metadata.annotations', template.annotations],
  ] as const
  for (const [place, templates] of authored) {
    const target = place.slice(place.indexOf('.') + 1)
    for (const [key, text] of templates) {
      const field = `spec.target.template.${place}.${key}`
      const source = { key, field, text: bytes(text), templateAs: 'Values' }
      renderAt(progress, source, { from: { target, valuesDecodingStrategy: 'None' }, field })
    }
  }
  const { labels, annotations, errors } = progress
  return { labels: texts(labels), annotations: texts(annotations), errors }
}

/** Where what was rendered goes. */
interface Destination {
  readonly from: Pick<TemplateFrom, 'target' | 'valuesDecodingStrategy'>
  /** Of the target. */
  readonly field: string
}

/** The well-known names in any letter case (#6458), every other path as it is. */
function renderAt(progress: Progress, source: Source, destination: Destination): void {
  const name = destination.from.target.toLowerCase()
  const isWhole = source.templateAs === 'KeysAndValues'
  if (name === 'labels' || name === 'annotations') {
    const values = renderValues(progress, source, destination.from.valuesDecodingStrategy)
    for (const [key, value] of values ?? []) progress[name].set(key, value)
  } else if (name === 'data' || (name === 'spec' && !isWhole)) {
    renderTexts(progress, source, { ...destination, member: name })
  } else renderAtPath(progress, source, destination)
}

/** Members of `data` or `spec`, each as text. */
function renderTexts(
  progress: Progress,
  source: Source,
  { from, field, member }: Destination & { readonly member: string },
): void {
  if (progress.isConfigMap && member !== 'data') {
    refusePath(progress, field, NOT_OF_MAPS)
    return
  }
  for (const [key, value] of renderValues(progress, source, from.valuesDecodingStrategy) ?? []) {
    const text = textOf(value)
    if (text === undefined) {
      const message = 'the rendered value is no UTF-8 text, which only a Secret can hold'
      progress.errors.push({ code: 'NotText', field: source.field, message })
    } else if (!setAt(progress.root, [member, key], () => text))
      refusePath(progress, field, BLOCKED)
  }
}

const NOT_OF_MAPS = 'a ConfigMap has no other path than data'
const BLOCKED = 'a value of another form is in the way'

/** A value that is read as YAML; where a list or a map is meant, the path says so. */
function renderAtPath(progress: Progress, source: Source, { from, field }: Destination): void {
  const target = from.target.toLowerCase() === 'spec' ? 'spec' : from.target
  const path = readTargetPath(target, progress.isConfigMap)
  if (path.outcome === 'failed') {
    refusePath(progress, field, path.message)
    return
  }
  const isWhole = source.templateAs === 'KeysAndValues'
  const rendered = isWhole
    ? renderWhole(progress, source, from)
    : renderLeaf(progress, source, from)
  if (rendered === undefined) return
  const isReplaced = !isWhole || path.steps.length === 1
  const leaf = isReplaced ? () => rendered : mergedWith(rendered)
  if (!setAt(progress.root, path.steps, leaf)) refusePath(progress, field, BLOCKED)
}

/** What does not read as YAML stays the text that it is. */
function renderLeaf(
  progress: Progress,
  source: Source,
  { valuesDecodingStrategy }: Destination['from'],
): JsonValue | undefined {
  const values = renderValues(progress, source, valuesDecodingStrategy)
  const value = values?.get(source.key)
  if (value === undefined) return undefined
  const read = yamlToJson(value.reveal(), false)
  if (read.outcome === 'read') return read.value
  const text = textOf(value)
  if (text !== undefined) return text
  const message = 'the rendered value is no UTF-8 text, which only a Secret can hold'
  progress.errors.push({ code: 'NotText', field: source.field, message })
  return undefined
}

function renderWhole(
  progress: Progress,
  source: Source,
  { valuesDecodingStrategy }: Destination['from'],
): JsonValue | undefined {
  const { field } = source
  if (valuesDecodingStrategy !== 'None') {
    const message = 'valuesDecodingStrategy is for the targets Data, Labels and Annotations'
    progress.errors.push({ code: 'Unsupported', field, message })
    return undefined
  }
  const text = renderText(progress, source)
  if (text === undefined) return undefined
  const read = yamlToJson(text.reveal(), false)
  if (read.outcome === 'read') return read.value
  progress.errors.push({ code: 'NotYaml', field, message: 'the rendered text is not YAML' })
  return undefined
}

function refusePath({ errors }: Progress, field: string, message: string): void {
  errors.push({ code: 'InvalidTarget', field, message })
}
