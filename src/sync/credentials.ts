import { type KubeApi, KubeError } from '../kube/api.ts'
import { stringMap } from '../model/external-secret.ts'
import { dig, isObject, type JsonObject, member, text } from '../model/json.ts'
import { SecretValue } from '../model/secret-value.ts'
import type { Store } from '../model/store.ts'
import { type Credentials, type NameRef, ProviderError } from '../providers/provider.ts'

// What a store's `auth` may ask of the cluster, fenced (MT-2): a SecretStore reaches its own namespace whatever its
// references say; a ClusterSecretStore the namespace that it names, else that of the ExternalSecret (R13, R14).

/** Looks an object up; undefined when it is absent. */
export type Lookup = (
  kind: 'Secret' | 'ConfigMap' | 'ServiceAccount',
  namespace: string,
  name: string,
) => Promise<JsonObject | undefined>

/** Where credentials of stores come from, before any fence. */
export interface CredentialSources {
  readonly lookup: Lookup
  readonly serviceAccountToken: KubeApi['serviceAccountToken']
  /** Token of the pod that we run in. */
  readonly ownToken: () => Promise<SecretValue | undefined>
}

/** `namespace` is that of the ExternalSecrets that are read for. */
export function fencedCredentials(
  store: Pick<Store, 'kind' | 'namespace'>,
  namespace: string,
  { lookup, serviceAccountToken, ownToken }: CredentialSources,
): Credentials {
  const placeOf = (ref: NameRef): string =>
    store.kind === 'SecretStore' ? store.namespace || namespace : (ref.namespace ?? namespace)
  return {
    secretKey: (ref) =>
      asked(async () => {
        const secret = await lookup('Secret', placeOf(ref), ref.name)
        return dataKey(secret, ref.key)
      }),
    secret: (ref) =>
      asked(async () => {
        const secret = await lookup('Secret', placeOf(ref), ref.name)
        return secret && { labels: labelsOf(secret), data: dataOf(secret) }
      }),
    configMapKey: (ref) =>
      asked(async () => {
        const configMap = await lookup('ConfigMap', placeOf(ref), ref.name)
        return text(dig(configMap, 'data', ref.key))
      }),
    serviceAccount: (ref) =>
      asked(async () => {
        const account = await lookup('ServiceAccount', placeOf(ref), ref.name)
        if (account === undefined) return undefined
        return { annotations: stringMap(dig(account, 'metadata', 'annotations')) ?? new Map() }
      }),
    serviceAccountToken: (ref, audiences, expirationSeconds) =>
      asked(() => serviceAccountToken(placeOf(ref), ref.name, audiences, expirationSeconds)),
    ownToken: () => asked(ownToken),
  }
}

/** A generator reaches its own namespace only, a ClusterGenerator that of the ExternalSecret. */
export function generatorCredentials(namespace: string, sources: CredentialSources): Credentials {
  return fencedCredentials({ kind: 'SecretStore', namespace }, namespace, sources)
}

function labelsOf(object: JsonObject): ReadonlyMap<string, string> {
  return stringMap(dig(object, 'metadata', 'labels')) ?? new Map()
}

function dataOf(secret: JsonObject): ReadonlyMap<string, SecretValue> {
  const keys = [member(secret, 'data'), member(secret, 'stringData')]
    .filter(isObject)
    .flatMap((data) => Object.keys(data))
  const data = new Map<string, SecretValue>()
  for (const key of keys) {
    const value = dataKey(secret, key)
    if (value !== undefined) data.set(key, value)
  }
  return data
}

/** `stringData` counts as well: a Secret may come from a file. */
function dataKey(secret: JsonObject | undefined, key: string): SecretValue | undefined {
  const plain = text(dig(secret, 'stringData', key))
  if (plain !== undefined) return SecretValue.fromText(plain)
  const encoded = text(member(member(secret, 'data'), key))
  return encoded === undefined
    ? undefined
    : new SecretValue(Uint8Array.from(Buffer.from(encoded, 'base64')))
}

/** The cluster's refusal in the words of a provider, so that it ends up with the entry that needed the store. */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof KubeError) throw refusal(error)
    throw error
  }
}

/** The cluster's answer as the provider's failure, with what the publisher of the store can do. */
function refusal({ code, message }: KubeError): ProviderError {
  switch (code) {
    case 'not-found':
      return new ProviderError('credentials-not-found', message, 'create it, or correct the store')
    case 'forbidden':
    case 'unauthorized':
      return new ProviderError(
        'forbidden',
        message,
        'bind the Role of the store to the ServiceAccount of this run: the publisher of the store does so with --grant-store',
      )
    case 'timeout':
      return new ProviderError('timeout', message)
    default:
      return new ProviderError('unavailable', message)
  }
}
