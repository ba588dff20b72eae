import type { HttpResponse } from '../../model/http.ts'
import { dig, isArray, isObject, type JsonObject, type JsonValue } from '../../model/json.ts'

const decoder = new TextDecoder()

/** What Vault answered. `text` and `json` may hold secrets. */
export interface VaultAnswer {
  readonly status: number
  readonly text: string
  /** Undefined when the body is no JSON object: then it is not Vault who answered. */
  readonly json: JsonObject | undefined
  readonly retryAfter: string | undefined
}

/** Never throws: a body that is no JSON is a finding for the caller. */
export function readAnswer({ status, headers, body }: HttpResponse): VaultAnswer {
  const text = decoder.decode(body)
  return { status, text, json: parse(text), retryAfter: headers['retry-after'] }
}

/** A parser's message quotes its input, so it is dropped. */
function parse(text: string): JsonObject | undefined {
  try {
    const json = JSON.parse(text) as JsonValue
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}

/** Vault's own words; only ever compared with words that we know, never passed on. */
export function errorsOf({ json }: VaultAnswer): string {
  const errors = dig(json, 'errors')
  return isArray(errors) ? errors.filter((item) => typeof item === 'string').join('\n') : ''
}

/** Vault warns when an engine is asked in the way of its other version. */
export function hasWarnings({ json }: VaultAnswer): boolean {
  const warnings = dig(json, 'warnings')
  return isArray(warnings) && warnings.length > 0
}
