import { ProviderError } from '../provider.ts'

/**
 * Percent-encodes a path below `/v1/`, segment by segment.
 *
 * Trust: keys come from tenants. Whatever a URL parser would read as structure (`..`, `?`, `#`) is refused and not
 * only encoded: a proxy on the way may decode once more than it should.
 */
export function encodePath(path: string): string {
  if (isPlain(path)) return path
  // An empty segment means nothing to Vault's own client either.
  const segments = path.split('/').filter((segment) => segment !== '')
  if (segments.length === 0) throw refused(path, 'is empty')
  for (const segment of segments) {
    if (segment === '.' || segment === '..') throw refused(path, `has a segment "${segment}"`)
    if (hasControl(segment)) throw refused(path, 'has a control character')
    if (/[?#]/.test(segment)) throw refused(path, 'has a "?" or "#"')
    if (/\p{Surrogate}/u.test(segment)) throw refused(path, 'has half of a surrogate pair')
  }
  return segments.map(encodeSegment).join('/')
}

/** Most paths are; those with a dot, an empty segment or anything that is to be encoded are looked at closely. */
function isPlain(path: string): boolean {
  return (
    /^[\w/-]+$/.test(path) && !path.startsWith('/') && !path.endsWith('/') && !path.includes('//')
  )
}

/** The path may be shown: it is a name, not a value. */
function refused(path: string, why: string): ProviderError {
  return new ProviderError(
    'invalid',
    `vault path ${JSON.stringify(path)} ${why}`,
    'a key is a path of names, parted by single slashes',
  )
}

/** ASCII controls and DEL. Not a regexp: the linter refuses control characters in those. */
function hasControl(segment: string): boolean {
  for (let at = 0; at < segment.length; at++) {
    const unit = segment.charCodeAt(at)
    if (unit < 0x20 || unit === 0x7f) return true
  }
  return false
}

/** The marks that encodeURIComponent leaves are encoded as well: the path template of node-vault would escape them as HTML. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
