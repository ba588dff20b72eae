import type { ExternalSecret } from '../model/external-secret.ts'
import { isObject } from '../model/json.ts'
import { nameProblem } from '../model/names.ts'
import type { OutcomeError } from '../model/outcome.ts'
import type { Secret } from '../model/secret.ts'
import type { SecretValue } from '../model/secret-value.ts'
import { MANAGED_LABEL, OWNER_ANNOTATION } from './marks.ts'
import { asIs, canBeImmutable, type Draft, leavesOf, textOf, treeOf } from './object-content.ts'
import { type ObjectRequest, renderObject } from './rendered-object.ts'
import type { TargetTemplate } from './target-template.ts'

// Objects other than Secrets, by ESO's rules (R101–R104): without a template the data as text, in `data` of a ConfigMap and
// in `spec.data` of any other kind; with one what its parts put at their paths. The content is then taken apart into leaves
// (`object-content.ts`), which stand where a Secret has its data.

/** What an object is to hold; with any error nothing of it is used. */
export interface ObjectContent extends Pick<Secret, 'data' | 'labels' | 'annotations'> {
  readonly errors: readonly OutcomeError[]
}

/** Content with labels and annotations of the template; without one the caller copies those of the ExternalSecret. */
export function objectContent(
  request: ObjectRequest,
  template: TargetTemplate | undefined,
): ObjectContent {
  const { externalSecret, base, data } = request
  const isConfigMap = kindOf(externalSecret) === 'ConfigMap'
  const root: Draft = Object.create(null)
  if (base !== undefined) Object.assign(root, treeOf(base.data, asIs))
  const rendered =
    template === undefined
      ? { ...NOTHING, errors: putData(root, data, isConfigMap) }
      : renderObject(request, template, root)
  const errors = [...rendered.errors, ...(isConfigMap ? configMapErrors(root) : [])]
  return { ...rendered, data: leavesOf(root), errors }
}

const NOTHING = { labels: new Map<string, string>(), annotations: new Map<string, string>() }

function kindOf({ target }: ExternalSecret): string {
  return target.object?.kind ?? ''
}

/** Only a Secret and a ConfigMap can be frozen; under the others `immutable` keeps what is there, as for them (R82). */
export function isFrozenKind({ target }: ExternalSecret): boolean {
  return target.object === undefined || canBeImmutable(target.object.kind)
}

/** R102. */
function putData(
  root: Draft,
  data: ReadonlyMap<string, SecretValue>,
  isConfigMap: boolean,
): readonly OutcomeError[] {
  const errors: OutcomeError[] = []
  const spec = isObject(root.spec) ? root.spec : {}
  const before = isConfigMap ? root.data : spec.data
  // A map with data of our own: under Merge the keys of others stay.
  const put: Draft = Object.assign(Object.create(null), isObject(before) ? before : {})
  for (const [key, value] of data) {
    const text = textOf(value)
    if (text === undefined) errors.push(noText(key))
    else put[key] = text
  }
  if (isConfigMap) root.data = put
  else root.spec = Object.assign(Object.create(null), spec, { data: put })
  return errors
}

/** ESO would replace the bytes that are no text. */
function noText(key: string): OutcomeError {
  const message = `the value of ${JSON.stringify(key.slice(0, 100))} is no UTF-8 text, which only a Secret can hold`
  return { code: 'NotText', field: '', message }
}

/** The API server's own message would quote the value. */
function configMapErrors({ data }: Draft): readonly OutcomeError[] {
  if (data === undefined) return []
  if (!isObject(data)) return [notStrings('data')]
  return Object.entries(data).flatMap(([key, value]) => {
    const shown = JSON.stringify(key.slice(0, 100))
    if (nameProblem('data-key', key) !== undefined) {
      const message = `${shown} is not a key of a ConfigMap: expected letters, digits, '-', '_' or '.'`
      return [{ code: 'InvalidKey', field: '', message }]
    }
    return typeof value === 'string' ? [] : [notStrings(`data.${key.slice(0, 100)}`)]
  })
}

function notStrings(path: string): OutcomeError {
  const message = `${path} of a ConfigMap must be text: give the template the target Data, or quote the value`
  return { code: 'InvalidValue', field: 'spec.target.template', message }
}

/** Trust: objects of the hand-off are known by these; one that a tenant writes would be read as a bundle or a store. */
const OWN_METADATA = 'waybill.dev/'

/** Looks at the complete object, so that no way of composing one gets past. */
export function refuseOwnMetadata({ labels, annotations }: Secret): readonly OutcomeError[] {
  const isOwn = (key: string): boolean =>
    key.startsWith(OWN_METADATA) && key !== MANAGED_LABEL && key !== OWNER_ANNOTATION
  return [...labels.keys(), ...annotations.keys()].filter(isOwn).map((key) => ({
    code: 'NotAllowed',
    field: 'spec.target.template.metadata',
    message: `${key.slice(0, 100)} is not allowed: it marks what waybill hands off`,
  }))
}
