import { isArray, type JsonValue, member } from '../../model/json.ts'
import { ProviderError } from '../provider.ts'

// Members of a generator's spec. An API server has checked them by the CRD; a file has been checked by nobody.

/** Undefined when absent. */
export function wholeNumber(spec: JsonValue | undefined, name: string): number | undefined {
  const value = given(spec, name)
  if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value)))
    return value
  throw wrong(name, 'a whole number')
}

/** False when absent. Throws ProviderError for anything but a boolean. */
export function flag(spec: JsonValue | undefined, name: string): boolean {
  const value = given(spec, name)
  if (value === undefined || typeof value === 'boolean') return value ?? false
  throw wrong(name, 'true or false')
}

/** Undefined when absent. */
export function word(spec: JsonValue | undefined, name: string): string | undefined {
  const value = given(spec, name)
  if (value === undefined || typeof value === 'string') return value
  throw wrong(name, 'text')
}

/** Empty when absent. */
export function words(spec: JsonValue | undefined, name: string): readonly string[] {
  const value = given(spec, name)
  if (value === undefined) return []
  if (!isArray(value)) throw wrong(name, 'a list of texts')
  return value.map((item) => {
    if (typeof item === 'string') return item
    throw wrong(name, 'a list of texts')
  })
}

/** A null member is none, as the API server has it. */
function given(spec: JsonValue | undefined, name: string): JsonValue | undefined {
  return member(spec, name) ?? undefined
}

/**
 * A member of another type or range. It names the member and what was expected, never what was
 * there.
 */
export function wrong(name: string, expected: string): ProviderError {
  return new ProviderError('invalid', `spec.${name} must be ${expected}`)
}
