import { isArray, isObject, type JsonObject, type JsonValue, member, text } from './json.ts'

// Kubernetes' label selectors: `matchLabels` and `matchExpressions`, all of which have to hold.

/** Whether a selector is there and names nothing: it selects everything. */
export function isEmptySelector(selector: JsonObject): boolean {
  const labels = member(selector, 'matchLabels') ?? Object.create(null)
  const expressions = member(selector, 'matchExpressions') ?? []
  const hasLabels = !isObject(labels) || Object.keys(labels).length > 0
  return !hasLabels && isArray(expressions) && expressions.length === 0
}

/** Whether the selector holds for these labels. An empty one holds for all, a malformed one for none. */
export function selects(selector: JsonObject, labels: ReadonlyMap<string, string>): boolean {
  const wanted = member(selector, 'matchLabels') ?? {}
  const expressions = member(selector, 'matchExpressions') ?? []
  if (!isObject(wanted) || !isArray(expressions)) return false
  return (
    Object.entries(wanted).every(([key, value]) => labels.get(key) === value) &&
    expressions.every((item) => matches(item, labels))
  )
}

/** An operator that nobody knows selects nothing. */
function matches(expression: JsonValue, labels: ReadonlyMap<string, string>): boolean {
  const value = labels.get(text(member(expression, 'key')) ?? '')
  const values = valuesOf(expression)
  switch (member(expression, 'operator')) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}

function valuesOf(expression: JsonValue): readonly string[] {
  const items = member(expression, 'values')
  return isArray(items) ? items.filter((item) => typeof item === 'string') : []
}

/** The selector as a query of the API server; undefined when it is malformed. */
export function selectorText(selector: JsonObject): string | undefined {
  const wanted = member(selector, 'matchLabels') ?? {}
  const expressions = member(selector, 'matchExpressions') ?? []
  if (!isObject(wanted) || !isArray(expressions)) return undefined
  const texts = [
    ...Object.entries(wanted).map(([key, value]) =>
      typeof value === 'string' ? requirement(key, '=', [value]) : undefined,
    ),
    ...expressions.map((item) =>
      requirement(
        text(member(item, 'key')) ?? '',
        text(member(item, 'operator')) ?? '',
        valuesOf(item),
      ),
    ),
  ]
  return texts.includes(undefined) ? undefined : texts.join(',')
}

/** Trust: a comma in a value would be another requirement. */
function requirement(key: string, operator: string, values: readonly string[]): string | undefined {
  if (![key, ...values].every((word) => /^[\w./-]*$/.test(word)) || key === '') return undefined
  switch (operator) {
    case '=':
      return `${key}=${values[0]}`
    case 'In':
      return values.length === 0 ? undefined : `${key} in (${values.join(',')})`
    case 'NotIn':
      return values.length === 0 ? undefined : `${key} notin (${values.join(',')})`
    case 'Exists':
      return key
    case 'DoesNotExist':
      return `!${key}`
    default:
      return undefined
  }
}
