import { readStringMap } from '../manifests/kubectl.ts'
import type { OutcomeError } from '../model/outcome.ts'
import { SecretValue } from '../model/secret-value.ts'
import { decodeValue } from '../values/decode.ts'

/** Where a rendered text came from, and how it is to be read. */
export interface RenderedFrom {
  readonly key: string
  readonly field: string
  readonly templateAs: string
  readonly strategy: string
}

/** Values by key; the error names the key that was rendered. */
export type RenderedValues =
  | { readonly outcome: 'read'; readonly values: ReadonlyMap<string, SecretValue> }
  | { readonly outcome: 'failed'; readonly error: OutcomeError }

/** What one rendered text stands for: the value of its key, or (KeysAndValues) a YAML map of strings (R63, R64). */
export function readRendered(rendered: SecretValue, from: RenderedFrom): RenderedValues {
  switch (from.templateAs) {
    case 'Values':
      return decodeAll([[from.key, rendered.reveal()]], from)
    case 'KeysAndValues':
      return readKeysAndValues(rendered, from)
    default:
      return failed('Unsupported', from, 'templateAs must be Values or KeysAndValues')
  }
}

function readKeysAndValues(rendered: SecretValue, from: RenderedFrom): RenderedValues {
  const map = readStringMap(rendered.reveal())
  if (map.outcome === 'unreadable') {
    const message =
      map.reason === 'yaml'
        ? 'the rendered text is not YAML'
        : 'the rendered text is not a YAML map of keys and plain values'
    return failed('NotStringMap', from, message)
  }
  const encoder = new TextEncoder()
  const entries = [...map.entries].map(([key, text]): [string, Uint8Array] => [
    key,
    encoder.encode(text),
  ])
  return decodeAll(entries, from)
}

function decodeAll(
  entries: readonly (readonly [string, Uint8Array])[],
  from: RenderedFrom,
): RenderedValues {
  const values = new Map<string, SecretValue>()
  for (const [key, bytes] of entries) {
    const attempt = decodeValue(from.strategy, bytes)
    if (attempt.failure !== undefined) {
      return failed('DecodeFailed', from, attempt.failure.message)
    }
    values.set(key, new SecretValue(attempt.value))
  }
  return { outcome: 'read', values }
}

function failed(code: string, { field }: RenderedFrom, message: string): RenderedValues {
  return { outcome: 'failed', error: { code, field, message } }
}
