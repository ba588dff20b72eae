import { quoteJson } from '../json-quote.ts'
import { isValidJson } from '../json-valid.ts'
import { type Effort, type Getter, nestsTooDeep } from './effort.ts'
import { MODIFIER_NAMES } from './path.ts'
import { PRETTY_DEFAULTS, type PrettyOptions, pretty, ugly } from './pretty.ts'
import {
  boolOf,
  exists,
  isArrayResult,
  isObjectResult,
  membersOf,
  parse,
  type Result,
  textOf,
} from './result.ts'
import { squash, trim, trimSpace } from './scan.ts'

/** A document that a modifier made, and the path that is left. */
export interface Produced {
  readonly json: string
  readonly rest: string
}

/** What a modifier may use: `@dig` asks paths again. */
export interface Surroundings {
  readonly get: Getter
  readonly effort: Effort
}

/** `@name:argument`, at the start of `path`; undefined for a name that is no modifier. */
export function execModifier(
  json: string,
  path: string,
  { get, effort }: Surroundings,
): Produced | undefined {
  const name = /^[^:|.]*/.exec(path.slice(1))?.[0] ?? ''
  if (!MODIFIER_NAMES.has(name)) return undefined
  const behind = path.slice(1 + name.length)
  const { argument, rest } = behind.startsWith(':')
    ? splitArgument(behind.slice(1))
    : { argument: '', rest: behind }
  const produced = apply(name, json, { argument, get })
  effort.bytesLeft -= produced.length
  return { json: produced, rest }
}

