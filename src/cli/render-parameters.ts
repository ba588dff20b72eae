import { nearest } from '../rules/spelling.ts'
import { UsageError } from './exit.ts'
import type { OptionSpec } from './options.ts'

// Parameters of an Application (ARGOCD_APP_PARAMETERS), and `functionConfig` of a KRM function, as option values.
//
// Trust: a repository can set them by itself (.argocd-source.yaml), so nothing is taken that the option table does not announce,
// in any other form than it announces.

/** What somebody set: one text, or a list. */
export type Setting = string | readonly string[]

// Of a repository's making, so bounded before it is parsed.
const PARAMETERS_LENGTH_MAX = 64 * 1024

/** Reads ARGOCD_APP_PARAMETERS: `[{name, string | array | map}]`. An empty text counts as not set: the UI leaves those. */
export function readParameters(
  json: string | undefined,
  specs: readonly OptionSpec[],
): ReadonlyMap<string, Setting> {
  const settings = new Map<string, Setting>()
  if (json === undefined || json === '' || json === 'null') return settings
  for (const item of parameterList(json)) {
    const name = ownText(item, 'name') ?? ''
    const spec = specs.find((candidate) => candidate.name === name)
    if (spec === undefined) throw unknownSetting('parameter', name, specs)
    const value = parameterValue(item, spec)
    if (value.length > 0) settings.set(name, value)
  }
  return settings
}

/** Throws one error for every way of being no list: the text may be long, and is not quoted. */
function parameterList(json: string): readonly object[] {
  const wrong = new UsageError('ARGOCD_APP_PARAMETERS is not a list of parameters')
  if (json.length > PARAMETERS_LENGTH_MAX) throw wrong
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw wrong
  }
  if (!Array.isArray(value)) throw wrong
  return value.map((item: unknown) => {
    if (typeof item !== 'object' || item === null) throw wrong
    return item
  })
}

/** Exactly the form that was announced; a map is no form of any option. */
function parameterValue(item: object, { name, form }: OptionSpec): Setting {
  const array: unknown = Object.hasOwn(item, 'array') ? Reflect.get(item, 'array') : undefined
  if (form === 'list' && Array.isArray(array)) {
    return array.map((entry: unknown) => {
      if (typeof entry === 'string') return entry
      throw new UsageError(`parameter ${name} holds what is no text`)
    })
  }
  if (Object.hasOwn(item, 'array') || Object.hasOwn(item, 'map')) {
    const expected = form === 'list' ? 'array' : 'string'
    throw new UsageError(`parameter ${name} has the wrong form: expected ${expected}`)
  }
  return ownText(item, 'string') ?? ''
}

/** Own members only: `__proto__` is a legal key of JSON. */
function ownText(item: object, key: string): string | undefined {
  const value: unknown = Object.hasOwn(item, key) ? Reflect.get(item, key) : undefined
  return typeof value === 'string' ? value : undefined
}

/** Names what is there instead. */
export function unknownSetting(
  what: string,
  name: string,
  specs: readonly OptionSpec[],
): UsageError {
  const names = specs.map((spec) => spec.name)
  const near = nearest(name, names)
  const advice =
    near === undefined ? `expected one of ${names.join(', ')}` : `did you mean ${near}?`
  return new UsageError(`unknown ${what} ${JSON.stringify(name.slice(0, 80))}: ${advice}`)
}
