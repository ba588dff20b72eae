import { decodeRune } from './bytes.ts'
import { checkLength } from './failure.ts'
import { print } from './format.ts'
import { type Functions, variadic } from './function.ts'
import { isPrint } from './unicode.ts'
import type { GoValue } from './value.ts'

// html, js, urlquery: text/template's escapers.

/**
 * text/template's HTMLEscape table, not html.EscapeString's: NUL becomes U+FFFD, here as its three
 * UTF-8 bytes.
 */
const HTML: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\xef\xbf\xbd',
}

/** Escapes for HTML. Throws FunctionError when the answer exceeds the limit of a text. */
export function escapeHtml(text: string): string {
  return limited(text.replaceAll(/["'&<>\0]/g, (char) => HTML[char] ?? char))
}

/** Escaping can make a text six times as long: the limit is checked on the way out. */
function limited(text: string): string {
  checkLength(text.length)
  return text
}

/** text/template's table. Trap: `'` and `=` are escaped as well, unlike in Go's JSON. */
const JS: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
}

function escapeJs(text: string): string {
  let escaped = ''
  for (let at = 0; at < text.length; ) {
    const { code, width } = decodeRune(text, at)
    const char = text.slice(at, at + width)
    at += width
    const known = Object.hasOwn(JS, char) ? JS[char] : undefined
    if (known !== undefined) escaped += known
    else if (code < 32) escaped += `\\u00${code.toString(16).toUpperCase().padStart(2, '0')}`
    else if (code < 128 || isPrint(code)) escaped += char
    else escaped += `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
  }
  return limited(escaped)
}

/** Go's url.QueryEscape: everything but unreserved characters, a blank as `+`. */
export function escapeQuery(text: string): string {
  const escaped = text.replaceAll(/[^A-Za-z0-9\-_.~]/g, (char) => {
    if (char === ' ') return '+'
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
  return limited(escaped)
}

/** Unlike `print`, the escapers show a nil as templates do. */
function printed(values: readonly GoValue[]): string {
  return print(values.map((value) => value ?? '<no value>'))
}

/** `html`, `js` and `urlquery` join their operands as `print` does before they escape. */
export const escapeFunctions: Functions = {
  html: variadic([], 'any', (values) => escapeHtml(printed(values))),
  js: variadic([], 'any', (values) => escapeJs(printed(values))),
  urlquery: variadic([], 'any', (values) => escapeQuery(printed(values))),
}
