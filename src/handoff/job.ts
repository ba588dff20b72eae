import type { JsonObject } from '../model/json.ts'
import { bundleName } from './names.ts'

// The pod that syncs, once as a hook of the sync and again by the clock. Pod Security Standard "restricted" admits it.

/** How the pod of a run looks. */
export interface RunSettings {
  readonly app: string
  readonly namespace: string
  readonly storeNamespace: string
  readonly image: string
  /** Further environment of the container: endpoints, proxies; never a value. */
  readonly env: readonly { readonly name: string; readonly value: string }[]
}

const MEMORY_MIB = 256
/** Three quarters: the rest is for buffers and the runtime itself. */
const HEAP_MIB = 192
/** A run ends by itself within its own --timeout of 5 minutes; this also counts the pull of the image. */
const DEADLINE_SECONDS = 900

/** Argo CD refreshes the Application at every change of a tracked object's children unless they say this. */
const QUIET: JsonObject = { 'argocd.argoproj.io/ignore-resource-updates': 'true' }

/**
 * The hook Job. `BeforeHookCreation` needs the stable name; it carries no TTL, because a Job that vanishes leaves an
 * Application out of sync. An Indexed Job, for bundles of many thousand references, would only differ in `spec`.
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
    backoffLimit: 1,
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

function container({ app, namespace, storeNamespace, image, env }: RunSettings): JsonObject {
  return {
    name: 'sync',
    image,
    args: [
      'sync',
      `--app=${app}`,
      ...(namespace === '' ? [] : [`--namespace=${namespace}`]),
      `--store-namespace=${storeNamespace}`,
    ],
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
