// Members of valid JSON as they are written. Parsing and printing again would lose the text of numbers
// (1.50, 12345678901234567890), which people keep in Vault as account ids and versions.

/** Text of member `name` of the object that `json` is; the last one wins, as for every JSON parser. */
export function rawMember(json: string, name: string): string | undefined {
  let at = skipBlank(json, 0)
  if (json[at] !== '{') return undefined
  let found: string | undefined
  at = skipBlank(json, at + 1)
  while (at < json.length && json[at] !== '}') {
    const nameEnd = skipValue(json, at)
    const isWanted = nameOf(json.slice(at, nameEnd)) === name
    const start = skipBlank(json, skipBlank(json, nameEnd) + 1)
    const end = skipValue(json, start)
    if (isWanted) found = json.slice(start, end)
    at = skipBlank(json, end)
    if (json[at] === ',') at = skipBlank(json, at + 1)
  }
  return found
}

/** A member's name may be written with escapes. */
function nameOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  const [name] = JSON.parse(`[${quoted}]`) as readonly string[]
  return name ?? ''
}

/**
 * Everything up to the blank counts as white space: the JSON is valid, so nothing else is there.
 */
function skipBlank(json: string, from: number): number {
  let at = from
  while (at < json.length && json.charCodeAt(at) <= 0x20) at++
  return at
}

const DEPTHS: ReadonlyMap<string, number> = new Map([
  ['{', 1],
  ['[', 1],
  ['}', -1],
  [']', -1],
])

/** Behind the value that starts at `from`. */
function skipValue(json: string, from: number): number {
  const first = json[from]
  if (first === '"') return skipString(json, from)
  if (first !== '{' && first !== '[') return skipScalar(json, from)
  let depth = 0
  let at = from
  do {
    const character = json[at] ?? ''
    depth += DEPTHS.get(character) ?? 0
    at = character === '"' ? skipString(json, at) : at + 1
  } while (depth > 0 && at < json.length)
  return at
}

/** Behind the closing quote. */
function skipString(json: string, from: number): number {
  let at = from + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

/** Behind a number or literal. */
function skipScalar(json: string, from: number): number {
  let at = from
  while (at < json.length && !',]} \t\r\n'.includes(json[at] ?? '')) at++
  return at
}
