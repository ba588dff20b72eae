import { type KubeApi, KubeError } from '../../kube/api.ts'

/**
 * The API server as a leader may use it: a write asks first whether the lease is still held. A process that was stopped for
 * a minute goes on in the middle of a run, before any timer fires, and another one leads by then.
 */
export function guardedKube(kube: KubeApi, mayWrite: () => boolean): KubeApi {
  const checked = <A extends readonly unknown[], T>(call: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      if (mayWrite()) return call(...args)
      throw new KubeError('timeout', 0, 'not written: this replica leads no longer')
    }
  }
  return {
    ...kube,
    apply: checked(kube.apply),
    replace: checked(kube.replace),
    create: checked(kube.create),
    applyStatus: checked(kube.applyStatus),
    patchFinalizers: checked(kube.patchFinalizers),
    delete: checked(kube.delete),
  }
}