/** A JSON argument ends with its value, any other one at the next pipe outside brackets and quotes. */
function splitArgument(text: string): { readonly argument: string; readonly rest: string } {
  let end = 0
  if (/^[{["]/.test(text)) {
    end = squash(text).length
  } else {
    while (end < text.length && text.charAt(end) !== '|') {
      end += '{["('.includes(text.charAt(end)) ? squash(text.slice(end)).length : 1
    }
  }
  return { argument: text.slice(0, end), rest: text.slice(end) }
}

/** A modifier's argument, empty when there is none. */
interface Call {
  readonly argument: string
  readonly get: Getter
}

/** Exactly gjson 1.18's built-ins. `@this` is the default case. */
function apply(name: string, json: string, { argument, get }: Call): string {
  switch (name) {
    case 'pretty':
      return pretty(json, prettyOptions(argument))
    case 'ugly':
      return ugly(json)
    case 'reverse':
      return reverse(json)
    case 'flatten':
      return flatten(json, argument)
    case 'join':
      return join(json, argument)
    case 'valid':
      return isValidJson(json) ? json : ''
    case 'keys':
      return keys(json)
    case 'values':
      return values(json)
    case 'tostr':
      return quoteJson(json, true, '\\ufffd')
    case 'fromstr':
      return isValidJson(json) ? textOf(parse(json)) : ''
    case 'group':
      return group(json)
    case 'dig':
      return dig(json, argument, get)
    default:
      return json
  }
}

/** Options are the members of a JSON object; anything else has none. */
function optionsOf(argument: string): ReadonlyMap<string, Result> {
  const options = new Map<string, Result>()
  for (const { key, value } of membersOf(parse(argument))) {
    if (key !== undefined) options.set(key.text, value)
  }
  return options
}

/** An option that is absent is off. */
function isSet(argument: string, name: string): boolean {
  const option = optionsOf(argument).get(name)
  return option !== undefined && boolOf(option)
}

function prettyOptions(argument: string): PrettyOptions {
  const options = optionsOf(argument)
  const indent = options.get('indent')
  const prefix = options.get('prefix')
  const width = options.get('width')
  const sortKeys = options.get('sortKeys')
  return {
    indent: indent === undefined ? PRETTY_DEFAULTS.indent : onlyBlanks(textOf(indent)),
    prefix: prefix === undefined ? PRETTY_DEFAULTS.prefix : onlyBlanks(textOf(prefix)),
    width: width === undefined ? PRETTY_DEFAULTS.width : integerOf(width),
    sortKeys: sortKeys !== undefined && boolOf(sortKeys),
  }
}

/** tidwall/pretty would print any text as indentation; gjson lets blanks through only. */
function onlyBlanks(text: string): string {
  return text.replaceAll(/[^ \t\n\r]/g, '')
}

/** Result.Int(), for widths. */
function integerOf({ type, text, num }: Result): number {
  if (type === 'True') return 1
  if (type === 'String') return /^-?[0-9]+$/.test(text) ? Number(text) : 0
  return type === 'Number' && Number.isFinite(num) ? Math.trunc(num) : 0
}

/** Of arrays and objects; scalars stay. */
function reverse(json: string): string {
  const result = parse(json)
  if (isArrayResult(result)) {
    return `[${membersOf(result)
      .map(({ value }) => value.raw)
      .reverse()
      .join(',')}]`
  }
  if (!isObjectResult(result)) return json
  const members = membersOf(result).map(({ key, value }) => `${key?.raw ?? ''}:${value.raw}`)
  return `{${members.reverse().join(',')}}`
}

/** One level, or all of them with `{"deep":true}`. */
function flatten(json: string, argument: string): string {
  if (!isArrayResult(parse(json)) || nestsTooDeep(json)) return json
  return flattenArray(json, isSet(argument, 'deep'))
}

/** Empty arrays vanish. */
function flattenArray(json: string, deep: boolean): string {
  const parts: string[] = []
  for (const { value } of membersOf(parse(json))) {
    const nested = deep && isArrayResult(value) ? flattenArray(value.raw, true) : value.raw
    const raw = trimSpace(isArrayResult(value) ? unwrap(nested) : nested)
    if (raw !== '') parts.push(raw)
  }
  return `[${parts.join(',')}]`
}

/** Takes off the outermost brackets: the first and the last character, whatever the last one is. */
function unwrap(json: string): string {
  const trimmed = trim(json)
  return trimmed.length >= 2 && /^[[{]/.test(trimmed) ? trimmed.slice(1, -1) : trimmed
}

/** Objects of an array become one; other elements are dropped. */
function join(json: string, argument: string): string {
  const result = parse(json)
  if (!isArrayResult(result)) return json
  const objects = membersOf(result).flatMap(({ value }) => (isObjectResult(value) ? [value] : []))
  if (isSet(argument, 'preserve')) return `{${objects.map(({ raw }) => unwrap(raw)).join(',')}}`
  // The first spelling of a key stays, the last value wins.
  const merged = new Map<string, { readonly key: string; value: string }>()
  for (const { key, value } of objects.flatMap(membersOf)) {
    const name = key?.text ?? ''
    const known = merged.get(name)
    if (known === undefined) merged.set(name, { key: key?.raw ?? '', value: value.raw })
    else known.value = value.raw
  }
  return `{${[...merged.values()].map(({ key, value }) => `${key}:${value}`).join(',')}}`
}

/** Of an array as many nulls as elements, as upstream. */
function keys(json: string): string {
  const result = parse(json)
  if (!exists(result)) return '[]'
  const isObject = isObjectResult(result)
  return `[${membersOf(result)
    .map(({ key }) => (isObject ? (key?.raw ?? '') : 'null'))
    .join(',')}]`
}

/** Of an array the document itself, unparsed. */
function values(json: string): string {
  const result = parse(json)
  if (!exists(result)) return '[]'
  if (isArrayResult(result)) return json
  return `[${membersOf(result)
    .map(({ value }) => value.raw)
    .join(',')}]`
}

/** Turns an object of arrays into an array of objects. */
function group(json: string): string {
  const result = parse(json)
  if (!isObjectResult(result)) return ''
  const rows: string[][] = []
  for (const { key, value } of membersOf(result)) {
    if (!isArrayResult(value)) continue
    for (const [i, item] of membersOf(value).entries()) {
      const row = rows[i] ?? []
      rows[i] = row
      row.push(`${key?.raw ?? ''}:${item.value.raw}`)
    }
  }
  return `[${rows.map((row) => `{${row.join(',')}}`).join(',')}]`
}

/** Every answer to `path` at any depth. */
function dig(json: string, path: string, get: Getter): string {
  if (nestsTooDeep(json)) return '[]'
  const found: string[] = []
  const visit = (parent: Result): void => {
    const answer = get(parent.raw, path)
    if (exists(answer)) found.push(answer.raw)
    if (!isArrayResult(parent) && !isObjectResult(parent)) return
    for (const { value } of membersOf(parent)) visit(value)
  }
  visit(parse(json))
  return `[${found.join(',')}]`
}
