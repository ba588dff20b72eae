import type { Answer, Payload } from '../model/provider.ts'
import type { SecretValue } from '../model/secret-value.ts'
import { formsOf, hidden, VALUE_BYTES_MIN } from './secret-forms.ts'

// The last sink before a message leaves. Our messages are written so that no value can be in one; this holds even if one of
// them is wrong.

/** The message without any value that these answers brought, in any spelling that a program may give it. */
export function redact(message: string, answers: Iterable<Answer>): string {
  const forms: string[] = []
  const long: string[] = []
  for (const { bytes, isLeaf } of valuesOf(answers)) {
    if (bytes.length < VALUE_BYTES_MIN) continue
    for (const form of formsOf(bytes)) {
      forms.push(form)
      if (isLeaf) long.push(form)
    }
  }
  return hidden(message, { whole: forms, parts: long })
}

/** A value, and whether it is all secret: of a JSON document pieces are only its names. */
interface Value {
  readonly bytes: Uint8Array
  readonly isLeaf: boolean
}

/** Everything secret that a run has read or made. */
function* valuesOf(answers: Iterable<Answer>): Generator<Value> {
  for (const answer of answers) {
    for (const payload of payloadsOf(answer)) yield* valuesOfPayload(payload)
    if (answer.outcome !== 'generated') continue
    for (const value of answer.data.values()) yield { bytes: value.reveal(), isLeaf: true }
  }
}

function payloadsOf(answer: Answer): Iterable<Payload> {
  if (answer.outcome === 'found') return [answer.payload]
  return answer.outcome === 'found-many' ? answer.payloads.values() : []
}

/** A payload as a whole, and each text within it. */
function* valuesOfPayload({ text, binary, data }: Payload): Generator<Value> {
  for (const value of [text, binary, ...(data?.values() ?? [])]) {
    if (value === undefined) continue
    const leaves = leavesOf(value)
    yield { bytes: value.reveal(), isLeaf: leaves === undefined }
    const encoder = new TextEncoder()
    for (const leaf of leaves ?? []) yield { bytes: encoder.encode(leaf), isLeaf: true }
  }
}

/** What stands inside of a JSON payload; undefined for anything else: then the whole of it is the value. */
function leavesOf(value: SecretValue): readonly string[] | undefined {
  const leaves: string[] = []
  try {
    const text = new TextDecoder().decode(value.reveal())
    JSON.parse(text, (_key, item: unknown) => {
      if (typeof item === 'string') leaves.push(item)
      if (typeof item === 'number') leaves.push(String(item))
      return item
    })
    return leaves
  } catch {
    return undefined
  }
}
