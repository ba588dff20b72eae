import { type KubeApi, KubeError } from '../kube/api.ts'
import { yamlToJson } from '../manifests/kubectl.ts'
import { dig, text } from '../model/json.ts'
import { decodeStorePolicy, type StorePolicy } from '../model/store-policy.ts'
import { WorkUnusable } from './work.ts'

const NAME = 'waybill-policy'
const KEY = 'policy.yaml'

/** What follows when there is no policy, or none to be seen. */
export interface PolicyDemands {
  /** Without one nothing may be read. */
  readonly isRequired?: boolean
  /**
   * False for whoever has the right to read it: an API server whose RBAC is loading refuses it for a second, and that must
   * not lift what the policy forbids. The refusal is thrown then.
   */
  readonly mayBeRefused?: boolean
}

/**
 * The StorePolicy that an administrator keeps in the store namespace; undefined without one. Throws WorkUnusable for one
 * that cannot be read: then nothing may be. So it does without one, if one is required.
 *
 * Trust: a run without the right to read it is a tenant's own job, which a policy could not hold anyway (MT-11).
 */
export async function readClusterPolicy(
  kube: Pick<KubeApi, 'get'>,
  storeNamespace: string,
  { isRequired = false, mayBeRefused = true }: PolicyDemands = {},
): Promise<StorePolicy | undefined> {
  const where = `ConfigMap ${storeNamespace}/${NAME}`
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: storeNamespace, name: NAME }
  const configMap = await kube.get(ref).catch((error: unknown) => {
    if (!(error instanceof KubeError) || error.code !== 'forbidden' || !mayBeRefused) throw error
    if (isRequired) throw new WorkUnusable(`${where} may not be read`, 'grant get on it')
    return undefined
  })
  if (configMap === undefined) {
    if (isRequired) throw new WorkUnusable(`there is no ${where}`, 'create it: docs/tenancy.md')
    return undefined
  }
  const source = text(dig(configMap, 'data', KEY))
  if (source === undefined) throw unusable(`${where} has no key ${KEY}`)
  const read = yamlToJson(new TextEncoder().encode(source), true)
  if (read.outcome !== 'read') throw unusable(`${where} holds no YAML mapping`)
  const decoded = decodeStorePolicy(read.value)
  if (decoded.outcome === 'read') return decoded.policy
  throw unusable(`${where}: ${decoded.message}`)
}

function unusable(message: string): WorkUnusable {
  return new WorkUnusable(message, 'correct it, or delete it; until then nothing is read')
}
