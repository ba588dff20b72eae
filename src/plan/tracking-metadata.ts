/**
 * Metadata by which deployment tools recognise their own objects. A copy on a Secret would make
 * Argo CD, Helm or Flux believe that the Secret is theirs, and prune it.
 */
const TRACKING_PREFIXES: readonly string[] = [
  'argocd.argoproj.io/',
  'kubectl.kubernetes.io/',
  'kustomize.toolkit.fluxcd.io/',
  'helm.toolkit.fluxcd.io/',
  'meta.helm.sh/',
  'helm.sh/',
  'config.kubernetes.io/',
]

/** Argo CD's default tracking label. It also is a common label of charts, but a Secret never needs it. */
const TRACKING_LABEL = 'app.kubernetes.io/instance'

/** Whether a label or annotation is another tool's note about its own object (R56). */
export function isTrackingMetadata(key: string): boolean {
  return key === TRACKING_LABEL || TRACKING_PREFIXES.some((prefix) => key.startsWith(prefix))
}

/** Labels or annotations that may be copied to a Secret. */
export function withoutTracking(map: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...map].filter(([key]) => !isTrackingMetadata(key)))
}
