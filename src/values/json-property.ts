import { type Attempt, done, failed } from './attempt.ts'
import { binaryOfText } from './binary.ts'
import { type Json, readJson } from './json.ts'
import { quoteJson } from './json-quote.ts'

// Setting and removing one property of a JSON text. Values that are not touched keep their text, so no number loses a digit.
// Paths are those of tidwall/sjson, which ESO pushes with: dots part names, `\` escapes, digits index lists, `-1` appends,
// and a leading `:` makes a name of digits a name. All texts here are binary strings.

/** One step into a value. */
export interface PathPart {
  readonly name: string
  /** Written with a leading `:`: never an index. */
  readonly isName: boolean
}

/** A list is never grown beyond this: a property of `9999999` would fill the memory with nulls. */
const INDEX_MAX = 1000
/** They are queries when reading; nothing can be written through them. */
const QUERIES = '*?#|@'

/** Reads a property as a path. Fails for what can only be read, e.g. `users.#.name`. */
export function parsePath(property: string): Attempt<readonly PathPart[]> {
  const parts: PathPart[] = []
  for (let at = 0; at <= property.length; ) {
    const { written, end } = partAt(property, at)
    const query = [...written.replaceAll(ESCAPED, '')].find((mark) => QUERIES.includes(mark))
    if (query !== undefined) return badPath(property, `holds "${query}"`)
    const isName = written.startsWith(':')
    const name = written.slice(isName ? 1 : 0).replaceAll(ESCAPED, '$1')
    if (name === '') return badPath(property, 'has an empty part')
    parts.push({ name: binaryOfText(name), isName })
    at = end + 1
  }
  return done(parts)
}

const ESCAPED = /\\([\s\S]?)/g

/** One part as it is written, and the place of the dot behind it. */
function partAt(
  property: string,
  from: number,
): { readonly written: string; readonly end: number } {
  let end = from
  while (end < property.length && property[end] !== '.') end += property[end] === '\\' ? 2 : 1
  return { written: property.slice(from, end), end: Math.min(end, property.length) }
}

function badPath(property: string, why: string): Attempt<never> {
  const message = `property ${JSON.stringify(property)} ${why}, which names no place to write to`
  return failed('InvalidEntry', message, '.match.remoteRef.property')
}

/** A property as one name, whatever it holds: Vault's keys are no paths. */
export function literalPath(property: string): readonly PathPart[] {
  return [{ name: binaryOfText(property), isName: true }]
}

/** The value at `parts`; undefined when there is none. */
export function propertyAt(json: Json | undefined, parts: readonly PathPart[]): Json | undefined {
  let at = json
  for (const part of parts) at = childOf(at, part)
  return at
}

function childOf(json: Json | undefined, { name, isName }: PathPart): Json | undefined {
  if (json?.shape === 'object') return json.members.find(({ key }) => key === name)?.value
  if (json?.shape === 'array' && isIndex({ name, isName })) return json.items[Number(name)]
  return undefined
}

function isIndex({ name, isName }: PathPart): boolean {
  return !isName && /^\d{1,9}$/.test(name)
}

/** The text with `value` at `parts`, made where there was nothing. */
export function withProperty(
  json: Json | undefined,
  parts: readonly PathPart[],
  value: string,
): Attempt<string> {
  const [part, ...rest] = parts
  if (part === undefined) return done(quoteJson(value, true, '\\ufffd'))
  const child = withProperty(childOf(json, part), rest, value)
  if (child.failure !== undefined) return child
  if (json?.shape === 'array') return withItem(json.items, part, child.value)
  // A scalar gives way to what the path asks for, as upstream.
  if (json?.shape !== 'object' && isIndex(part)) return withItem([], part, child.value)
  const members = json?.shape === 'object' ? json.members : []
  const isThere = members.some(({ key }) => key === part.name)
  const kept = members.filter(
    ({ key }, at) => key !== part.name || members.findIndex((other) => other.key === key) === at,
  )
  const texts = kept.map(({ key, value: old }) =>
    memberText(key, key === part.name ? child.value : old.raw),
  )
  if (!isThere) texts.push(memberText(part.name, child.value))
  return done(`{${texts.join(',')}}`)
}

function withItem(items: readonly Json[], part: PathPart, value: string): Attempt<string> {
  const isEnd = part.name === '-1' && !part.isName
  const index = isEnd ? items.length : Number(part.name)
  if (!isEnd && !isIndex(part)) return failed('InvalidEntry', 'a list has no property of that name')
  if (index > INDEX_MAX) return failed('InvalidEntry', `a list is not grown beyond ${INDEX_MAX}`)
  const texts = items.map(({ raw }) => raw)
  while (texts.length < index) texts.push('null')
  texts[index] = value
  return done(`[${texts.join(',')}]`)
}

/** The text of an object with the member `name` as `raw`, which is JSON already. */
export function withMember(json: string, name: string, raw: string): string {
  const read = readJson(json)
  const members = read?.shape === 'object' ? read.members : []
  const kept = members.filter(({ key }) => key !== name)
  return `{${[...kept.map(({ key, value }) => memberText(key, value.raw)), memberText(name, raw)].join(',')}}`
}

/** The text without what is at `parts`; the same text when nothing is there. Empty objects stay. */
export function withoutProperty(json: Json, parts: readonly PathPart[]): string {
  const [part, ...rest] = parts
  if (part === undefined || childOf(json, part) === undefined) return json.raw
  const isLeaf = rest.length === 0
  if (json.shape === 'array') {
    const texts = json.items.flatMap((item, at) =>
      at !== Number(part.name) ? [item.raw] : isLeaf ? [] : [withoutProperty(item, rest)],
    )
    return `[${texts.join(',')}]`
  }
  if (json.shape !== 'object') return json.raw
  const texts = json.members.flatMap(({ key, value }) => {
    if (key !== part.name) return [memberText(key, value.raw)]
    return isLeaf ? [] : [memberText(key, withoutProperty(value, rest))]
  })
  return `{${texts.join(',')}}`
}

function memberText(key: string, raw: string): string {
  return `${quoteJson(key, true, '\\ufffd')}:${raw}`
}

/** Whether two texts are the same JSON: order of members and blanks do not count, the text of numbers does. */
export function sameJson(a: string, b: string): boolean {
  const [left, right] = [readJson(a), readJson(b)]
  if (left === undefined || right === undefined) return a === b
  return canonical(left) === canonical(right)
}

function canonical(json: Json): string {
  switch (json.shape) {
    case 'object': {
      const last = new Map(json.members.map(({ key, value }) => [key, value]))
      const keys = [...last.keys()].sort()
      return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(last.get(key) ?? json)}`)}}`
    }
    case 'array':
      return `[${json.items.map(canonical)}]`
    case 'string':
      return JSON.stringify(json.text)
    default:
      return json.raw
  }
}
