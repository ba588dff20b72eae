import { fail } from '../failure.ts'
import { type Functions, fixed } from '../function.ts'
import { dict, type GoMap, kindOf } from '../value.ts'
import { formatUrl, parseUrl } from './url-text.ts'

/** The message does not quote the URL: it may hold a password. */
function urlParse(text: string): GoMap {
  const url = parseUrl(text) ?? fail('unable to parse url')
  return dict([
    ['scheme', url.scheme],
    ['host', url.host],
    ['hostname', hostname(url.host)],
    ['path', url.path],
    ['query', url.query],
    ['opaque', url.opaque],
    ['fragment', url.fragment],
    ['userinfo', url.userinfo ?? ''],
  ])
}

/** The host without port and brackets. */
function hostname(host: string): string {
  const bare = host.replace(/:\d*$/, '')
  return bare.startsWith('[') && bare.endsWith(']') ? bare.slice(1, -1) : bare
}

/**
 * Inverse of `urlParse`; missing parts are empty, parts that are no strings fail. `hostname` is
 * ignored.
 */
function urlJoin(parts: GoMap): string {
  const part = (key: string): string => {
    const value = parts.entries.has(key) ? parts.entries.get(key) : ''
    return typeof value === 'string'
      ? value
      : fail(`url part ${key} must be a string, not ${kindOf(value)}`)
  }
  const userinfo = part('userinfo')
  const user = userinfo === '' ? undefined : parseUrl(`proto://${userinfo}@host`)
  if (userinfo !== '' && user === undefined) return fail('unable to parse userinfo')
  return formatUrl({
    scheme: part('scheme'),
    host: part('host'),
    path: part('path'),
    query: part('query'),
    opaque: part('opaque'),
    fragment: part('fragment'),
    userinfo: user?.userinfo,
  })
}

/** Sprig's URLs as dicts of strings. */
export const urlFunctions: Functions = {
  urlParse: fixed(['string'], urlParse),
  urlJoin: fixed(['dict'], urlJoin),
}
