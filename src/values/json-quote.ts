import { RUNE_ERROR, runeAt } from './binary.ts'

// encoding/json writes \b and \f in short since Go 1.22.
const SHORT: ReadonlyMap<number, string> = new Map([
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
])

/**
 * A binary string as JSON text. U+2028 and U+2029 are always escaped, `<`, `>` and `&` when `escapesHtml` is set;
 * `invalid` stands for bytes that are not UTF-8.
 */
export function quoteJson(binary: string, escapesHtml: boolean, invalid: string): string {
  let out = '"'
  let copied = 0
  for (let i = 0; i < binary.length; ) {
    const { code, size } = runeAt(binary, i)
    const escaped = code === RUNE_ERROR && size === 1 ? invalid : escapeOf(code, escapesHtml)
    if (escaped !== undefined) {
      out += binary.slice(copied, i) + escaped
      copied = i + size
    }
    i += size
  }
  return `${out}${binary.slice(copied)}"`
}

/** Undefined for a character that stands for itself. */
function escapeOf(code: number, escapesHtml: boolean): string | undefined {
  const short = SHORT.get(code)
  if (short !== undefined) return short
  const isHtml = escapesHtml && (code === 0x3c || code === 0x3e || code === 0x26)
  const isUnsafe = code < 0x20 || code === 0x2028 || code === 0x2029
  return isHtml || isUnsafe ? `\\u${code.toString(16).padStart(4, '0')}` : undefined
}
