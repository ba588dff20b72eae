import { KubeError } from '../kube/api.ts'
import { GENERATORS_GROUP } from '../model/external-secret.ts'
import type { JsonObject } from '../model/json.ts'
import type { FindGenerator } from './generators.ts'
import type { SessionPorts } from './session-context.ts'

/** Where a run finds a generator: the objects that it was given, then the custom resource, if the CRDs are there. */
export function clusterGenerators(
  { kube, onRefused }: Pick<SessionPorts, 'kube' | 'onRefused'>,
  given: ReadonlyMap<string, JsonObject>,
): FindGenerator {
  const asked = new Map<string, Promise<JsonObject | undefined>>()
  return async (key) => {
    const known = given.get(key)
    if (known !== undefined) return known
    const asking = asked.get(key) ?? findResource(key, { kube, onRefused })
    asked.set(key, asking)
    return asking
  }
}

/** Without the CRDs, and without a right to read them, there is no such generator for us. */
const ABSENT: ReadonlySet<string> = new Set(['forbidden', 'not-found', 'invalid'])

/** Undefined when the generator, its CRD or the right to read it is missing. */
async function findResource(
  key: string,
  { kube, onRefused }: Pick<SessionPorts, 'kube' | 'onRefused'>,
): Promise<JsonObject | undefined> {
  const parts = key.split('/')
  const [kind = '', namespace = ''] = parts
  const name = parts.at(-1) ?? ''
  const apiVersion = `${GENERATORS_GROUP}/v1alpha1`
  try {
    return await kube.get({
      apiVersion,
      kind,
      namespace: parts.length > 2 ? namespace : '',
      name,
    })
  } catch (error) {
    if (!(error instanceof KubeError) || !ABSENT.has(error.code)) throw error
    if (error.code === 'forbidden') onRefused?.(error)
    return undefined
  }
}
