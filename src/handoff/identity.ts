import { isArray, isObject, type JsonObject, type JsonValue, member, text } from '../model/json.ts'
import type { Store } from '../model/store.ts'

// What a store makes its reader look up in the cluster: Secrets, CA ConfigMaps, tokens of ServiceAccounts. Every provider of
// ESO writes these as the same few shapes, wherever in its settings they stand:
//   {name, key?, namespace?}               a key of a Secret
//   {name, key?, namespace?, type}         caProvider: a Secret or a ConfigMap
//   credConfig {name, key, namespace?}     a key of a ConfigMap
//   serviceAccountRef | serviceAccount     {name, namespace?, audiences?}: a token of that ServiceAccount

/** One object that a reader of the store needs. */
export interface IdentityRead {
  /** `token`: TokenRequest; `annotations`: get of the ServiceAccount, which carries the cloud role. */
  readonly verb: 'secret' | 'configmap' | 'token' | 'annotations'
  /** Empty when it is the namespace of the ExternalSecret that refers to a ClusterSecretStore. */
  readonly namespace: string
  readonly name: string
}

const SERVICE_ACCOUNT_MEMBERS: ReadonlySet<string> = new Set([
  'serviceAccountRef',
  'serviceAccount',
])
const SELECTOR_MEMBERS: ReadonlySet<string> = new Set(['name', 'key', 'namespace'])
/** Cloud identities bound to a ServiceAccount by annotation: IRSA, GKE and Azure workload identity. */
const ANNOTATED_PROVIDERS: ReadonlySet<string> = new Set(['aws', 'gcpsm', 'azurekv'])
/** Below these members of Vault's `auth` stand the same cloud identities. */
const ANNOTATED_MEMBERS: ReadonlySet<string> = new Set(['iam', 'gcp'])

/** What is sent to a provider as it stands: `{name: x}` in there is a parameter, and no Secret. */
const SENT_MEMBERS: ReadonlySet<string> = new Set(['getParameters', 'headers', 'parameters'])

/** What a run reads from the cluster to open this store, without repeats. */
export function identityReads(store: Store): readonly IdentityRead[] {
  const own = store.kind === 'SecretStore' ? store.namespace : undefined
  return readsOf(store.settings, own, ANNOTATED_PROVIDERS.has(store.provider))
}

/** The same for a generator, which resolves everything in its own namespace. */
export function generatorReads(generator: JsonObject, namespace: string): readonly IdentityRead[] {
  const spec = member(generator, 'spec')
  const isWrapped = member(generator, 'kind') === 'ClusterGenerator'
  const kind = isWrapped ? member(spec, 'kind') : member(generator, 'kind')
  return readsOf(spec, namespace, kind !== 'VaultDynamicSecret')
}

function readsOf(
  settings: JsonValue | undefined,
  own: string | undefined,
  isAnnotated: boolean,
): readonly IdentityRead[] {
  const found = new Map<string, IdentityRead>()
  for (const read of walk(settings, '', isAnnotated)) {
    // A namespaced store reaches no further than its own namespace, whatever it names (MT-2).
    const inPlace = own === undefined ? read : { ...read, namespace: own }
    found.set(`${inPlace.verb}/${inPlace.namespace}/${inPlace.name}`, inPlace)
  }
  return [...found.values()]
}

function* walk(
  value: JsonValue | undefined,
  name: string,
  isAnnotated: boolean,
): Generator<IdentityRead> {
  if (isArray(value)) {
    for (const item of value) yield* walk(item, '', isAnnotated)
    return
  }
  if (!isObject(value)) return
  const selected = selector(value, name, isAnnotated)
  if (selected !== undefined) {
    yield* selected
    return
  }
  for (const [key, item] of Object.entries(value)) {
    if (SENT_MEMBERS.has(key)) continue
    yield* walk(item, key, isAnnotated || ANNOTATED_MEMBERS.has(key))
  }
}

function selector(
  value: JsonObject,
  memberName: string,
  isAnnotated: boolean,
): readonly IdentityRead[] | undefined {
  const name = text(member(value, 'name'))
  if (name === undefined || name === '') return undefined
  const namespace = text(member(value, 'namespace')) ?? ''
  if (SERVICE_ACCOUNT_MEMBERS.has(memberName)) {
    const token: IdentityRead = { verb: 'token', namespace, name }
    return isAnnotated ? [token, { ...token, verb: 'annotations' }] : [token]
  }
  if (memberName === 'credConfig') return [{ verb: 'configmap', namespace, name }]
  if (memberName === 'caProvider') {
    const verb = member(value, 'type') === 'ConfigMap' ? 'configmap' : 'secret'
    return [{ verb, namespace, name }]
  }
  const isSelector =
    memberName !== '' && Object.keys(value).every((key) => SELECTOR_MEMBERS.has(key))
  return isSelector ? [{ verb: 'secret', namespace, name }] : undefined
}
