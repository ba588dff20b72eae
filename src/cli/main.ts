import { COMMANDS, type CommandName } from './commands.ts'
import { EXIT, isInputError, isUsageError, isWorldError, UsageError } from './exit.ts'
import { helpText } from './help.ts'
import type { Command } from './invocation.ts'
import type { Io } from './io.ts'
import { parseRenderOptions } from './render-options.ts'
import { VERSION } from './version.ts'

// `--version`, `--help`, `generate` and `fn` run at every refresh of an Application: they answer from this bundle
// alone. Every other command loads the argument parser, and what it needs, on the way.

/** Runs one command line; resolves to the exit code and never rejects. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code: number
  try {
    code = await dispatch(argv, io)
  } catch (error) {
    code = explain(error, io)
  }
  const stoppedBy = io.stoppedBy()
  if (stoppedBy === undefined) return code
  return stoppedBy === 'SIGINT' ? EXIT.interrupted : EXIT.terminated
}

/** The words that need no command, then the command. */
async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const [word, ...rest] = argv
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    return print(io, helpText(commandOf(rest[0])), word === undefined ? EXIT.usage : EXIT.clean)
  }
  if (word === '--version') return print(io, `waybill ${VERSION}\n`, EXIT.clean)
  const name = commandOf(word)
  if (name === undefined) {
    throw new UsageError(`unknown command ${JSON.stringify(word)}; see waybill --help`)
  }
  if (rest.includes('--help') || rest.includes('-h')) return print(io, helpText(name), EXIT.clean)
  return runCommand(name, rest, io)
}

/** The two commands that run at every refresh have a parser that loads fast. */
async function runCommand(name: CommandName, rest: readonly string[], io: Io): Promise<number> {
  if (name === 'generate' || name === 'fn') {
    const { operands, options } = parseRenderOptions(name, rest)
    const run = await loadCommand(name)
    return run({ operands, options, io })
  }
  const { parseArguments } = await import('./arguments.ts')
  const { operands, options } = await parseArguments(name, rest)
  const run = await loadCommand(name)
  return run({ operands, options, io })
}

/** Each command is a chunk of its own, loaded when it is asked for. */
async function loadCommand(name: CommandName): Promise<Command> {
  switch (name) {
    case 'generate':
      return (await import('./generate.ts')).generate
    case 'fn':
      return (await import('./fn.ts')).fn
    case 'validate':
      return (await import('./validate.ts')).validate
    case 'simulate':
      return (await import('./cluster.ts')).simulate
    case 'template':
      return (await import('./cluster.ts')).template
    case 'sync':
      return (await import('./cluster.ts')).sync
    case 'controller':
      return (await import('./cluster.ts')).controller
    case 'status':
      return (await import('./cluster.ts')).status
    case 'explain':
      return (await import('./explain.ts')).explain
    case 'version':
      return async ({ options, io }) =>
        print(
          io,
          options.text('output') === 'json'
            ? `${JSON.stringify({ apiVersion: 'waybill.dev/v1', kind: 'Version', version: VERSION })}\n`
            : `waybill ${VERSION}\n`,
          EXIT.clean,
        )
  }
}

/** Undefined for a word that is no command. */
function commandOf(word: string | undefined): CommandName | undefined {
  return COMMANDS.find(({ name }) => name === word)?.name
}

/** Writes and returns the exit code. */
async function print(io: Io, text: string, code: number): Promise<number> {
  await io.writeOut(new TextEncoder().encode(text))
  return code
}

/** Which exit code an error means; the message is ours or a name, so it can be printed. */
function explain(error: unknown, io: Io): number {
  const unwritten = outputFailure(error)
  if (unwritten !== undefined) return say(io, unwritten, undefined, EXIT.input)
  const stoppedBy = io.stoppedBy()
  if (stoppedBy !== undefined)
    return say(io, `stopped by ${stoppedBy}`, undefined, EXIT.interrupted)
  if (isUsageError(error)) return say(io, error.message, undefined, EXIT.usage)
  if (isInputError(error)) return say(io, error.message, error.hint, EXIT.input)
  if (isWorldError(error)) return say(io, error.message, error.hint, EXIT.world)
  // A library's text may quote the input: only the error's name gets out.
  const name = error instanceof Error ? error.name : 'unknown'
  return say(io, `internal error: ${name}`, 'please report it with the command line', EXIT.bug)
}

/** The hint comes first, so that the cause is the last line that is seen. */
function say(io: Io, message: string, hint: string | undefined, code: number): number {
  if (hint !== undefined) io.writeErr(`hint: ${hint}\n`)
  io.writeErr(`waybill: ${message}\n`)
  return code
}

const OUTPUT_FAILURES: ReadonlyMap<unknown, string> = new Map([
  ['EPIPE', 'its reader has gone'],
  ['ENOSPC', 'no space is left on the device'],
  ['EIO', 'the device failed'],
])

/** What kept standard output from taking the answer; undefined for any other error. */
function outputFailure(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const reason = OUTPUT_FAILURES.get(code)
  return reason === undefined ? undefined : `standard output took no more: ${reason}`
}
