import { SecretValue } from '../model/secret-value.ts'
import { fromBytes, fromText, toBytes } from './bytes.ts'
import { execute } from './exec.ts'
import { ExecError, ParseError } from './failure.ts'
import { type Budget, newBudget } from './frame.ts'
import type { Functions } from './function.ts'
import { allFunctions, type Sources } from './functions.ts'
import { type Definitions, parseTemplate } from './parser.ts'
import type {
  IndependentEngine,
  Rendering,
  TemplateData,
  TemplateRequest,
} from './template-engine.ts'
import type { GoMap, GoValue } from './value.ts'

// Entry of the template chunk.

/** Parsed texts that are kept: one run renders the same template for many ExternalSecrets. */
const PARSED_MAX = 256

/** The engine with all functions of External Secrets Operator's v2. Clock and randomness come from `sources` alone. */
export function createTemplateEngine(sources: Sources): IndependentEngine {
  const functions = allFunctions(sources)
  const parse = cachedParser(functions)
  const within = (budget: Budget, request: TemplateRequest) =>
    render(request, { functions, parse, budget })
  return {
    render: (request) => within(newBudget(), request),
    together: () => {
      const budget = newBudget()
      return { render: (request) => within(budget, request) }
    },
  }
}

/** Parsed definitions of a template; throws ParseError. */
type Parse = (key: string, text: string) => Definitions

/**
 * Keyed by name and text: a parse error carries lines only, but `define` may overwrite the name's
 * own tree.
 */
function cachedParser(functions: Functions): Parse {
  const names = new Set(Object.keys(functions))
  const isFunction = (name: string) => names.has(name)
  const parsed = new Map<string, Definitions>()
  return (key, text) => {
    const id = `${key.length}:${key}${text}`
    const known = parsed.get(id)
    if (known !== undefined) return known
    const definitions = parseTemplate(key, text, isFunction)
    // Emptying the cache is enough: runs beyond the limit are rare, and an LRU costs every hit.
    if (parsed.size >= PARSED_MAX) parsed.clear()
    parsed.set(id, definitions)
    return definitions
  }
}

interface Engine {
  readonly functions: Functions
  readonly parse: Parse
  readonly budget: Budget
}

function render(request: TemplateRequest, { functions, parse, budget }: Engine): Rendering {
  const text = fromBytes(request.text)
  const name = fromText(request.key)
  try {
    const definitions = parse(name, text)
    const { missingKey } = request
    const output = execute(
      { name, definitions, functions, missingKey },
      dataOf(request.data),
      budget,
    )
    return { outcome: 'rendered', value: new SecretValue(toBytes(output)) }
  } catch (error) {
    return { outcome: 'failed', error: describe(error, text) }
  }
}

/** The template's dot, map[string]string (R172) or a map of those. Values are revealed here, in memory only. */
function dataOf(data: TemplateData): GoMap {
  const entries = [...data].map(([key, value]): [string, GoValue] => [
    fromText(key),
    // Trap: not `instanceof SecretValue`, for every chunk of the bundle has a class of its own.
    'reveal' in value ? fromBytes(value.reveal()) : dataOf(value),
  ])
  const isFlat = entries.every(([, value]) => typeof value === 'string')
  const type = isFlat ? 'map[string]string' : 'map[string]interface {}'
  return { go: 'map', type, entries: new Map(entries), isNil: false }
}

/**
 * Messages name places, types and functions; the texts of Go that quote operands are not imitated.
 */
function describe(
  error: unknown,
  text: string,
): Extract<Rendering, { outcome: 'failed' }>['error'] {
  if (error instanceof ParseError) {
    const { line, message } = error
    return { code: 'parse', line, column: undefined, message: `line ${line}: ${message}` }
  }
  if (error instanceof ExecError) {
    const before = text.slice(0, error.offset)
    const line = before.split('\n').length
    const column = error.offset - (before.lastIndexOf('\n') + 1)
    return {
      code: 'exec',
      line,
      column,
      message: `line ${line}, column ${column}: ${error.message}`,
    }
  }
  // The only limit that is V8's own: blocks and values within each other exhaust its stack.
  if (error instanceof RangeError) {
    return { code: 'exec', line: 1, column: undefined, message: 'nested too deep to run' }
  }
  throw error
}
