import { isArray, type JsonObject, member, text } from '../model/json.ts'
import { type AllowedTarget, allowedOf, pluralOf } from '../model/target-kind.ts'
import { KubeError, type ObjectRef } from './api.ts'
import { groupPath, objectPath, type Resource, resourceOf } from './resources.ts'
import type { Send } from './send.ts'

// Where objects are of kinds that the table of `resources.ts` does not have. Trust: only those of an administrator's list are
// looked up, and their path always has a namespace, so that nothing of the cluster itself can be meant by one.

/** The path of an object, with one question for each group and version that is not known yet. */
export type PathOf = (ref: ObjectRef) => Promise<string>

/** Answers are kept as long as the client; a failed question is asked again. */
export function createPaths(send: Send, targets: readonly AllowedTarget[]): PathOf {
  const lists = new Map<string, Promise<readonly JsonObject[] | undefined>>()
  const listOf = (apiVersion: string): Promise<readonly JsonObject[] | undefined> => {
    const known = lists.get(apiVersion)
    if (known !== undefined) return known
    const asked = discover(send, apiVersion).catch((error) => {
      lists.delete(apiVersion)
      throw error
    })
    lists.set(apiVersion, asked)
    return asked
  }
  return async (ref) => {
    const allowed = allowedOf(targets, ref)
    if (resourceOf(ref.apiVersion, ref.kind) !== undefined || allowed === undefined) {
      return objectPath(ref)
    }
    const guess = { plural: pluralOf(allowed), isNamespaced: true }
    if (allowed.plural !== undefined) return objectPath(ref, guess)
    const list = await listOf(ref.apiVersion)
    return objectPath(ref, list === undefined ? guess : resourceIn(list, ref))
  }
}

/** The kinds of a group and version; undefined for whoever may not ask: every user may, unless a cluster is hardened. */
async function discover(
  send: Send,
  apiVersion: string,
): Promise<readonly JsonObject[] | undefined> {
  const asked = { verb: 'list the kinds of', subject: apiVersion }
  const question = { body: undefined, contentType: 'application/json', asked }
  const reply = await send({ ...question, method: 'GET', path: groupPath(apiVersion) }, [403, 404])
  if (reply.status === 403) return undefined
  const resources = member(reply.body, 'resources')
  return (isArray(resources) ? resources : []).flatMap((one) =>
    typeof one === 'object' && one !== null && !isArray(one) ? [one] : [],
  )
}

/** Throws KubeError for a kind that is not there, or that belongs to no namespace. */
function resourceIn(list: readonly JsonObject[], { apiVersion, kind }: ObjectRef): Resource {
  const found = list.find((one) => {
    // Subresources have names with a slash.
    return member(one, 'kind') === kind && text(member(one, 'name'))?.includes('/') === false
  })
  const plural = text(member(found, 'name')) ?? ''
  if (!/^[a-z0-9-]{1,63}$/.test(plural)) {
    throw new KubeError('not-found', 404, `the cluster has no ${kind} of ${apiVersion}`)
  }
  if (member(found, 'namespaced') === true) return { plural, isNamespaced: true }
  throw new KubeError('invalid', 0, `${kind} of ${apiVersion} belongs to no namespace`)
}
