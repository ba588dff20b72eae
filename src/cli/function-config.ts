import { isArray, isObject, type JsonObject, type JsonValue, member } from '../model/json.ts'
import { UsageError } from './exit.ts'
import { type OptionSpec, optionsOf } from './options.ts'
import { type Setting, unknownSetting } from './render-parameters.ts'

/** Members of a function configuration that are no options of the command line. */
const OWN: readonly OptionSpec[] = [
  {
    name: 'mode',
    form: 'text',
    choices: ['transform', 'validate'],
    describe: 'print the items, or judge them only',
    commands: ['fn'],
  },
  {
    name: 'field',
    form: 'text',
    choices: ['transformers', 'validators'],
    describe: 'where kustomize lists the function',
    commands: ['fn'],
  },
]

/** What a function configuration sets; all of it counts as the tenant's. */
export interface FunctionConfig {
  readonly mode: 'transform' | 'validate'
  readonly settings: ReadonlyMap<string, Setting>
}

/**
 * Reads `spec` of a function configuration, or `data` of a ConfigMap. Trap: kustomize takes the answer of a transformer for all
 * there is, so a validator that stands under `transformers:` would delete everything. Its role cannot be seen from inside;
 * hence mode validate must be confirmed by `field: validators`. Throws UsageError.
 */
export function readFunctionConfig(config: JsonObject | undefined): FunctionConfig {
  const body = member(config, 'kind') === 'ConfigMap' ? 'data' : 'spec'
  const specs = [...optionsOf('fn').filter(({ isOperators }) => isOperators !== true), ...OWN]
  const given = member(config, body)
  const settings = new Map<string, Setting>()
  for (const [name, value] of isObject(given) ? Object.entries(given) : []) {
    const spec = specs.find((candidate) => candidate.name === name)
    if (spec === undefined) throw unknownSetting(`member of ${body}`, name, specs)
    const setting = settingOf(value, spec)
    if (setting.length > 0) settings.set(name, setting)
  }
  const mode = settings.get('mode') === 'validate' ? 'validate' : 'transform'
  if (mode === 'validate' && settings.get('field') !== 'validators') {
    throw new UsageError(
      `${body}.mode is validate without ${body}.field: validators; under transformers: it would delete every resource`,
    )
  }
  return { mode, settings }
}

/** ConfigMaps hold text only, so a list may also be one text with commas. */
function settingOf(value: JsonValue | undefined, { name, form, choices }: OptionSpec): Setting {
  if (value === null || value === undefined) return ''
  if (form === 'list' && isArray(value)) {
    const items = value.filter((item) => typeof item === 'string')
    if (items.length === value.length) return items
  }
  const isText = typeof value === 'string' && (choices === undefined || choices.includes(value))
  if (isText) return value
  const expected = form === 'list' ? 'a list of texts' : (choices?.join(', ') ?? 'a text')
  throw new UsageError(`function configuration: ${name} has the wrong value, expected ${expected}`)
}
