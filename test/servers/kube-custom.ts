import { dig, type JsonObject, member } from '../../src/model/json.ts'
import { same } from './kube-fields.ts'
import type { Kind } from './kube-rules.ts'
import { withMetadata } from './kube-shape.ts'

// Objects of CustomResourceDefinitions with the subresource status, as kube-apiserver 1.35 was seen to keep them: status
// changes through its subresource alone and nothing else does, and the generation counts changes of the rest.

export type Part = '' | 'status'

/** What of a new object is taken. */
export function withoutStatus(object: JsonObject, { isCustom }: Kind): JsonObject {
  if (isCustom !== true) return object
  const { status: _, ...rest } = object
  return rest
}

/** What of a change through this part is taken. */
export function partOf(
  object: JsonObject,
  live: JsonObject,
  { kind, part }: { readonly kind: Kind; readonly part: Part },
): JsonObject {
  if (kind.isCustom !== true) return object
  const status = member(object, 'status')
  if (part === 'status') return { ...live, ...(status === undefined ? {} : { status }) }
  const { status: _, ...rest } = object
  const before = member(live, 'status')
  return before === undefined ? rest : { ...rest, status: before }
}

/** The object with its generation. */
export function counted(
  object: JsonObject,
  live: JsonObject | undefined,
  { isCustom }: Kind,
): JsonObject {
  if (isCustom !== true) return object
  const before = Number(dig(live, 'metadata', 'generation') ?? 0)
  const isEnding = (one: JsonObject | undefined): boolean =>
    dig(one, 'metadata', 'deletionTimestamp') !== undefined
  const isChanged = live === undefined || !same(contentOf(object), contentOf(live))
  const isNew = isChanged || isEnding(object) !== isEnding(live)
  return withMetadata(object, { generation: isNew ? before + 1 : before })
}

function contentOf({ metadata: _, status: __, ...content }: JsonObject): JsonObject {
  return content
}
