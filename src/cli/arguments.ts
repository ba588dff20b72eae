import yargs from 'yargs'
import { UsageError } from './exit.ts'
import { OptionValues } from './invocation.ts'
import { COMMANDS, type CommandName, optionsOf } from './options.ts'
import { type ParsedArguments, settle } from './render-options.ts'

/** Parses the command line of every command but `generate` and `fn`. Throws UsageError. */
export async function parseArguments(
  command: CommandName,
  argv: readonly string[],
): Promise<ParsedArguments> {
  const specs = optionsOf(command)
  let parser = yargs([...argv])
    .locale('en')
    .help(false)
    .version(false)
    .exitProcess(false)
    .parserConfiguration({ 'camel-case-expansion': false, 'boolean-negation': false })
    .strictOptions()
    .fail((message, error) => {
      throw new UsageError(
        `${message ?? error?.message ?? 'wrong arguments'}; see waybill ${command} --help`,
      )
    })
  for (const { name, short, form } of specs) {
    parser = parser.option(name, {
      ...(short === undefined ? {} : { alias: short }),
      type: form === 'flag' ? 'boolean' : 'string',
      array: form === 'list',
      requiresArg: form !== 'flag',
      ...(form === 'list' ? { nargs: 1 } : {}),
    })
  }
  const parsed: Record<string, unknown> & { _: (string | number)[] } = await parser.parseAsync()
  const given = new Map<string, string | true | readonly string[]>()
  for (const spec of specs) {
    const value = parsed[spec.name]
    if (value === undefined || value === false) continue
    if (Array.isArray(value) && spec.form !== 'list') {
      throw new UsageError(`--${spec.name} was given more than once`)
    }
    given.set(spec.name, settle(spec, Array.isArray(value) ? value.map(String) : String(value)))
  }
  const operands = parsed._.map(String)
  if (operands.length > 0 && COMMANDS.find(({ name }) => name === command)?.operands === '') {
    throw new UsageError(`waybill ${command} takes no operand, got ${JSON.stringify(operands[0])}`)
  }
  return { operands, options: new OptionValues(given) }
}
