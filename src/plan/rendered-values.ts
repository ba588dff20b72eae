import type { OutcomeError } from '../model/outcome.ts'
import type { SecretValue } from '../model/secret-value.ts'

export interface RenderedFrom {
  readonly key: string
  readonly field: string
  readonly templateAs: string
  readonly strategy: string
}

export type RenderedValues =
  | { readonly outcome: 'read'; readonly values: ReadonlyMap<string, SecretValue> }
  | { readonly outcome: 'failed'; readonly error: OutcomeError }

/** What one rendered text stands for: the value of its key, or (KeysAndValues) a YAML map of strings (R63, R64). */
export function readRendered(value: SecretValue, from: RenderedFrom): RenderedValues {
  const { key, field, templateAs, strategy } = from
  if (templateAs !== 'Values' || strategy !== 'None') {
    const message = 'KeysAndValues and valuesDecodingStrategy are not supported yet'
    return { outcome: 'failed', error: { code: 'unsupported', field, message } }
  }
  return { outcome: 'read', values: new Map([[key, value]]) }
}
