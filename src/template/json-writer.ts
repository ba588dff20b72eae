import { decodeRune, RUNE_ERROR } from './bytes.ts'
import { checkLength, fail } from './failure.ts'
import { formatFloat } from './float.ts'
import { quoteJsonTime } from './json-time.ts'
import { type GoMap, type GoValue, sortedKeys, typeOf } from './value.ts'
import { versionText } from './version.ts'
import { visit, visitText } from './work.ts'

// Go's encoding/json: keys in byte order, floats in its own form, and characters that HTML would read escaped.

/** How to write: `toJson` escapes HTML, `toRawJson` does not (R168), `toPrettyJson` indents. */
export interface JsonForm {
  /** Writes `<`, `>` and `&` as they are. */
  readonly isRaw: boolean
  /** Text of one indentation step; empty for one line. */
  readonly indent: string
}

/** Fails for what JSON cannot express: infinities, complex numbers. */
export function writeJson(value: GoValue, form: JsonForm): string {
  const text = writeValue(value, { form, depth: 0 })
  checkLength(text.length)
  return text
}

/** Form and depth of the value that is being written. */
interface At {
  readonly form: JsonForm
  readonly depth: number
}

function writeValue(value: GoValue, at: At): string {
  visit(at.depth)
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return writeFloat(value)
  if (typeof value === 'string') return writeString(value, at.form)
  switch (value.go) {
    case 'integer':
      return value.value.toString()
    case 'slice':
      return value.isNil
        ? 'null'
        : writeItems(
            value.items.map((item) => writeValue(item, deeper(at))),
            '[]',
            at,
          )
    case 'map':
      return value.isNil ? 'null' : writeMap(value, at)
    case 'time':
      return quoteJsonTime(value.instant)
    case 'location':
      return '{}'
    case 'version':
      return writeString(versionText(value.version), at.form)
    case 'struct':
      return writeItems(
        [...value.fields].map(([name, text]) => member(name, writeString(text, at.form), at)),
        '{}',
        at,
      )
    default:
      return fail(`no JSON for a value of type ${typeOf(value)}`)
  }
}

function deeper(at: At): At {
  return { ...at, depth: at.depth + 1 }
}

/** Keys in byte order, not UTF-16 order: they differ for code points beyond U+FFFF. */
function writeMap(map: GoMap, at: At): string {
  const members = sortedKeys(map).map((key) =>
    member(
      writeString(key, at.form).slice(1, -1),
      writeValue(map.entries.get(key), deeper(at)),
      at,
    ),
  )
  return writeItems(members, '{}', at)
}

function member(name: string, value: string, { form }: At): string {
  return `"${name}":${form.indent === '' ? '' : ' '}${value}`
}

/** Go writes empty arrays and objects on one line even when it indents. */
function writeItems(items: readonly string[], brackets: string, { form, depth }: At): string {
  const [open = '', close = ''] = brackets
  if (items.length === 0) return open + close
  if (form.indent === '') return open + items.join(',') + close
  // Trust: each line may be indented by up to VALUE_DEPTH_MAX steps, in a text that nobody may have.
  visitText(items.length * (depth + 1) * form.indent.length)
  const outer = `\n${form.indent.repeat(depth)}`
  return open + items.map((item) => outer + form.indent + item).join(',') + outer + close
}

/** Plain digits from 1e-6 up to 1e21, an exponent without leading zero beyond. */
export function writeFloat(value: number): string {
  if (!Number.isFinite(value)) return fail('no JSON for an infinite number or NaN')
  const size = Math.abs(value)
  const isPlain = size === 0 || (size >= 1e-6 && size < 1e21)
  return isPlain
    ? formatFloat(value, 'f', -1)
    : formatFloat(value, 'e', -1).replace(/e-0(\d)$/, 'e-$1')
}

/** encoding/json's short escapes; \b and \f are among them since Go 1.22. */
const SHORT: ReadonlyMap<number, string> = new Map([
  [8, '\\b'],
  [9, '\\t'],
  [10, '\\n'],
  [12, '\\f'],
  [13, '\\r'],
  [34, '\\"'],
  [92, '\\\\'],
])

/**
 * A quoted string. U+2028 and U+2029 are escaped always, bad bytes become `\ufffd` as six
 * characters.
 */
export function writeString(text: string, { isRaw }: JsonForm): string {
  visitText(text.length)
  let written = '"'
  for (let at = 0; at < text.length; ) {
    const { code, width } = decodeRune(text, at)
    written += escaped(code, width, isRaw) ?? text.slice(at, at + width)
    at += width
  }
  return `${written}"`
}

/** Undefined for a character that stands for itself. */
function escaped(code: number, width: number, isRaw: boolean): string | undefined {
  const short = SHORT.get(code)
  if (short !== undefined) return short
  const isHtml = code === 60 || code === 62 || code === 38
  const isBad = code === RUNE_ERROR && width === 1
  if (code < 32 || code === 0x2028 || code === 0x2029 || isBad || (isHtml && !isRaw)) {
    return `\\u${code.toString(16).padStart(4, '0')}`
  }
  return undefined
}
