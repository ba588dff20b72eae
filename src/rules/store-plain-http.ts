import type { FieldPath } from '../manifests/document.ts'
import { GENERATORS_GROUP } from '../model/external-secret.ts'
import { isArray, isObject, type JsonValue, member } from '../model/json.ts'
import { objectsOf } from './objects.ts'
import type { Rule } from './rule.ts'

/** Members that hold what is sent, not where to: a URL in there is somebody's data. */
const CONTENT: ReadonlySet<string> = new Set([
  'body',
  'data',
  'getParameters',
  'headers',
  'parameters',
])

/** No error: ESO takes it, and a service mesh may encrypt what looks plain here. */
export const storePlainHttp: Rule = {
  id: 'store-plain-http',
  severity: 'warning',
  summary: 'stores and generators ask over https',
  why: `Over plain http the token of the login and every value cross the network in the clear, and nothing proves who answers.
ESO accepts such a URL and so does \`waybill sync\`, because a service mesh may encrypt the way; in all other cases it is a leak.
A server on the loopback address is no finding.`,
  bad: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec:
  provider:
    vault:
      server: http://vault.vault.svc:8200
      path: secret
      auth: {tokenSecretRef: {name: token, key: token}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec:
  provider:
    vault:
      server: https://vault.vault.svc:8200
      path: secret
      caProvider: {type: ConfigMap, name: vault-ca, key: ca.crt}
      auth: {tokenSecretRef: {name: token, key: token}}
`,
  *check(graph) {
    for (const { document, object, group, kind } of objectsOf(graph)) {
      const isStore = kind === 'SecretStore' || kind === 'ClusterSecretStore'
      if (!isStore && group !== GENERATORS_GROUP) continue
      for (const path of plainUrls(member(object, 'spec'), ['spec'])) {
        yield {
          document,
          path,
          message: `${path.at(-1)} is a plain http URL: the credentials of this ${kind} cross the network in the clear`,
          hint: 'use https; caBundle or caProvider names the CA of a server with a certificate of its own',
        }
      }
    }
  },
}

/** Where below `value` a URL stands that is neither encrypted nor on this machine. */
function* plainUrls(value: JsonValue | undefined, path: FieldPath): Generator<FieldPath> {
  if (typeof value === 'string' && isPlain(value)) yield path
  for (const [name, item] of membersOf(value)) yield* plainUrls(item, [...path, name])
}

/** The items of a list, the members of an object that say where to. */
function membersOf(
  value: JsonValue | undefined,
): readonly (readonly [string | number, JsonValue | undefined])[] {
  if (isArray(value)) return [...value.entries()]
  return isObject(value) ? Object.entries(value).filter(([name]) => !CONTENT.has(name)) : []
}

/** By its text: the URL of a webhook is a template. */
function isPlain(url: string): boolean {
  const isLoopback =
    /^http:\/\/(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?:[:/]|$)/i.test(url)
  return /^http:/i.test(url) && !isLoopback
}
