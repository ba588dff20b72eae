import { type JsonObject, member, text } from '../../model/json.ts'
import { MANAGED_BY, MANAGER, type PushMarks } from '../../model/push.ts'
import type { Asked, OpenService } from './answer.ts'
import { errorOf } from './answer.ts'
import { AwsCallFailure } from './caller.ts'
import type { LoggedIn } from './client.ts'

// What the writers of both services share: one call with its failure in words, and tags.

/** What a writer is opened with. */
export interface WriterParts
  extends Pick<OpenService<unknown>, 'call' | 'prefix' | 'principal'>,
    Pick<LoggedIn, 'clientOptions'> {
  /** `spec.provider.aws`. */
  readonly settings: JsonObject
}

/** One of the services, as its writer asks it. */
export type Writing = Pick<OpenService<unknown>, 'call' | 'principal' | 'service'>

/** One call. Undefined when AWS says that there is no such thing; throws ProviderError for every other failure. */
export async function tryCall<Output>(
  writing: Writing,
  asked: Asked & { readonly signal: AbortSignal },
  send: (signal: AbortSignal) => Promise<Output>,
): Promise<Output | undefined> {
  try {
    return await writing.call(`${writing.service}:${asked.action}`, send, asked.signal)
  } catch (error) {
    if (!(error instanceof AwsCallFailure)) throw error
    if (error.fault.cause === 'absent') return undefined
    throw errorOf(writing, asked, error.fault)
  }
}

/** A tag as both services write it. */
export interface Tag {
  readonly Key: string
  readonly Value: string
}

/** Tags as marks. */
export function marksOf(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[],
): PushMarks {
  const labels = new Map(tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']))
  return { labels, annotations: new Map() }
}

/** Marks as tags. */
export function tagsOf({ labels }: PushMarks): Tag[] {
  return [...labels].map(([Key, Value]) => ({ Key, Value }))
}

/** Whether the tags say that External Secrets manages it. */
export function isManaged({ labels }: PushMarks): boolean {
  return labels.get(MANAGED_BY) === MANAGER
}

/** What has to be said to turn one set of tags into the other. */
export function tagChanges(
  before: PushMarks,
  after: PushMarks,
): { readonly removed: string[]; readonly changed: Tag[] } {
  return {
    removed: [...before.labels.keys()].filter((key) => !after.labels.has(key)),
    changed: tagsOf(after).filter(({ Key, Value }) => before.labels.get(Key) !== Value),
  }
}

/** Upstream's text for whatever has none of its own. */
export function descriptionOf(spec: JsonObject): string {
  return text(member(spec, 'description')) || `secret '${MANAGED_BY}:${MANAGER}'`
}

/** Upstream spells it `kmsKeyId` here and `kmsKeyID` there, and takes either. */
export function kmsKeyOf(spec: JsonObject): string | undefined {
  return text(member(spec, 'kmsKeyID')) || text(member(spec, 'kmsKeyId')) || undefined
}
