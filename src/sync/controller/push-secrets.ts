import { stringMap } from '../../model/external-secret.ts'
import { canonicalJson, type JsonObject, type JsonValue, member, text } from '../../model/json.ts'
import { isEmptySelector, selects } from '../../model/label-selector.ts'
import { decodePushSecret, type PushSecret } from '../../model/push-secret.ts'
import { dropFrom, putInto } from './nested.ts'

// PushSecrets, and the Secrets that they push, as their watches tell. Of Secrets only names, labels and versions are
// known: a version that no push has seen is a reason to push.

/** Everything that was seen. Each `put…` answers which PushSecrets have to be looked at. */
export interface PushSecrets {
  /** The PushSecret itself, also when it is gone. */
  readonly putPushSecret: (object: JsonObject, isGone: boolean) => readonly PushSecret[]
  readonly putSecret: (object: JsonObject, isGone: boolean) => readonly PushSecret[]
  readonly get: (key: string) => PushSecret | undefined
  readonly all: () => readonly PushSecret[]
  /** What is pushed, as it is now: changes with every version of every source. Undefined for a generator. */
  readonly sourceNow: (pushSecret: PushSecret) => string | undefined
  /** Remembers what was pushed last, as `sourceNow` told before. */
  readonly pushed: (pushSecret: PushSecret, source: string | undefined) => void
  /** Whether the source differs from what was pushed last, or nobody knows. */
  readonly isSourceChanged: (pushSecret: PushSecret) => boolean
  /** Whether the Secret that is named is not there, or none that is selected. */
  readonly isSourceGone: (pushSecret: PushSecret) => boolean
}

/** How a PushSecret is called in batches. */
export function pushSecretKey({ namespace, name }: Pick<PushSecret, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`
}

interface WatchedSecret {
  readonly namespace: string
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly version: string
}

/** Nothing seen yet. */
export function createPushSecrets(): PushSecrets {
  const pushSecrets = new Map<string, PushSecret>()
  const secrets = new Map<string, Map<string, WatchedSecret>>()
  const pushed = new Map<string, string | undefined>()
  const sourcesOf = (pushSecret: PushSecret): readonly WatchedSecret[] =>
    [...(secrets.get(pushSecret.namespace)?.values() ?? [])].filter((secret) =>
      isSource(secret, pushSecret),
    )
  const sourceNow = (pushSecret: PushSecret): string | undefined => {
    if (pushSecret.selector.generatorRef !== undefined) return undefined
    const versions = sourcesOf(pushSecret).map(({ name, version }) => `${name} ${version}`)
    return versions.sort().join('\n')
  }
  return {
    putPushSecret: (object, isGone) => {
      const pushSecret = decodePushSecret(object)
      const key = pushSecretKey(pushSecret)
      const before = pushSecrets.get(key)
      if (isGone) pushed.delete(key)
      if (isGone) pushSecrets.delete(key)
      else pushSecrets.set(key, pushSecret)
      // Our own status is no news.
      return !isGone && stampOf(before?.object) === stampOf(object) ? [] : [pushSecret]
    },
    putSecret: (object, isGone) => {
      const after = secretOf(object)
      const { namespace, name } = after
      const before = secrets.get(namespace)?.get(name)
      if (isGone) dropFrom(secrets, namespace, name)
      else putInto(secrets, namespace, [name, after])
      const either = [after, ...(before === undefined ? [] : [before])]
      return [...pushSecrets.values()].filter(
        (pushSecret) =>
          either.some((secret) => isSource(secret, pushSecret)) &&
          pushed.get(pushSecretKey(pushSecret)) !== sourceNow(pushSecret),
      )
    },
    get: (key) => pushSecrets.get(key),
    all: () => [...pushSecrets.values()],
    sourceNow,
    pushed: (pushSecret, source) => {
      const key = pushSecretKey(pushSecret)
      // One that went while it was pushed is remembered no more.
      if (pushSecrets.has(key)) pushed.set(key, source)
    },
    isSourceChanged: (pushSecret) => {
      const now = sourceNow(pushSecret)
      return now !== undefined && pushed.get(pushSecretKey(pushSecret)) !== now
    },
    isSourceGone: (pushSecret) => {
      const { secretName, secretSelector, generatorRef } = pushSecret.selector
      const isSelecting = generatorRef === undefined && secretSelector !== undefined
      return (secretName !== undefined || isSelecting) && sourcesOf(pushSecret).length === 0
    },
  }
}

/** As `readSources` chooses: an empty selector selects nothing. */
function isSource(secret: WatchedSecret, { namespace, selector }: PushSecret): boolean {
  if (secret.namespace !== namespace) return false
  const { secretName, secretSelector, generatorRef } = selector
  if (secretName !== undefined) return secret.name === secretName
  if (secretSelector === undefined || generatorRef !== undefined) return false
  return !isEmptySelector(secretSelector) && selects(secretSelector, secret.labels)
}

/** The uid is part of the version: one that was made anew is another. */
function secretOf(object: JsonObject): WatchedSecret {
  const metadata = member(object, 'metadata')
  return {
    namespace: text(member(metadata, 'namespace')) ?? '',
    name: text(member(metadata, 'name')) ?? '',
    labels: stringMap(member(metadata, 'labels')) ?? new Map(),
    version: `${text(member(metadata, 'uid'))} ${text(member(metadata, 'resourceVersion'))}`,
  }
}

/** Everything that is the author's, and whether it is being deleted. */
function stampOf(object: JsonObject | undefined): string {
  const metadata = member(object, 'metadata')
  const of = (name: string): JsonValue => member(metadata, name) ?? null
  const names = ['uid', 'generation', 'deletionTimestamp', 'labels', 'annotations']
  return canonicalJson(names.map(of))
}
