import { bundleName } from '../../handoff/names.ts'
import { type KubeApi, KubeError } from '../../kube/api.ts'
import type { ExternalSecret } from '../../model/external-secret.ts'
import { dig, text } from '../../model/json.ts'
import { MANAGED_LABEL, OWNER_ANNOTATION } from '../../plan/marks.ts'
import type { Done } from '../run-context.ts'
import { refOfTarget } from '../target.ts'
import { WorkUnusable, workOfBundle } from '../work.ts'

// An ExternalSecret that moves from a bundle to an object of the cluster finds its Secret kept by the app of that bundle:
//
//  the bundle                            │ then
//  ──────────────────────────────────────┼────────────────────────────────────────────────────────
//  is gone, or holds it no longer        │ the claim is gone with it: the object takes the Secret over
//  still holds it                        │ it stays, and the condition says what to do
//  cannot be read                        │ it stays
//
// Asked only after a conflict, so that it costs nothing in a cluster at rest.

/** Which app keeps the Secret of an ExternalSecret, and whether it has let go of it. */
export interface FormerBundle {
  readonly app: string
  readonly isReleased: boolean
}

/** By name of the ExternalSecret; only those that another keeper has turned away. What cannot be asked is left out. */
export async function formerBundles(
  done: readonly Done[],
  kube: KubeApi,
  storeNamespace: string,
): Promise<ReadonlyMap<string, FormerBundle>> {
  const found = new Map<string, FormerBundle>()
  for (const { externalSecret, result } of done) {
    if (!result.errors.some(({ code }) => code === 'Conflict')) continue
    const bundle = await formerBundle(externalSecret, kube, storeNamespace).catch(unasked)
    if (bundle !== undefined) found.set(externalSecret.name, bundle)
  }
  return found
}

function unasked(error: unknown): undefined {
  if (error instanceof KubeError) return undefined
  throw error
}

async function formerBundle(
  { namespace, name, target }: ExternalSecret,
  kube: KubeApi,
  storeNamespace: string,
): Promise<FormerBundle | undefined> {
  const secret = await kube.get(refOfTarget(target, namespace))
  const app = text(dig(secret, 'metadata', 'annotations', OWNER_ANNOTATION)) ?? ''
  const isMarked = dig(secret, 'metadata', 'labels', MANAGED_LABEL) === 'true'
  // With a slash it is another ExternalSecret object.
  if (!isMarked || app === '' || app.includes('/')) return undefined
  return { app, isReleased: await hasLetGo({ app, namespace, storeNamespace }, name, kube) }
}

async function hasLetGo(
  bundle: { readonly app: string; readonly namespace: string; readonly storeNamespace: string },
  name: string,
  kube: KubeApi,
): Promise<boolean> {
  const { app, namespace } = bundle
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: bundleName(app) }
  if ((await kube.get(ref)) === undefined) return true
  try {
    const { candidates, refused } = await workOfBundle(kube, bundle)
    // What the bundle may not hold is not judged: somebody still means it to.
    return refused.length === 0 && !candidates.some((one) => one.externalSecret.name === name)
  } catch (error) {
    if (error instanceof WorkUnusable || error instanceof KubeError) return false
    throw error
  }
}

/** For the condition of an ExternalSecret whose bundle has not let go. */
export function heldWords({ app }: FormerBundle): string {
  return `the Secret is kept by the bundle of app ${app}, which still holds this ExternalSecret: to move it here, stop publishing the bundle and delete ConfigMap ${bundleName(app)} with --cascade=orphan`
}
