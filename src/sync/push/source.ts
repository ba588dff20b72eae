import type { JsonObject } from '../../model/json.ts'
import { isEmptySelector, selectorText } from '../../model/label-selector.ts'
import type { OutcomeError } from '../../model/outcome.ts'
import type { PushSource } from '../../model/push.ts'
import type { PushSecret } from '../../model/push-secret.ts'
import { decodeObserved } from '../../plan/observed.ts'
import { renderTemplate } from '../../plan/rendered.ts'
import { decodeTargetTemplate } from '../../plan/target-template.ts'
import { codeOfProvider } from '../../values/codes.ts'
import { readTemplateSources } from '../template-sources.ts'
import type { PushPorts } from './ports.ts'

/** Where the values come from, read and templated. `gone`: the Secret that is named does not exist. */
export type Sources =
  | { readonly outcome: 'found'; readonly sources: readonly PushSource[] }
  | { readonly outcome: 'gone'; readonly error: OutcomeError }
  | { readonly outcome: 'failed'; readonly errors: readonly OutcomeError[] }

/** Secrets by name or by labels, or what a generator makes. Throws KubeError. */
export async function readSources(pushSecret: PushSecret, ports: PushPorts): Promise<Sources> {
  const found = await readRaw(pushSecret, ports)
  if (found.outcome !== 'found' || pushSecret.template === undefined) return found
  const errors: OutcomeError[] = []
  const sources: PushSource[] = []
  for (const source of found.sources) {
    const rendered = await templated(source, pushSecret, ports)
    if ('errors' in rendered) errors.push(...rendered.errors)
    else sources.push(rendered)
  }
  return errors.length > 0 ? { outcome: 'failed', errors } : { outcome: 'found', sources }
}

async function readRaw(pushSecret: PushSecret, ports: PushPorts): Promise<Sources> {
  const { namespace, selector } = pushSecret
  if (selector.secretName !== undefined) {
    const object = await ports.lookup('Secret', namespace, selector.secretName)
    if (object !== undefined) return { outcome: 'found', sources: [sourceOf(object, namespace)] }
    const message = `source Secret ${namespace}/${selector.secretName} does not exist`
    const error = { code: 'SecretNotFound', field: 'spec.selector.secret.name', message }
    return { outcome: 'gone', error }
  }
  if (selector.generatorRef !== undefined) return generated(pushSecret, ports)
  return selected(pushSecret, ports)
}

/** An empty selector would push every Secret of the namespace; upstream refuses it as well. */
async function selected({ namespace, selector }: PushSecret, ports: PushPorts): Promise<Sources> {
  const labels = selector.secretSelector
  const isUsable =
    labels !== undefined && !isEmptySelector(labels) && selectorText(labels) !== undefined
  if (!isUsable) {
    const message =
      labels === undefined
        ? 'no Secret, selector or generator is named'
        : 'the selector is empty or malformed: it has to name labels'
    return failed([{ code: 'InvalidEntry', field: 'spec.selector', message }])
  }
  const objects = await ports.secretsWith(labels, namespace)
  const sources = objects.map((object) => sourceOf(object, namespace))
  return {
    outcome: 'found',
    sources: sources.sort((a, b) => (a.subject < b.subject ? -1 : 1)),
  }
}

function failed(errors: readonly OutcomeError[]): Sources {
  return { outcome: 'failed', errors }
}

function sourceOf(object: JsonObject, namespace: string): PushSource {
  const { name, type, data, labels, annotations } = decodeObserved(object, [])
  return { subject: `Secret ${namespace}/${name}`, type, data, marks: { labels, annotations } }
}

/** New values at every run: that is what a generator is for. */
async function generated(
  { namespace, name, selector: { generatorRef } }: PushSecret,
  { reading }: PushPorts,
): Promise<Sources> {
  const { kind = '', name: generatorName = '' } = generatorRef ?? {}
  const isOfCluster = kind === 'ClusterGenerator'
  const generator = isOfCluster
    ? `${kind}/${generatorName}`
    : `${kind}/${namespace}/${generatorName}`
  const entry = `${namespace}/${name} spec.selector`
  const answer = await reading.generators.answer({ op: 'generate', generator, namespace, entry })
  if (answer.outcome === 'generated') {
    const marks = { labels: new Map<string, string>(), annotations: new Map<string, string>() }
    const source = { subject: `generator ${generator}`, type: '', data: answer.data, marks }
    return { outcome: 'found', sources: [source] }
  }
  const { code, message } =
    answer.outcome === 'failed'
      ? { code: codeOfProvider(answer.failure.code), message: answer.failure.message }
      : { code: 'Malformed', message: `generator ${generator} gave no values` }
  return failed([{ code, field: 'spec.selector.generatorRef', message }])
}

/** The template adds to the source and replaces its keys; nothing of it reaches the cluster. */
async function templated(
  source: PushSource,
  { namespace, template: authored }: PushSecret,
  { engines, lookup }: PushPorts,
): Promise<PushSource | { readonly errors: readonly OutcomeError[] }> {
  if (authored === undefined) return source
  const template = decodeTargetTemplate(authored)
  const sources = await readTemplateSources({ namespace, target: { template: authored } }, lookup)
  const templates = (await engines.templates()).together()
  const rendered = renderTemplate({ data: source.data, sources, templates }, template)
  if (rendered.errors.length > 0) {
    return {
      errors: rendered.errors.map((error) => ({
        ...error,
        field: error.field.replace('spec.target.template', 'spec.template'),
      })),
    }
  }
  return {
    ...source,
    type: template.type,
    data: new Map([...source.data, ...rendered.data]),
    marks: {
      labels: new Map([...source.marks.labels, ...rendered.labels]),
      annotations: new Map([...source.marks.annotations, ...rendered.annotations]),
    },
  }
}
