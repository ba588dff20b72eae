import {
  dig,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../model/json.ts'

// Who reads a Secret, and when Argo CD applies it. An object that this file does not understand is no consumer: its Secret
// then exists before wave 0 at the latest, which is where Argo CD applies what carries no wave.

/** When Argo CD applies an object. */
export interface Timing {
  /** `later`: PostSync, SyncFail, PreDelete …, after the Sync phase or not in a sync at all. */
  readonly phase: 'PreSync' | 'Sync' | 'later'
  readonly wave: number
  /** Whether an annotation says so. */
  readonly isAnnotated: boolean
}

/** Text that every object with a phase or wave of its own contains. */
export const TIMING_NEEDLES: readonly string[] = [
  'argocd.argoproj.io/sync-wave',
  'argocd.argoproj.io/hook',
  'helm.sh/hook',
]

const HELM_PHASES: ReadonlyMap<string, Timing['phase'] | undefined> = new Map([
  ['pre-install', 'PreSync'],
  ['pre-upgrade', 'PreSync'],
  ['post-install', 'later'],
  ['post-upgrade', 'later'],
  ['pre-delete', 'later'],
  ['post-delete', 'later'],
  ['pre-rollback', 'later'],
  ['post-rollback', 'later'],
  ['test', 'later'],
  ['test-success', 'later'],
  ['crd-install', 'Sync'],
])

/** Reads Argo CD's annotations, and Helm's as Argo CD maps them when there is none of its own. */
export function timingOf(object: JsonObject): Timing {
  const annotations = dig(object, 'metadata', 'annotations')
  const hook = text(member(annotations, 'argocd.argoproj.io/hook'))
  const helmHook = text(member(annotations, 'helm.sh/hook'))
  const wave =
    text(member(annotations, 'argocd.argoproj.io/sync-wave')) ??
    text(member(annotations, 'helm.sh/hook-weight'))
  return {
    phase: hook === undefined ? helmPhase(helmHook) : argoPhase(hook),
    wave: integer(wave),
    isAnnotated: wave !== undefined || hook !== undefined || helmHook !== undefined,
  }
}

function argoPhase(hook: string): Timing['phase'] {
  const phases = words(hook)
  if (phases.includes('PreSync')) return 'PreSync'
  return phases.includes('Sync') ? 'Sync' : 'later'
}

function helmPhase(hook: string | undefined): Timing['phase'] {
  if (hook === undefined) return 'Sync'
  const phases = words(hook).map((word) => HELM_PHASES.get(word))
  if (phases.includes('PreSync')) return 'PreSync'
  return phases.includes('later') ? 'later' : 'Sync'
}

function words(list: string): readonly string[] {
  return list.split(',').map((word) => word.trim())
}

/** Argo CD takes what is no integer for 0. */
function integer(value: string | undefined): number {
  const isInteger = /^[+-]?\d{1,9}$/.test(value ?? '')
  return isInteger ? Number(value) : 0
}

/** Names of the Secrets of its own namespace that an object needs to run, from wherever its kind may name one. */
export function secretsConsumed(object: JsonObject): ReadonlySet<string> {
  const names = new Set<string>()
  for (const value of namesIn(object)) {
    const name = text(value)
    if (name !== undefined && name !== '') names.add(name)
  }
  return names
}

/** Names of the ConfigMaps that the pods of an object need. */
export function configMapsConsumed(object: JsonObject): ReadonlySet<string> {
  const spec = podSpecOf(object, text(member(object, 'kind')))
  const names = new Set<string>()
  const add = (value: JsonValue | undefined): void => {
    const name = text(value)
    if (name !== undefined && name !== '') names.add(name)
  }
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const container of items(member(spec, list))) {
      for (const item of items(member(container, 'env'))) {
        add(dig(item, 'valueFrom', 'configMapKeyRef', 'name'))
      }
      for (const item of items(member(container, 'envFrom'))) {
        add(dig(item, 'configMapRef', 'name'))
      }
    }
  }
  for (const volume of items(member(spec, 'volumes'))) {
    add(dig(volume, 'configMap', 'name'))
    for (const source of items(dig(volume, 'projected', 'sources'))) {
      add(dig(source, 'configMap', 'name'))
    }
  }
  return names
}

function namesIn(object: JsonObject): Iterable<JsonValue | undefined> {
  const kind = text(member(object, 'kind'))
  switch (kind) {
    case 'ServiceAccount':
      return [
        ...items(member(object, 'secrets')),
        ...items(member(object, 'imagePullSecrets')),
      ].map((item) => member(item, 'name'))
    case 'Ingress':
      return items(dig(object, 'spec', 'tls')).map((item) => member(item, 'secretName'))
    case 'Gateway':
      return items(dig(object, 'spec', 'listeners'))
        .flatMap((listener) => items(dig(listener, 'tls', 'certificateRefs')))
        .map((ref) => member(ref, 'name'))
    default:
      return podSecrets(podSpecOf(object, kind))
  }
}

/** Any kind with a pod template counts, so that a Rollout or a Knative Service is a consumer like a Deployment. */
function podSpecOf(object: JsonObject, kind: string | undefined): JsonValue | undefined {
  if (kind === 'Pod') return member(object, 'spec')
  return (
    dig(object, 'spec', 'template', 'spec') ??
    dig(object, 'spec', 'jobTemplate', 'spec', 'template', 'spec') ??
    dig(object, 'template', 'spec')
  )
}

function* podSecrets(spec: JsonValue | undefined): Generator<JsonValue | undefined> {
  for (const item of items(member(spec, 'imagePullSecrets'))) yield member(item, 'name')
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const container of items(member(spec, list))) yield* containerSecrets(container)
  }
  for (const volume of items(member(spec, 'volumes'))) yield* volumeSecrets(volume)
}

function* containerSecrets(container: JsonValue): Generator<JsonValue | undefined> {
  for (const item of items(member(container, 'env'))) {
    yield dig(item, 'valueFrom', 'secretKeyRef', 'name')
  }
  for (const item of items(member(container, 'envFrom'))) yield dig(item, 'secretRef', 'name')
}

function* volumeSecrets(volume: JsonValue): Generator<JsonValue | undefined> {
  yield dig(volume, 'secret', 'secretName')
  yield dig(volume, 'azureFile', 'secretName')
  for (const source of items(dig(volume, 'projected', 'sources'))) {
    yield dig(source, 'secret', 'name')
  }
  yield dig(volume, 'csi', 'nodePublishSecretRef', 'name')
  for (const driver of ['cephfs', 'flexVolume', 'iscsi', 'rbd', 'scaleIO', 'storageos']) {
    yield dig(volume, driver, 'secretRef', 'name')
  }
}

function items(value: JsonValue | undefined): readonly JsonValue[] {
  return isArray(value) ? value.filter(isObject) : []
}
