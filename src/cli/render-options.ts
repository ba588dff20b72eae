import { parseArgs } from 'node:util'
import type { CommandName } from './commands.ts'
import { UsageError } from './exit.ts'
import { OptionValues } from './invocation.ts'
import { type OptionSpec, optionsOf } from './options.ts'

/** A command line, choices checked and lists split. */
export interface ParsedArguments {
  readonly operands: readonly string[]
  readonly options: OptionValues
}

/** The command line of `generate` and `fn`, without the argument parser of the other commands: it costs 42 ms a start. */
export function parseRenderOptions(command: CommandName, argv: readonly string[]): ParsedArguments {
  const specs = optionsOf(command)
  const parsed = parse(command, argv, specs)
  const given = new Map<string, string | true | readonly string[]>()
  for (const spec of specs) {
    const value = parsed.values[spec.name]
    if (value === undefined) continue
    given.set(spec.name, settle(spec, value))
  }
  return { operands: parsed.positionals, options: new OptionValues(given) }
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

/** node:util's parser: the first line of its message is safe, it names options only. */
function parse(
  command: CommandName,
  argv: readonly string[],
  specs: readonly OptionSpec[],
): { readonly values: Values; readonly positionals: readonly string[] } {
  const options: Record<string, { type: 'boolean' | 'string'; multiple: boolean; short?: string }> =
    {}
  for (const { name, short, form } of specs) {
    options[name] = {
      type: form === 'flag' ? 'boolean' : 'string',
      multiple: form === 'list',
      ...(short === undefined ? {} : { short }),
    }
  }
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''
    throw new UsageError(`${reason.replace(/\. .*/, '')}; see waybill ${command} --help`)
  }
}

/** Checks choices; splits a list at commas. */
export function settle(
  { name, form, choices }: OptionSpec,
  value: string | boolean | readonly (string | boolean)[],
): string | true | readonly string[] {
  if (form === 'flag') return true
  if (form === 'list') {
    const items = Array.isArray(value) ? value.map(String) : [String(value)]
    return items.flatMap((item) => item.split(',')).filter((item) => item !== '')
  }
  const word = String(value)
  if (choices !== undefined && !choices.includes(word)) {
    throw new UsageError(
      `--${name} is ${JSON.stringify(word)}, expected one of ${choices.join(', ')}`,
    )
  }
  return word
}
