import type { OutcomeError } from '../model/outcome.ts'
import type { SecretValue } from '../model/secret-value.ts'
import type { TemplateEngine } from '../template/template-engine.ts'
import { readRendered } from './rendered-values.ts'
import type { TargetTemplate, TemplateFrom, TemplateObject } from './target-template.ts'

// Runs every template of `target.template`. All errors are reported, not the first one only: each names the field that holds
// the template, and none quotes what was rendered.

/**
 * What templates see, and where `templateFrom` looks things up; undefined stands for an absent
 * object.
 */
export interface RenderRequest {
  readonly data: ReadonlyMap<string, SecretValue>
  readonly sources: {
    readonly configMap: (name: string) => ReadonlyMap<string, string> | undefined
    readonly secret: (name: string) => ReadonlyMap<string, SecretValue> | undefined
  }
  readonly templates: TemplateEngine | undefined
}

/** What all templates of a target add up to; with any error nothing of it is used. */
export interface Rendered {
  readonly data: ReadonlyMap<string, SecretValue>
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
  readonly errors: readonly OutcomeError[]
}

/** A text to render, and where it stands. */
export interface Source {
  readonly key: string
  readonly field: string
  readonly text: Uint8Array
  readonly templateAs: string
}

type Target = 'data' | 'labels' | 'annotations'

/** What is rendered from, and the errors so far. */
export interface Rendering {
  readonly request: RenderRequest
  readonly errors: OutcomeError[]
}

interface Progress extends Rendering {
  readonly values: Readonly<Record<Target, Map<string, SecretValue>>>
}

/** `templateFrom` first, then the template's own maps, which overwrite it (R58). */
export function renderTemplate(request: RenderRequest, template: TargetTemplate): Rendered {
  const values = { data: new Map(), labels: new Map(), annotations: new Map() }
  const progress: Progress = { request, values, errors: [] }
  for (const [index, from] of template.templateFrom.entries()) {
    renderFrom(progress, from, `spec.target.template.templateFrom[${index}]`)
  }
  renderMap(progress, 'data', template.data)
  renderMap(progress, 'labels', template.labels)
  renderMap(progress, 'annotations', template.annotations)
  return {
    data: values.data,
    labels: texts(values.labels),
    annotations: texts(values.annotations),
    errors: progress.errors,
  }
}

function renderMap(
  progress: Progress,
  target: Target,
  templates: ReadonlyMap<string, string>,
): void {
  const path = target === 'data' ? 'data' : `metadata.${target}`
  for (const [key, text] of templates) {
    const field = `spec.target.template.${path}.${key}`
    renderInto(progress, target, { key, field, text: bytes(text), templateAs: 'Values' }, 'None')
  }
}

function renderFrom(progress: Progress, from: TemplateFrom, field: string): void {
  if (from.target === '') {
    progress.errors.push({
      code: 'InvalidTarget',
      field: `${field}.target`,
      message: 'must be Data, Annotations or Labels; leave it out for Data',
    })
    return
  }
  const target = targetOf(from.target)
  for (const source of sourcesOf(progress, from, field)) {
    renderInto(progress, target, source, from.valuesDecodingStrategy)
  }
}

/** In any letter case (R66); what is none of the three was refused before. */
function targetOf(target: string): Target {
  const name = target.toLowerCase()
  return name === 'labels' || name === 'annotations' ? name : 'data'
}

/** ConfigMap, then Secret, then literal (R58); what is not there is an error. */
export function sourcesOf(
  progress: Rendering,
  from: TemplateFrom,
  field: string,
): readonly Source[] {
  const { configMap, secret } = progress.request.sources
  const found: Source[] = []
  if (from.configMap !== undefined) {
    const { name } = from.configMap
    const texts = configMap(name)
    const at = { kind: 'ConfigMap', field: `${field}.configMap`, object: from.configMap }
    found.push(...itemsOf(progress, at, texts && mapValues(texts, bytes)))
  }
  if (from.secret !== undefined) {
    const { name } = from.secret
    const values = secret(name)
    const at = { kind: 'Secret', field: `${field}.secret`, object: from.secret }
    found.push(...itemsOf(progress, at, values && mapValues(values, (value) => value.reveal())))
  }
  if (from.literal !== undefined) {
    const text = bytes(from.literal)
    found.push({ key: 'literal', field: `${field}.literal`, text, templateAs: 'KeysAndValues' })
  }
  return found
}

interface ObjectAt {
  readonly kind: string
  readonly field: string
  readonly object: TemplateObject
}

function itemsOf(
  { errors }: Rendering,
  { kind, field, object: { name, items } }: ObjectAt,
  data: ReadonlyMap<string, Uint8Array> | undefined,
): readonly Source[] {
  if (data === undefined) {
    errors.push({
      code: 'TemplateNotFound',
      field: `${field}.name`,
      message: `${kind} ${name} not found`,
    })
    return []
  }
  const sources: Source[] = []
  for (const [index, { key, templateAs }] of items.entries()) {
    const at = `${field}.items[${index}]`
    const text = data.get(key)
    if (text === undefined) {
      errors.push({
        code: 'TemplateKeyNotFound',
        field: at,
        message: `${kind} ${name} has no key ${key}`,
      })
    } else sources.push({ key, field: at, text, templateAs })
  }
  return sources
}

function renderInto(progress: Progress, target: Target, source: Source, strategy: string): void {
  for (const [name, value] of renderValues(progress, source, strategy) ?? []) {
    progress.values[target].set(name, value)
  }
}

/** What one source adds, by key; undefined with an error. */
export function renderValues(
  rendering: Rendering,
  source: Source,
  strategy: string,
): ReadonlyMap<string, SecretValue> | undefined {
  const text = renderText(rendering, source)
  if (text === undefined) return undefined
  const read = readRendered(text, { ...source, strategy })
  if (read.outcome === 'read') return read.values
  rendering.errors.push(read.error)
  return undefined
}

/** The text that a source is rendered to; undefined with an error. */
export function renderText(
  { request, errors }: Rendering,
  { key, field, text }: Source,
): SecretValue | undefined {
  if (request.templates === undefined) {
    errors.push({ code: 'Unsupported', field, message: 'no template engine is loaded' })
    return undefined
  }
  const rendering = request.templates.render({ key, text, data: request.data, missingKey: 'error' })
  if (rendering.outcome !== 'failed') return rendering.value
  const { code, message } = rendering.error
  errors.push({ code: FAILED[code], field, message })
  return undefined
}

const FAILED = { parse: 'TemplateInvalid', exec: 'TemplateFailed' } as const

/** Labels and annotations hold text. */
export function texts(values: ReadonlyMap<string, SecretValue>): ReadonlyMap<string, string> {
  return mapValues(values, (value) =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(value.reveal()),
  )
}

/** UTF-8. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function mapValues<A, B>(
  map: ReadonlyMap<string, A>,
  change: (value: A) => B,
): ReadonlyMap<string, B> {
  return new Map([...map].map(([key, value]) => [key, change(value)]))
}
