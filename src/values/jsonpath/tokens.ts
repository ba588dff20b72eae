// Tokens of a JSONPath as Go's text/scanner reads them: comments and blanks are skipped, everything that is no name,
// number or quoted text is one character.

/** A token; `sign` is any single character of its own, `==`, `!=`, or empty at the end. */
export type Token =
  | { readonly token: 'name'; readonly text: string }
  | { readonly token: 'number'; readonly text: string }
  | { readonly token: 'text'; readonly text: string }
  | { readonly token: 'sign'; readonly text: string }

const NAME = /^[\p{L}_][\p{L}\p{Nd}_]*/u
const NUMBER = /^(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?/
const SKIPPED = /^(?:[ \t\r\n]|\/\/[^\n]*|\/\*[^*]*\*\/)/
// Trap: Go's 'x' is one character, so a quoted name needs double quotes or backquotes.
const QUOTED = /^(?:"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\(?:x..|u....|.)|[^'\\\n])')/u
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

/** All tokens with an empty sign at the end; undefined where a quoted text is none. */
export function tokensOf(path: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  let rest = path
  while (rest !== '') {
    const skipped = SKIPPED.exec(rest)?.[0]
    if (skipped !== undefined) {
      rest = rest.slice(skipped.length)
      continue
    }
    const next = readToken(rest)
    if (next === undefined) return undefined
    tokens.push(next.token)
    rest = rest.slice(next.length)
  }
  return [...tokens, { token: 'sign', text: '' }]
}

/** A token and its length in the source. */
interface Scanned {
  readonly token: Token
  readonly length: number
}

function readToken(rest: string): Scanned | undefined {
  const name = NAME.exec(rest)?.[0]
  if (name !== undefined) return { token: { token: 'name', text: name }, length: name.length }
  const number = NUMBER.exec(rest)?.[0]
  if (number !== undefined) {
    // `0x1` and `1px` are no numbers, and no number followed by a name either.
    if (NAME.test(rest.slice(number.length))) return undefined
    return { token: { token: 'number', text: number }, length: number.length }
  }
  if (/^["'`]/.test(rest)) {
    const quoted = QUOTED.exec(rest)?.[0]
    const text = quoted === undefined ? undefined : unquote(quoted)
    if (quoted === undefined || text === undefined) return undefined
    return { token: { token: 'text', text }, length: quoted.length }
  }
  const sign = /^[=!]=/.exec(rest)?.[0] ?? String.fromCodePoint(rest.codePointAt(0) ?? 0)
  return { token: { token: 'sign', text: sign }, length: sign.length }
}

/** strconv.Unquote; undefined for an escape that Go does not know. */
function unquote(quoted: string): string | undefined {
  const inner = quoted.slice(1, -1)
  const quote = quoted.charAt(0)
  if (quote === '`') return inner.replaceAll('\r', '')
  let isKnown = true
  const text = inner.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[\s\S])/g, (_, code: string) => {
    if (code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
    const known = code === quote ? quote : ESCAPES[code]
    isKnown &&= known !== undefined
    return known ?? ''
  })
  return isKnown ? text : undefined
}
