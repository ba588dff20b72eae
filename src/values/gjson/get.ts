import { quoteJson } from '../json-quote.ts'
import { isValidJson } from '../json-valid.ts'
import { type Effort, type Getter, PATH_BYTES_MAX } from './effort.ts'
import { execModifier, type Produced } from './modifiers.ts'
import { isSimpleName, nameOfLast, parseMultipath, type Selector } from './multipath.ts'
import { ABSENT, exists, jsonResult, parse, type Result, textOf } from './result.ts'
import { DOT, PIPE, readSquashed } from './scan.ts'
import { walkDocument } from './walk.ts'

/** gjson.Get on binary strings. */
export function get(json: string, path: string, effort: Effort): Result {
  effort.bytesLeft -= json.length
  if (path.length > PATH_BYTES_MAX || effort.depthLeft === 0 || effort.bytesLeft < 0) return ABSENT
  effort.depthLeft--
  const found = getWithin(json, path, effort)
  effort.depthLeft++
  return found
}

/** What a path begins with decides: multipath, modifier, literal, or a walk. */
function getWithin(json: string, path: string, effort: Effort): Result {
  const next: Getter = (inner, innerPath) => get(inner, innerPath, effort)
  const first = path.length > 1 ? path.charAt(0) : ''
  if (first === '[' || first === '{') return getMany(json, path, { open: first, next, effort })
  const produced =
    first === '@'
      ? execModifier(json, path, { get: next, effort })
      : first === '!'
        ? execLiteral(path)
        : undefined
  return produced === undefined ? walkDocument(json, path, next) : continueOn(produced, next)
}

/** Which brackets a multipath has, and the way to ask its selectors. */
interface Building {
  readonly open: '[' | '{'
  readonly next: Getter
  readonly effort: Effort
}

/** Upstream loses the path when the multipath is broken, and looks for what is left. */
function getMany(json: string, path: string, building: Building): Result {
  const { next, effort } = building
  const multipath = parseMultipath(path)
  const rest = multipath?.rest ?? ''
  if (multipath === undefined || (rest !== '' && !isJoint(rest))) {
    return walkDocument(json, rest, next)
  }
  const built = buildMultipath(json, multipath.selectors, building)
  if (effort.bytesLeft < 0) return ABSENT
  return rest === '' ? jsonResult(built) : next(built, rest.slice(1))
}

/** Whether a path goes on here. */
function isJoint(path: string): boolean {
  const c = path.charCodeAt(0)
  return c === PIPE || c === DOT
}

/** A modifier's answer is a document; without more path it is parsed as it is. */
function continueOn({ json, rest }: Produced, next: Getter): Result {
  return isJoint(rest) ? next(json, rest.slice(1)) : parse(json)
}

/** `!…`: a JSON value written in the path. */
function execLiteral(path: string): Produced | undefined {
  const body = path.slice(1)
  if (/^[{["+\-0-9]/.test(body)) {
    const { raw } = readSquashed(body, 0)
    return { json: raw, rest: body.slice(raw.length) }
  }
  const name = /^[^|.]*/.exec(body)?.[0] ?? ''
  return /^(?:true|false|null|nan|inf)$/i.test(name)
    ? { json: name, rest: body.slice(name.length) }
    : undefined
}

/** Selectors without an answer are left out, in arrays too, so positions may shift. */
function buildMultipath(
  json: string,
  selectors: readonly Selector[],
  { open, next, effort }: Building,
): string {
  const parts: string[] = []
  for (const { name, path } of selectors) {
    const result = next(json, path)
    if (!exists(result)) continue
    const value = result.raw === '' ? textOf(result) || 'null' : result.raw
    effort.bytesLeft -= value.length
    if (effort.bytesLeft < 0) return ''
    parts.push(open === '{' ? `${memberName(name, path)}:${value}` : value)
  }
  return open === '{' ? `{${parts.join(',')}}` : `[${parts.join(',')}]`
}

/** An explicit name, else the last part of the path, else `_`. */
function memberName(name: string, path: string): string {
  if (name !== '') return name.startsWith('"') && isValidJson(name) ? name : quote(name)
  const last = nameOfLast(path)
  return quote(isSimpleName(last) ? last : '_')
}

/** gjson's AppendJSONString, which escapes HTML. */
function quote(text: string): string {
  return quoteJson(text, true, '\\ufffd')
}
