import type { FieldPath } from '../manifests/document.ts'
import { type ExternalSecret, stringMap } from '../model/external-secret.ts'
import { isObject, member, text } from '../model/json.ts'
import type { Rule } from './rule.ts'
import { type Spec, specsOf, templateFromOf } from './specs.ts'

// ESO's validating webhook (R175-R181), in its order and its words, since people search for these texts.

/** One refusal of the webhook; `path` starts at the document's root. */
export interface Refusal {
  readonly path: FieldPath
  readonly message: string
}

/**
 * R175 to R181. Allowed on purpose: what only the CRD's schema refuses, which `schema` reports in
 * its own words.
 */
export const admission: Rule = {
  id: 'admission',
  severity: 'error',
  summary: "ESO's validating webhook lets the ExternalSecret in",
  why: `Where ESO runs, its webhook refuses these objects; where it does not, nothing else would say that the policies cannot
be kept. The messages are ESO's own (R175 to R181): a deletionPolicy that the creationPolicy cannot keep, neither data nor
dataFrom, more than one source in an element of dataFrom, a secretKey twice, a Secret type that mints credentials, a
templateFrom target that a Secret does not have.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  target: {creationPolicy: Merge, deletionPolicy: Delete}
  dataFrom:
    - extract: {key: api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  target: {creationPolicy: Owner, deletionPolicy: Delete}
  dataFrom:
    - extract: {key: api}
`,
  *check(graph) {
    for (const spec of specsOf(graph)) {
      for (const refusal of refusals(spec)) yield { document: spec.document, ...refusal }
    }
  },
}

/** What the webhook would refuse; the defaults of the CRD are taken as filled in. */
export function* refusals(spec: Pick<Spec, 'resource' | 'path'>): Generator<Refusal> {
  yield* policyRefusals(spec)
  yield* sourceRefusals(spec)
  yield* duplicateRefusals(spec)
  yield* templateRefusals(spec)
}

/** Policies that contradict each other (R175, R176). */
function* policyRefusals({ resource, path }: Pick<Spec, 'resource' | 'path'>): Generator<Refusal> {
  const { creationPolicy, deletionPolicy } = resource.target
  const isUnowned = ['Merge', 'None', 'CreateOrMerge'].includes(creationPolicy)
  if (deletionPolicy === 'Delete' && isUnowned) {
    yield {
      path: [...path, 'target', 'deletionPolicy'],
      message:
        "deletionPolicy=Delete must not be used when the controller doesn't own the secret. Please set creationPolicy=Owner",
    }
  }
  if (deletionPolicy === 'Merge' && creationPolicy === 'None') {
    yield {
      path: [...path, 'target', 'deletionPolicy'],
      message:
        'deletionPolicy=Merge must not be used with creationPolicy=None. There is no Secret to merge with',
    }
  }
}

/** Which sources an element of `dataFrom` may combine. */
function* sourceRefusals({ resource, path }: Pick<Spec, 'resource' | 'path'>): Generator<Refusal> {
  if (resource.data.length === 0 && resource.dataFrom.length === 0) {
    yield { path, message: 'either data or dataFrom should be specified' }
  }
  for (const [index, { extract, find, sourceRef }] of resource.dataFrom.entries()) {
    const at = [...path, 'dataFrom', index]
    const generatorRef = sourceRef?.generatorRef
    const sources = [extract, find, generatorRef].filter((source) => source !== undefined)
    if (sources.length > 1) {
      yield { path: at, message: 'extract, find, or generatorRef cannot be set at the same time' }
    }
    if (sources.length === 0 && sourceRef === undefined) {
      yield { path: at, message: 'either extract, find, or sourceRef must be set to dataFrom' }
    }
    if (sourceRef !== undefined && generatorRef === undefined && !sourceRef.storeRef) {
      yield {
        path: [...at, 'sourceRef'],
        message: 'generatorRef or storeRef must be set when using sourceRef in dataFrom',
      }
    }
  }
}

/** Only under Retain: with the other policies a later entry may stand in for one that is gone. */
function* duplicateRefusals({
  resource,
  path,
}: Pick<Spec, 'resource' | 'path'>): Generator<Refusal> {
  if (resource.target.deletionPolicy !== 'Retain') return
  const seen = new Set<string>()
  for (const [index, { secretKey }] of resource.data.entries()) {
    if (seen.has(secretKey)) {
      yield {
        path: [...path, 'data', index, 'secretKey'],
        message: `duplicate secretKey found: ${secretKey}`,
      }
    }
    seen.add(secretKey)
  }
}

const TOKEN_TYPE = 'kubernetes.io/service-account-token'
const ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name'
const BOOTSTRAP_TYPE = 'bootstrap.kubernetes.io/token'
const TARGETS = ['Data', 'Annotations', 'Labels']

/** Types of Secret that would mint credentials for whoever may write an ExternalSecret. */
function* templateRefusals(spec: Pick<Spec, 'resource' | 'path'>): Generator<Refusal> {
  const { resource, path } = spec
  const { template } = resource.target
  if (template === undefined) return
  const type = text(member(template, 'type'))
  const typePath = [...path, 'target', 'template', 'type']
  if (type === BOOTSTRAP_TYPE) {
    yield { path: typePath, message: `template.type="${type}" is not allowed` }
  }
  const annotations = stringMap(member(member(template, 'metadata'), 'annotations'))
  if (type === TOKEN_TYPE && annotations?.has(ACCOUNT_ANNOTATION) === true) {
    yield {
      path: typePath,
      message: `template.type="${type}" with annotation "${ACCOUNT_ANNOTATION}" is not allowed`,
    }
  }
  yield* targetRefusals(spec, type)
}

/** `templateFrom[].target`; an empty one passes here, as with ESO (see template-target.ts). */
function* targetRefusals(
  spec: Pick<Spec, 'resource' | 'path'>,
  type: string | undefined,
): Generator<Refusal> {
  for (const { item, path } of templateFromOf(spec)) {
    const target = text(member(item, 'target')) || 'Data'
    const known = TARGETS.find((word) => folded(word) === folded(target))
    if (type === TOKEN_TYPE && known === 'Annotations') {
      yield {
        path: [...path, 'target'],
        message: `template.type="${type}" with templateFrom target="${known}" is not allowed`,
      }
    }
    if (known === undefined && isSecretTarget(spec.resource)) {
      yield {
        path: [...path, 'target'],
        message: `templateFrom target="${target}" is not allowed when targeting a Secret, must be one of "Data", "Annotations" or "Labels"`,
      }
    }
  }
}

/** A manifest target that is a Secret after all counts as one. */
function isSecretTarget({ target: { manifest } }: ExternalSecret): boolean {
  if (!isObject(manifest)) return true
  return member(manifest, 'apiVersion') === 'v1' && member(manifest, 'kind') === 'Secret'
}

/** Equal when Go's EqualFold says so: the long s is an s there. */
function folded(word: string): string {
  return word.replaceAll('ſ', 's').toLowerCase()
}
