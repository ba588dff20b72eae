import { stringMap } from '../model/external-secret.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member, text } from '../model/json.ts'

/** `target.template` with the CRD's defaults filled in; what has the wrong type counts as absent. */
export interface TargetTemplate {
  readonly engineVersion: string
  /** Empty: keep the existing type (R67). */
  readonly type: string
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
  readonly finalizers: readonly string[]
  readonly data: ReadonlyMap<string, string>
  readonly mergePolicy: string
  readonly templateFrom: readonly TemplateFrom[]
}

/** One element of `templateFrom`. Several of its members may be set: ConfigMap, then Secret, then literal (R58). */
export interface TemplateFrom {
  readonly configMap: TemplateObject | undefined
  readonly secret: TemplateObject | undefined
  readonly literal: string | undefined
  /** As authored; an explicit empty text is not the same as none (R66). */
  readonly target: string
  readonly valuesDecodingStrategy: string
}

/**
 * A ConfigMap or Secret of `templateFrom`; namespaces are not written, it is always the
 * ExternalSecret's.
 */
export interface TemplateObject {
  readonly name: string
  readonly items: readonly TemplateItem[]
}

/** One key of it, and how its text becomes values (`Values` or `KeysAndValues`). */
export interface TemplateItem {
  readonly key: string
  readonly templateAs: string
}

/**
 * Reads `target.template` with the CRD's defaults; what is malformed counts as absent, and the
 * rules report it.
 */
export function decodeTargetTemplate(template: JsonObject): TargetTemplate {
  const metadata = member(template, 'metadata')
  return {
    engineVersion: text(member(template, 'engineVersion')) ?? 'v2',
    type: text(member(template, 'type')) ?? '',
    labels: stringMap(member(metadata, 'labels')) ?? new Map(),
    annotations: stringMap(member(metadata, 'annotations')) ?? new Map(),
    finalizers: items(member(metadata, 'finalizers')).filter((item) => typeof item === 'string'),
    data: stringMap(member(template, 'data')) ?? new Map(),
    mergePolicy: text(member(template, 'mergePolicy')) ?? 'Replace',
    templateFrom: items(member(template, 'templateFrom')).map(decodeTemplateFrom),
  }
}

function decodeTemplateFrom(entry: JsonValue): TemplateFrom {
  return {
    configMap: decodeObject(member(entry, 'configMap')),
    secret: decodeObject(member(entry, 'secret')),
    literal: text(member(entry, 'literal')),
    target: text(member(entry, 'target')) ?? 'Data',
    valuesDecodingStrategy: text(member(entry, 'valuesDecodingStrategy')) ?? 'None',
  }
}

function decodeObject(ref: JsonValue | undefined): TemplateObject | undefined {
  if (!isObject(ref)) return undefined
  return {
    name: text(member(ref, 'name')) ?? '',
    items: items(member(ref, 'items')).map((item) => ({
      key: text(member(item, 'key')) ?? '',
      templateAs: text(member(item, 'templateAs')) ?? 'Values',
    })),
  }
}

function items(value: JsonValue | undefined): readonly JsonValue[] {
  return isArray(value) ? value : []
}
