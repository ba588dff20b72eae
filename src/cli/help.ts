import { COMMANDS, type CommandName } from './commands.ts'
import { type OptionSpec, optionsOf } from './options.ts'

/** Help of one command, or the overview, from the option table. */
export function helpText(command: CommandName | undefined): string {
  return command === undefined ? overview() : commandHelp(command)
}

/** All commands with one line each, and the exit codes. */
function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name, operands }) => `${name} ${operands}`.length))
  const lines = COMMANDS.map(
    ({ name, operands, summary }) => `  ${`${name} ${operands}`.padEnd(width)}  ${summary}`,
  )
  return [
    'waybill: External Secrets for GitOps, without the operator',
    '',
    'usage: waybill COMMAND [OPTIONS]',
    '',
    ...lines,
    '',
    'waybill COMMAND --help shows the options of a command.',
    'exit codes: 0 clean, 1 findings, 2 usage, 3 unreadable input, 4 provider or cluster failure, 5 partial sync, 70 bug',
    '',
  ].join('\n')
}

/** Usage, summary and options of one command. */
function commandHelp(command: CommandName): string {
  const spec = COMMANDS.find(({ name }) => name === command)
  const options = optionsOf(command)
  const width = Math.max(...options.map((option) => usage(option).length), 0)
  const lines = options.map((option) => `  ${usage(option).padEnd(width)}  ${described(option)}`)
  return [
    `usage: waybill ${command} ${spec?.operands ?? ''} [OPTIONS]`.replace(/ {2,}/g, ' '),
    '',
    spec?.summary ?? '',
    '',
    ...lines,
    '',
  ].join('\n')
}

/** An option as it is typed. */
function usage({ name, short, form, choices, operand }: OptionSpec): string {
  const value = form === 'flag' ? '' : `=${choices?.join('|') ?? operand ?? 'VALUE'}`
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value}`
}

/** What an option does, and its default. */
function described({ describe, fallback, form }: OptionSpec): string {
  const repeat = form === 'list' ? ' (repeatable)' : ''
  return `${describe}${repeat}${fallback === undefined ? '' : ` (default ${fallback})`}`
}
