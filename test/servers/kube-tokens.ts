import { randomUUID } from 'node:crypto'
import { dig, isArray, type JsonObject, text } from '../../src/model/json.ts'
import { type Issuer, verifyToken } from './jwt.ts'
import { type Answer, notFound, type Place, refuse } from './kube-refusals.ts'
import { kindNamed } from './kube-request.ts'
import type { User } from './kube-rules.ts'
import type { KubeStore } from './kube-store.ts'
import type { Watches } from './kube-watch.ts'
import type { Incoming } from './server.ts'

// Who asks the API server of the tests: users, ServiceAccounts, and the tokens that it makes for these.

/** Audience and issuer of the API server's own tokens. */
export const KUBE_ISSUER = 'https://kubernetes.default.svc'
const CALLER = 'system:serviceaccount'

export interface Cluster {
  readonly store: KubeStore
  readonly watches: Watches
  readonly issuer: Issuer
  readonly users: Map<string, User>
  readonly nowMs: () => number
  /** Whether the kinds of External Secrets are there. */
  hasCrds: boolean
}

export function addUser({ users }: Cluster, name: string, groups: readonly string[]): string {
  const token = randomUUID()
  users.set(token, { name, groups: [...groups, 'system:authenticated'] })
  return token
}

/** Anonymous is a user too; a wrong token is nobody. */
export function userOf(cluster: Cluster, { headers, clientName }: Incoming): User | undefined {
  const { authorization } = headers
  if (authorization === undefined) {
    if (clientName === undefined) return { name: 'system:anonymous', groups: [] }
    return { name: clientName, groups: ['system:authenticated'] }
  }
  const token = /^Bearer (.+)$/.exec(authorization)?.[1] ?? ''
  return cluster.users.get(token) ?? review(cluster, token, [KUBE_ISSUER])
}

/** The ServiceAccount of a token that is ours, of its time, for one of these audiences, and whose account is there. */
export function review(
  { issuer, store, nowMs }: Cluster,
  token: string,
  audiences: readonly string[],
): User | undefined {
  const claims = verifyToken(token, issuer.jwks, nowMs())
  if (claims === undefined || claims === 'expired') return undefined
  const aud = Array.isArray(claims.aud) ? claims.aud : [claims.aud]
  if (!audiences.some((audience) => aud.includes(audience))) return undefined
  const [, , namespace = '', name = ''] = String(claims.sub).split(':')
  const account = store.get({ kind: kindNamed('ServiceAccount'), namespace, name })
  const claimed = claims['kubernetes.io'] as JsonObject
  const uid = dig(claimed, 'serviceaccount', 'uid')
  if (account === undefined || dig(account, 'metadata', 'uid') !== uid) return undefined
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
  return { name: String(claims.sub), groups: [...groups, 'system:authenticated'] }
}

export function tokenRequest(cluster: Cluster, place: Place, object: JsonObject): Answer {
  const account = cluster.store.get(place)
  if (account === undefined) return notFound(place)
  const asked = dig(object, 'spec', 'audiences')
  const audiences = isArray(asked) && asked.length > 0 ? asked.map(String) : [KUBE_ISSUER]
  const expirationSeconds = Number(dig(object, 'spec', 'expirationSeconds') ?? 3600)
  if (expirationSeconds < 600) {
    const message = `Invalid value: ${expirationSeconds}: may not specify a duration less than 10 minutes`
    const causes = [{ reason: 'FieldValueInvalid', message, field: 'spec.expirationSeconds' }]
    return refuse(422, 'Invalid', `TokenRequest.authentication.k8s.io "" is invalid: ${message}`, {
      group: 'authentication.k8s.io',
      kind: 'TokenRequest',
      causes,
    })
  }
  const token = issueToken(cluster, place, { audiences, expirationSeconds })
  const expires = new Date(cluster.nowMs() + expirationSeconds * 1000).toISOString()
  const answer = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: place.name, namespace: place.namespace },
    spec: { audiences, expirationSeconds, boundObjectRef: null },
    status: { token, expirationTimestamp: `${expires.slice(0, 19)}Z` },
  }
  return { status: 201, object: answer }
}

export function issueToken(
  { store, issuer, nowMs }: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  how: { readonly audiences: readonly string[]; readonly expirationSeconds: number },
): string {
  const account = store.get({ kind: kindNamed('ServiceAccount'), namespace, name })
  if (account === undefined) throw new Error(`no ServiceAccount/${namespace}/${name}`)
  const seconds = Math.floor(nowMs() / 1000)
  return issuer.sign({
    aud: how.audiences,
    exp: seconds + how.expirationSeconds,
    iat: seconds,
    nbf: seconds,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      serviceaccount: { name, uid: dig(account, 'metadata', 'uid') },
    },
    sub: `${CALLER}:${namespace}:${name}`,
  })
}

export function tokenReview(cluster: Cluster, object: JsonObject): Answer {
  const token = text(dig(object, 'spec', 'token')) ?? ''
  const asked = dig(object, 'spec', 'audiences')
  const audiences = isArray(asked) && asked.length > 0 ? asked.map(String) : [KUBE_ISSUER]
  const user = cluster.users.get(token) ?? review(cluster, token, audiences)
  const status =
    user === undefined
      ? { user: {}, error: 'invalid bearer token' }
      : {
          authenticated: true,
          user: { username: user.name, groups: [...user.groups] },
          audiences,
        }
  return { status: 201, object: { ...object, status } }
}
