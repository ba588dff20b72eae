import type { Answer } from '../model/provider.ts'
import { type AssembleInput, fetchedMap, payloadOf, payloadRef, valuesOf } from './assemble.ts'
import { renameFetched } from './datafrom.ts'
import { entriesOf, type Source } from './entries.ts'
import { selectValue } from './payload.ts'
import type { ByteMap } from './rewrite.ts'

// How data came about, for people who ask: the same functions as `assemble`, stopped half way.

/** What one entry brings to one key of the data, step by step. */
export interface KeySteps {
  readonly key: string
  /** The name before the rewrite; undefined when several values were merged into this one. */
  readonly fetchedAs: string | undefined
  readonly fetched: Uint8Array
  readonly decoded: Uint8Array
}

/** The steps of every key, in the order in which entries are merged; entries that fail are left out. */
export function stepsOf(input: AssembleInput): readonly KeySteps[] {
  const steps: KeySteps[] = []
  for (const entry of entriesOf(input.externalSecret, input.defaultNamespace)) {
    if (entry.source === undefined || entry.read.failure !== undefined) continue
    const answer = input.answerTo(entry.read.value)
    const decoded = valuesOf(entry, input)
    if (decoded.failure !== undefined) continue
    steps.push(...stepsThrough(entry.source, answer, { decoded: decoded.value, input }))
  }
  return steps
}

/** Values are told apart by identity: a rewrite renames keys and hands the same bytes on. */
function stepsThrough(
  source: Source,
  answer: Answer,
  { decoded, input }: { readonly decoded: ByteMap; readonly input: AssembleInput },
): readonly KeySteps[] {
  if (source.from === 'value') {
    const key = source.secretKey
    const selected = selectValue(payloadOf(answer), payloadRef(source.ref))
    const fetched = selected.failure === undefined ? selected.value : undefined
    const none = new Uint8Array()
    return [{ key, fetchedAs: key, fetched: fetched ?? none, decoded: decoded.get(key) ?? none }]
  }
  const fetched = fetchedMap(source, answer, input)
  if (fetched.failure !== undefined) return []
  const renamed = renameFetched(source.entry, fetched.value, input)
  const nameOf = new Map([...fetched.value].map(([name, bytes]) => [bytes, name]))
  return [...decoded].map(([key, bytes]) => {
    const before = (renamed.failure === undefined ? renamed.value.get(key) : undefined) ?? bytes
    return { key, fetchedAs: nameOf.get(before), fetched: before, decoded: bytes }
  })
}
