import yargs, { type Options } from 'yargs'
import { COMMANDS, type CommandName } from './commands.ts'
import { UsageError } from './exit.ts'
import { OptionValues } from './invocation.ts'
import { type OptionSpec, optionsOf } from './options.ts'
import { type ParsedArguments, settle } from './render-options.ts'

/** Parses the command line of every command but `generate` and `fn`. Throws UsageError. */
export async function parseArguments(
  command: CommandName,
  argv: readonly string[],
): Promise<ParsedArguments> {
  const specs = optionsOf(command)
  const parsed: Readonly<Record<string, unknown>> & { readonly _: readonly (string | number)[] } =
    await yargs(withStdinOperand(argv, specs))
      .locale('en')
      .help(false)
      .version(false)
      .exitProcess(false)
      .parserConfiguration({
        'camel-case-expansion': false,
        'boolean-negation': false,
        'parse-numbers': false,
        'parse-positional-numbers': false,
        'short-option-groups': false,
      })
      .strictOptions()
      .options(Object.fromEntries(specs.map((spec) => [spec.name, yargsOption(spec)])))
      .fail((message, error) => {
        const reason = (message ?? error?.message ?? 'wrong arguments').split('\n')[0]
        throw new UsageError(`${reason}; see waybill ${command} --help`)
      })
      .parseAsync()
  const given = new Map<string, string | true | readonly string[]>()
  for (const spec of specs) {
    const value = givenValue(spec, parsed[spec.name])
    if (value !== undefined) given.set(spec.name, value)
  }
  return { operands: operandsOf(command, parsed._), options: new OptionValues(given) }
}

/** `-f -` as one word: the parser takes a lone `-` for the start of an option. */
function withStdinOperand(argv: readonly string[], specs: readonly OptionSpec[]): string[] {
  const names = specs.filter(({ form }) => form !== 'flag')
  const words = new Set(names.flatMap(({ name, short }) => [`--${name}`, `-${short}`]))
  const joined: string[] = []
  for (const word of argv) {
    const option = joined.at(-1) ?? ''
    if (word === '-' && words.has(option)) joined.splice(-1, 1, `${option}=-`)
    else joined.push(word)
  }
  return joined
}

function yargsOption({ short, form }: OptionSpec): Options {
  return {
    ...(short === undefined ? {} : { alias: short }),
    ...(form === 'list' ? { array: true, nargs: 1 } : {}),
    type: form === 'flag' ? 'boolean' : 'string',
    requiresArg: form !== 'flag',
  }
}

function givenValue(
  spec: OptionSpec,
  value: unknown,
): string | true | readonly string[] | undefined {
  if (value === undefined || value === false) return undefined
  if (!Array.isArray(value)) return settle(spec, String(value))
  if (spec.form !== 'list') throw new UsageError(`--${spec.name} was given more than once`)
  return settle(spec, value.map(String))
}

function operandsOf(command: CommandName, words: readonly (string | number)[]): readonly string[] {
  const operands = words.map(String)
  if (operands.length > 0 && COMMANDS.find(({ name }) => name === command)?.operands === '') {
    throw new UsageError(`waybill ${command} takes no operand, got ${JSON.stringify(operands[0])}`)
  }
  return operands
}
