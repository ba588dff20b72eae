import type { JsonObject } from '../model/json.ts'
import { type AllowedTarget, writeAllowedTarget } from '../model/target-kind.ts'
import { bundleName } from './names.ts'

// The pod that syncs, once as a hook of the sync and again by the clock. Pod Security Standard "restricted" admits it.

/** How the pod of a run looks. */
export interface RunSettings {
  readonly app: string
  readonly namespace: string
  readonly storeNamespace: string
  readonly image: string
  /** Pods that share the work out; 1 for one that does it all. */
  readonly completions: number
  /** Whether runs delete Secrets that no ExternalSecret asks for any more. */
  readonly prunes: boolean
  /** Kinds besides Secret that runs may write. */
  readonly targets: readonly AllowedTarget[]
  /** Further environment of the container: endpoints, proxies; never a value. */
  readonly env: readonly { readonly name: string; readonly value: string }[]
}

const MEMORY_MIB = 256
/** Three quarters: the rest is for buffers and the runtime itself. */
const HEAP_MIB = 192
/** A run ends by itself within its own --timeout of 5 minutes; this also counts the pull of the image. */
const DEADLINE_SECONDS = 900

/** Shards that one pod reads without trouble: some two thousand ExternalSecrets. */
const SHARDS_PER_POD = 4

/** Pods for a bundle of so many shards: 1 for nearly everybody. */
export function completionsFor(shards: number): number {
  return Math.max(1, Math.floor(shards / SHARDS_PER_POD))
}

/** Argo CD refreshes the Application at every change of a tracked object's children unless they say this. */
const QUIET: JsonObject = { 'argocd.argoproj.io/ignore-resource-updates': 'true' }

/**
 * The hook Job. `BeforeHookCreation` needs the stable name; it carries no TTL, because a Job that vanishes leaves an
 * Application out of sync.
 */
export function hookJob(settings: RunSettings, wave: number): JsonObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      ...objectMeta(settings),
      annotations: {
        'argocd.argoproj.io/hook': 'Sync',
        'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
        'argocd.argoproj.io/sync-wave': String(wave),
      },
    },
    spec: jobSpec(settings, {}),
  }
}

/** The CronJob that keeps the Secrets fresh; a run refreshes only what is due. */
export function cronJob(settings: RunSettings, schedule: string): JsonObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: objectMeta(settings),
    spec: {
      schedule,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 300,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 1,
      jobTemplate: {
        metadata: { annotations: QUIET },
        spec: jobSpec(settings, { annotations: QUIET }),
      },
    },
  }
}

function objectMeta({ app, namespace }: RunSettings): JsonObject {
  return { name: bundleName(app), ...(namespace === '' ? {} : { namespace }) }
}

function jobSpec(settings: RunSettings, podMetadata: JsonObject): JsonObject {
  return {
    ...(settings.completions > 1 && {
      completionMode: 'Indexed',
      completions: settings.completions,
      parallelism: settings.completions,
    }),
    backoffLimit: settings.completions,
    activeDeadlineSeconds: DEADLINE_SECONDS,
    template: { metadata: podMetadata, spec: podSpec(settings) },
  }
}

function podSpec(settings: RunSettings): JsonObject {
  return {
    serviceAccountName: bundleName(settings.app),
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 30,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container(settings)],
  }
}

function container(settings: RunSettings): JsonObject {
  const { image, env } = settings
  return {
    name: 'sync',
    image,
    args: argumentsOf(settings),
    env: [{ name: 'NODE_OPTIONS', value: `--max-old-space-size=${HEAP_MIB}` }, ...env],
    resources: {
      requests: { cpu: '50m', memory: '128Mi' },
      limits: { cpu: '1', memory: `${MEMORY_MIB}Mi` },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
  }
}

function argumentsOf(settings: RunSettings): readonly string[] {
  const { app, namespace, storeNamespace, completions, prunes, targets } = settings
  return [
    'sync',
    `--app=${app}`,
    ...(namespace === '' ? [] : [`--namespace=${namespace}`]),
    `--store-namespace=${storeNamespace}`,
    ...(completions > 1 ? [`--completions=${completions}`] : []),
    ...(prunes ? ['--prune'] : []),
    ...targets.map((target) => `--allow-target=${writeAllowedTarget(target)}`),
  ]
}
