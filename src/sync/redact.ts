import type { Answer, Payload } from '../model/provider.ts'
import type { SecretValue } from '../model/secret-value.ts'

// The last sink before a message leaves. Our messages are written so that no value can be in one; this holds even if one of
// them is wrong. Shorter values than this are words: hiding them would hide the message.

const VALUE_CHARS_MIN = 8
const REDACTED = '‹redacted›'

/** The message without any value that these answers brought, in the clear or in base64. */
export function redact(message: string, answers: Iterable<Answer>): string {
  let clean = message
  const values = [...valuesOf(answers)].filter(({ length }) => length >= VALUE_CHARS_MIN)
  // The longest first: of one that begins like a shorter one the rest would remain.
  for (const value of values.sort((a, b) => b.length - a.length)) {
    clean = clean.split(value).join(REDACTED)
    const encoded = Buffer.from(value).toString('base64').replace(/=+$/, '')
    clean = clean.split(encoded).join(REDACTED)
  }
  return clean
}

/** Everything secret that a run has read or made, as text. */
function* valuesOf(answers: Iterable<Answer>): Generator<string> {
  for (const answer of answers) {
    for (const payload of payloadsOf(answer)) yield* valuesOfPayload(payload)
    if (answer.outcome !== 'generated') continue
    for (const value of answer.data.values()) yield textOf(value)
  }
}

function payloadsOf(answer: Answer): Iterable<Payload> {
  if (answer.outcome === 'found') return [answer.payload]
  return answer.outcome === 'found-many' ? answer.payloads.values() : []
}

/** A payload as a whole, and each text within it. */
function* valuesOfPayload({ text, binary, data }: Payload): Generator<string> {
  for (const value of [text, binary, ...(data?.values() ?? [])]) {
    if (value === undefined) continue
    const whole = textOf(value)
    yield whole
    yield* leavesOf(whole)
  }
}

/** What stands inside of a JSON payload. */
function leavesOf(text: string): readonly string[] {
  const leaves: string[] = []
  try {
    JSON.parse(text, (_key, value: unknown) => {
      if (typeof value === 'string') leaves.push(value)
      if (typeof value === 'number') leaves.push(String(value))
      return value
    })
  } catch {
    // No JSON: the whole text is the value.
  }
  return leaves
}

function textOf(value: SecretValue): string {
  return new TextDecoder().decode(value.reveal())
}
