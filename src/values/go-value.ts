import { parseGoFloat } from './go-number.ts'
import type { Json } from './json.ts'
import { membersByKey } from './json.ts'

/** A value with the Go type that decides how it is printed. Strings and keys are binary strings. */
export type GoValue =
  | { readonly go: 'nil' }
  | { readonly go: 'bool'; readonly value: boolean }
  | { readonly go: 'int' | 'int64' | 'uint64'; readonly value: bigint }
  | { readonly go: 'float64' | 'float32'; readonly value: number }
  | { readonly go: 'json.Number' | 'string'; readonly value: string }
  | { readonly go: '[]uint8' | 'json.RawMessage'; readonly value: string }
  | { readonly go: '[]string'; readonly items: readonly string[] }
  | { readonly go: '[]int'; readonly items: readonly bigint[] }
  | { readonly go: '[]interface {}'; readonly items: readonly GoValue[] }
  | { readonly go: 'map[string]interface {}'; readonly entries: ReadonlyMap<string, GoValue> }
  | { readonly go: 'map[string]string'; readonly entries: ReadonlyMap<string, string> }

/** What every JSON object decodes to. */
export type GoMap = Extract<GoValue, { go: 'map[string]interface {}' }>

/** What a decoder makes of numbers: float64 as encoding/json does, or their text (UseNumber). */
export type Numbers = 'float64' | 'text'

/** What encoding/json decodes into `any`; undefined when a number is beyond float64. */
export function goValueOf(json: Json, numbers: Numbers): GoValue | undefined {
  switch (json.shape) {
    case 'null':
      return { go: 'nil' }
    case 'true':
    case 'false':
      return { go: 'bool', value: json.shape === 'true' }
    case 'string':
      return { go: 'string', value: json.text }
    case 'number':
      return numbers === 'text' ? { go: 'json.Number', value: json.raw } : floatOf(json.raw)
    case 'array':
      return sliceOf(json.items, numbers)
    case 'object': {
      const entries = new Map<string, GoValue>()
      for (const [key, member] of membersByKey(json.members)) {
        const value = goValueOf(member, numbers)
        if (value === undefined) return undefined
        entries.set(key, value)
      }
      return { go: 'map[string]interface {}', entries }
    }
  }
}

/** encoding/json fails on a number beyond float64 instead of giving an infinity. */
function floatOf(raw: string): GoValue | undefined {
  const value = parseGoFloat(raw)
  return value === undefined || !Number.isFinite(value) ? undefined : { go: 'float64', value }
}

/** One element beyond float64 makes the whole undecodable. */
function sliceOf(items: readonly Json[], numbers: Numbers): GoValue | undefined {
  const values: GoValue[] = []
  for (const item of items) {
    const value = goValueOf(item, numbers)
    if (value === undefined) return undefined
    values.push(value)
  }
  return { go: '[]interface {}', items: values }
}
