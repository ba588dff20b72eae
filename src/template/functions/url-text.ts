// Go's net/url over byte strings: what it accepts, what it unescapes, and how it writes a URL again.

/** A URL's parts, unescaped but for `userinfo`; `host` includes port and brackets. */
export interface Url {
  readonly scheme: string
  readonly opaque: string
  /** Escaped, undefined when there is none. */
  readonly userinfo: string | undefined
  readonly host: string
  readonly path: string
  readonly query: string
  readonly fragment: string
}

/** What a text is part of, which decides the characters that need escaping. */
type Part = 'path' | 'host' | 'zone' | 'user' | 'fragment'

const EMPTY: Url = {
  scheme: '',
  opaque: '',
  userinfo: undefined,
  host: '',
  path: '',
  query: '',
  fragment: '',
}

/** Undefined for what Go refuses. */
export function parseUrl(text: string): Url | undefined {
  const [main, rawFragment] = cut(text, '#')
  const fragment = unescaped(rawFragment, 'fragment')
  const url = parseMain(main)
  return url === undefined || fragment === undefined ? undefined : { ...url, fragment }
}

/** strings.Cut: everything before and behind the first separator. */
function cut(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

/** Control characters are refused anywhere but in the fragment. */
function parseMain(text: string): Url | undefined {
  if (CONTROL.test(text)) return undefined
  if (text === '*') return { ...EMPTY, path: '*' }
  const split = splitScheme(text)
  if (split === undefined) return undefined
  const scheme = split.scheme.toLowerCase()
  const [rest, query] = cut(split.rest, '?')
  const url: Url = { ...EMPTY, scheme, query }
  if (rest.startsWith('/')) return parseRooted(rest, url)
  if (scheme !== '') return { ...url, opaque: rest }
  return cut(rest, '/')[0].includes(':') ? undefined : parsePath(rest, url)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const CONTROL = /[\x00-\x1f\x7f]/

/** `//host` is an authority, `///path` without a scheme is a path. */
function parseRooted(rest: string, url: Url): Url | undefined {
  const isAuthority = rest.startsWith('//') && (url.scheme !== '' || !rest.startsWith('///'))
  return isAuthority ? parseHierarchy(rest.slice(2), url) : parsePath(rest, url)
}

/** The path unescaped; its original spelling is not kept, unlike Go's RawPath. */
function parsePath(rest: string, url: Url): Url | undefined {
  const path = unescaped(rest, 'path')
  return path === undefined ? undefined : { ...url, path }
}

/** Authority up to the next slash, then the path. */
function parseHierarchy(rest: string, url: Url): Url | undefined {
  const slash = rest.indexOf('/')
  const authority = parseAuthority(url.scheme, slash < 0 ? rest : rest.slice(0, slash))
  const path = unescaped(slash < 0 ? '' : rest.slice(slash), 'path')
  return authority === undefined || path === undefined ? undefined : { ...url, ...authority, path }
}

/** A colon before anything else has no scheme in front of it; a strange character ends the search for one. */
function splitScheme(text: string): { readonly scheme: string; readonly rest: string } | undefined {
  const match = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(text)
  if (match !== null) return { scheme: match[0].slice(0, -1), rest: text.slice(match[0].length) }
  return text.startsWith(':') ? undefined : { scheme: '', rest: text }
}

/** The last `@` counts: a password may contain others. */
function parseAuthority(
  scheme: string,
  authority: string,
): Pick<Url, 'userinfo' | 'host'> | undefined {
  const at = authority.lastIndexOf('@')
  const host = parseHost(scheme, authority.slice(at + 1))
  if (host === undefined || at < 0)
    return host === undefined ? undefined : { userinfo: undefined, host }
  const userinfo = parseUserinfo(authority.slice(0, at))
  return userinfo === undefined ? undefined : { userinfo, host }
}

/** Only characters that RFC 3986 allows; both parts are escaped afresh. */
function parseUserinfo(text: string): string | undefined {
  if (/[^A-Za-z0-9\-._:~!$&'()*+,;=%@]/.test(text)) return undefined
  const [name, password] = cut(text, ':')
  const user = unescaped(name, 'user')
  const secret = unescaped(password, 'user')
  if (user === undefined || secret === undefined) return undefined
  return text.includes(':')
    ? `${escapeUrl(user, 'user')}:${escapeUrl(secret, 'user')}`
    : escapeUrl(user, 'user')
}

/** Empty ports are fine, and their range is not checked, as in Go. */
function isPort(text: string): boolean {
  return /^(?::[0-9]*)?$/.test(text)
}

/** Undefined for a port that is none, or a bracket in the middle. */
function parseHost(scheme: string, host: string): string | undefined {
  const bracket = host.lastIndexOf('[')
  if (bracket > 0) return undefined
  if (bracket === 0) return parseLiteral(host)
  const colon = portColon(scheme, host)
  if (colon >= 0 && !isPort(host.slice(colon))) return undefined
  return unescaped(host, 'host')
}

/** In http URLs a host has one colon at most; elsewhere the last one counts. */
function portColon(scheme: string, host: string): number {
  const isStrict = scheme === 'http' || scheme === 'https'
  return isStrict ? host.indexOf(':') : host.lastIndexOf(':')
}

/** `[::1]:80` */
function parseLiteral(host: string): string | undefined {
  const end = host.lastIndexOf(']')
  const port = host.slice(end + 1)
  if (end < 0 || !isPort(port)) return undefined
  const inner = host.slice(1, end)
  const zoneAt = inner.indexOf('%25')
  const address = unescaped(zoneAt < 0 ? inner : inner.slice(0, zoneAt), 'host')
  const zone = zoneAt < 0 ? '' : unescaped(inner.slice(zoneAt), 'zone')
  if (address === undefined || zone === undefined || zone === '%') return undefined
  return isIpv6(address) ? `[${address}${zone}]${port}` : undefined
}

/** netip's syntax without zone: up to eight groups, one `::`, an IPv4 tail. */
export function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const hasIpv4 = last.includes('.')
  if (hasIpv4 && !isIpv4(last)) return false
  const words = hasIpv4 ? groups.slice(0, -1) : groups
  if (!words.every((word) => /^[0-9a-fA-F]{1,4}$/.test(word))) return false
  const count = words.length + (hasIpv4 ? 2 : 0)
  return halves.length === 2 ? count < 8 : count === 8
}

/** Four decimal numbers without leading zeros. */
export function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return (
    parts.length === 4 &&
    parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  )
}

/** Undefined for a bad escape, or a character that a host cannot have. */
function unescaped(text: string, part: Part): string | undefined {
  let plain = ''
  for (let at = 0; at < text.length; ) {
    const isEscape = text[at] === '%'
    const char = isEscape ? escapeAt(text, at, part) : plainAt(text, at, part)
    if (char === undefined) return undefined
    plain += char
    at += isEscape ? 3 : 1
  }
  return plain
}

/** A character as it is; undefined where a host cannot have it. */
function plainAt(text: string, at: number, part: Part): string | undefined {
  const char = text[at] ?? ''
  const isHost = part === 'host' || part === 'zone'
  return isHost && char < '\x80' && mustEscape(char, part) ? undefined : char
}

/** One `%xx`; undefined where the part cannot have that byte escaped. */
function escapeAt(text: string, at: number, part: Part): string | undefined {
  const digits = text.slice(at + 1, at + 3)
  if (!/^[0-9a-fA-F]{2}$/.test(digits)) return undefined
  const byte = String.fromCharCode(Number.parseInt(digits, 16))
  return isEscapable(byte, digits, part) ? byte : undefined
}

/** In a host only bytes beyond ASCII are escaped, in a zone nothing that would need no escape. */
function isEscapable(byte: string, digits: string, part: Part): boolean {
  if (part === 'host') return byte >= '\x80' || digits === '25'
  if (part === 'zone')
    return digits === '25' || byte === ' ' || byte >= '\x80' || !mustEscape(byte, 'host')
  return true
}

/** Go's shouldEscape, table by table; it differs from encodeURIComponent in nearly every part. */
function mustEscape(char: string, part: Part): boolean {
  if (/[A-Za-z0-9\-_.~]/.test(char)) return false
  if (part === 'host' || part === 'zone') return !`!$&'()*+,;=:[]<>"`.includes(char)
  if ('$&+,/:;=?@'.includes(char)) {
    if (part === 'path') return char === '?'
    return part === 'user' && '@/?:'.includes(char)
  }
  return !(part === 'fragment' && '!()*'.includes(char))
}

/** Escapes the bytes that a part cannot hold, with upper-case digits. */
export function escapeUrl(text: string, part: Part): string {
  let escaped = ''
  for (const char of text) {
    const hex = char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
    escaped += mustEscape(char, part) ? `%${hex}` : char
  }
  return escaped
}

/** Go's URL.String. Reading and writing normalises escapes. */
export function formatUrl(url: Url): string {
  const scheme = url.scheme === '' ? '' : `${url.scheme}:`
  const main = url.opaque === '' ? scheme + formatHierarchy(url) : scheme + url.opaque
  const query = url.query === '' ? '' : `?${url.query}`
  return main + query + (url.fragment === '' ? '' : `#${escapeUrl(url.fragment, 'fragment')}`)
}

/** Slashes appear where there is a host or user, or a scheme with a path. */
function formatHierarchy(url: Url): string {
  const isNamed = url.scheme !== '' || url.host !== '' || url.userinfo !== undefined
  const hasSlashes = isNamed && (url.host !== '' || url.path !== '' || url.userinfo !== undefined)
  const user = url.userinfo === undefined ? '' : `${url.userinfo}@`
  const authority = hasSlashes ? `//${user}${escapeUrl(url.host, 'host')}` : ''
  const path = url.path === '*' ? '*' : escapeUrl(url.path, 'path')
  const slash = path !== '' && !path.startsWith('/') && url.host !== '' ? '/' : ''
  // A relative path must not look as if it began with a scheme.
  const isAmbiguous = url.scheme + authority + slash === '' && cut(path, '/')[0].includes(':')
  return authority + slash + (isAmbiguous ? './' : '') + path
}
