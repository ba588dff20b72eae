import type { Parity } from '../model/parity.ts'
import type { Payload } from '../model/provider.ts'
import { type Attempt, done, failed } from './attempt.ts'
import { binaryOfText, fromBinary, textOfBinary, toBinary } from './binary.ts'
import { gjsonText } from './gjson.ts'
import { encodeGoJson, formatSecretValue, printV } from './go-print.ts'
import { type GoValue, goValueOf, type Numbers } from './go-value.ts'
import { type Json, readJson } from './json.ts'
import type { PayloadReader, PayloadRef } from './payload-reader.ts'

/** Keys of Vault's metadata answer that ESO hands out beside the custom ones. */
const SYSTEM_METADATA = ['created_time', 'current_version', 'delete_version_after']

/** A secret's fields with the Go types that printing depends on. */
type Data = ReadonlyMap<string, GoValue>

/** Vault KV (R138–R142). The payload's text is the JSON of the secret's data map. */
export const vaultReader: PayloadReader = {
  select,
  extract(payload, ref, parity) {
    const selected = select(payload, ref)
    return selected.failure === undefined ? extractMap(selected.value, ref, parity) : selected
  },
}

/** Undefined for a secret whose metadata is empty: ESO stores an empty value then. */
function select(payload: Payload, ref: PayloadRef): Attempt<Uint8Array | undefined> {
  const data = ref.metadata ? metadataOf(payload) : dataOf(payload, ref)
  if (data.failure !== undefined) return data
  return data.value === undefined ? done(undefined) : selectFrom(data.value, ref)
}

/** An exact key wins over a gjson path (R140). */
function selectFrom(data: Data, { property }: PayloadRef): Attempt<Uint8Array | undefined> {
  const whole = encodeGoJson({ go: 'map[string]interface {}', entries: data }, true) ?? ''
  if (property === undefined) return done(fromBinary(whole))
  const exact = data.get(binaryOfText(property))
  if (exact !== undefined) {
    return done(exact.go === 'nil' ? undefined : fromBinary(formatSecretValue(exact) ?? ''))
  }
  const found = gjsonText(whole, property)
  return found === undefined
    ? failed(
        'PropertyNotFound',
        `cannot find secret data for key: ${JSON.stringify(property)}`,
        'property',
      )
    : done(fromBinary(found))
}

/** Numbers keep their text here (json.Number); only `extract` goes through float64 (R52). */
function dataOf({ text, dialect }: Payload, { key }: PayloadRef): Attempt<Data> {
  const json = text === undefined ? undefined : readJson(toBinary(text.reveal()))
  if (text === undefined || json?.shape === 'null') {
    // A deleted version of KV v2. Version 1 wraps nothing, so there ESO sees the wrapper with its null.
    return dialect === 'vault-kv1'
      ? done(new Map([['data', { go: 'nil' }]]))
      : failed('SecretNotFound', `secret ${key} does not exist`, 'key')
  }
  const data = entriesOf(json, 'text')
  return data === undefined
    ? failed('NotJson', `secret ${key} is not a JSON object`, 'key')
    : done(data)
}

/** Undefined for JSON that is no object. */
function entriesOf(json: Json | undefined, numbers: Numbers): Data | undefined {
  if (json?.shape !== 'object') return undefined
  const value = goValueOf(json, numbers)
  return value?.go === 'map[string]interface {}' ? value.entries : undefined
}

/** Custom metadata over the system's, all as text; undefined when there is none at all (R142). */
function metadataOf({ metadata, dialect }: Payload): Attempt<Data | undefined> {
  if (dialect === 'vault-kv1') {
    return failed(
      'Unsupported',
      'cannot perform metadata fetch operations with kv version v1',
      'metadataPolicy',
    )
  }
  const text = metadata?.json
  const answer = text === undefined ? undefined : readJson(toBinary(text.reveal()))
  const fields = entriesOf(answer, 'text') ?? new Map<string, GoValue>()
  const out = new Map<string, GoValue>()
  for (const name of SYSTEM_METADATA) {
    const value = fields.get(name)
    if (value !== undefined && value.go !== 'nil') out.set(name, asText(value))
  }
  const custom = fields.get('custom_metadata')
  if (custom?.go === 'map[string]interface {}') {
    for (const [name, value] of custom.entries) out.set(name, asText(value))
  }
  return done(out.size === 0 ? undefined : out)
}

/** fmt's `%v`, as ESO prints metadata: lists in brackets, nil as `<nil>`. */
function asText(value: GoValue): GoValue {
  return { go: 'string', value: printV(value) }
}

/** ESO reads the selected JSON once more, through float64 (R52); we keep the text of numbers. */
function extractMap(
  bytes: Uint8Array | undefined,
  { key }: PayloadRef,
  parity: Parity,
): Attempt<ReadonlyMap<string, Uint8Array>> {
  const json = readJson(toBinary(bytes ?? new Uint8Array()))
  if (json?.shape === 'null') return done(new Map())
  const entries = entriesOf(json, parity.vaultExtractKeepsNumberText ? 'text' : 'float64')
  if (entries === undefined) {
    return failed('NotJson', `secret ${key} does not hold a JSON object`, 'key')
  }
  const out = new Map<string, Uint8Array>()
  for (const [name, value] of entries) {
    out.set(textOfBinary(name), fromBinary(formatSecretValue(value) ?? ''))
  }
  return done(out)
}
