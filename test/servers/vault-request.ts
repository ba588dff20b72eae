import { type Incoming, json, type Reply } from './server.ts'

// How the Vault server reads a request.

/** Node's HTTP parser does not know the verb LIST, and proxies may not: a GET may say so in its query. */
export function isList({ method, query }: Incoming): boolean {
  const list = new URLSearchParams(query).get('list')
  return method === 'LIST' || (method === 'GET' && (list === '1' || list === 'true'))
}

/** Segments are decoded here, once: an encoded slash is part of a name. */
export function pathOf({ path }: Incoming): string {
  return path
    .replace(/^\/v1\//, '')
    .split('/')
    .map(decodeURIComponent)
    .join('/')
}

export const namespaceHeader = ({ headers }: Incoming): string =>
  (headers['x-vault-namespace'] ?? '').replace(/\/$/, '')

export const isWithin = (namespace: string, outer: string): boolean =>
  outer === '' || namespace === outer || namespace.startsWith(`${outer}/`)

export const bodyOf = ({ body }: Incoming): Readonly<Record<string, unknown>> =>
  JSON.parse(body.toString() || '{}') as Readonly<Record<string, unknown>>

export function methodOf(incoming: Incoming): 'read' | 'list' | 'write' | 'delete' {
  if (isList(incoming)) return 'list'
  if (incoming.method === 'GET') return 'read'
  return incoming.method === 'DELETE' ? 'delete' : 'write'
}

export function errors(status: number, ...texts: readonly string[]): Reply {
  return json(status, { errors: texts })
}
