import { decodeExternalSecret } from '../../src/model/external-secret.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { parityOf } from '../../src/model/parity.ts'
import type { Dialect, Payload } from '../../src/model/provider.ts'
import { SecretValue } from '../../src/model/secret-value.ts'
import { createTemplateEngine } from '../../src/template/engine.ts'
import type { Attempt } from '../../src/values/attempt.ts'
import { binaryOfText, fromBinary, toBinary } from '../../src/values/binary.ts'
import type { ValueCode } from '../../src/values/codes.ts'
import { processFetched } from '../../src/values/datafrom.ts'
import { decodeMap, decodeValue } from '../../src/values/decode.ts'
import { gjson } from '../../src/values/gjson.ts'
import {
  dataHash,
  dataHashText,
  encodeGoJson,
  formatSecretValue,
  printV,
} from '../../src/values/go-print.ts'
import { type GoValue, goValueOf } from '../../src/values/go-value.ts'
import { readJson } from '../../src/values/json.ts'
import { convertKey, convertKeys, validateKeys } from '../../src/values/keys.ts'
import { patternEngine } from '../../src/values/pattern.ts'
import { absentFailure, extractMap, selectValue } from '../../src/values/payload.ts'
import { rewriteKeys } from '../../src/values/rewrite.ts'
import { transformThrough } from '../../src/values/transform.ts'
import { vaultPaths } from '../../src/values/vault-path.ts'
import {
  type Arguments,
  type Call,
  readBytes,
  readBytesMap,
  VectorError,
  writeBytes,
  writeBytesMap,
} from './case.ts'

const parity = parityOf('eso')
const engine = createTemplateEngine({
  now: () => 0,
  random: (length) => new Uint8Array(length),
  generateKey: undefined,
  patterns: patternEngine,
})
const means = { parity, patterns: patternEngine, transform: transformThrough(engine) }

export const valueCalls: Readonly<Record<string, Call>> = {
  gjson: callGjson,
  'aws-sm': (input) => readPayload('aws-secrets-manager', input),
  'aws-ps': (input) => readPayload('aws-parameter-store', input),
  gcp: (input) => readPayload('gcp-secret-manager', input),
  vault: (input) => readPayload(input.kv === 'v1' ? 'vault-kv1' : 'vault-kv2', input),
  kubernetes: (input) => readPayload('kubernetes', input),
  'vault-path': ({ path, kv, key }) => {
    const place = {
      path: path as string | undefined,
      version: kv as 'v1' | 'v2',
      key: (key ?? '') as string,
    }
    const { data, metadata } = vaultPaths(place)
    return {
      data,
      ...(metadata === undefined
        ? { metadataError: "provided Path isn't a valid kv v2 path" }
        : { metadata }),
    }
  },
  match: ({ pattern, name }) => compiled(pattern).matches(readBytes(name)),
  replace: ({ source, target, key }) =>
    writeBytes(compiled(source).replaceAll(readBytes(key), readBytes(target))),
  submatch: ({ pattern, input }) => {
    const { findAll, groupNames } = compiled(pattern)
    return { matches: findAll(readBytes(input)), names: groupNames }
  },
  rewrite: ({ rewrite, data }) =>
    writeBytesMap(unwrap(rewriteKeys(rewrite as JsonObject[], readBytesMap(data), means))),
  convert: ({ strategy, keys }) => {
    const names = keys as string[]
    unwrap(convertKeys(strategy as string, new Map(names.map((key) => [key, key]))))
    return Object.fromEntries(names.map((key) => [key, convertKey(strategy as string, key)]))
  },
  'validate-keys': ({ keys }) => [
    ...unwrap(validateKeys(new Map((keys as string[]).map((key) => [key, key])))).keys(),
  ],
  datafrom: ({ entry, fetched }) => {
    const { dataFrom } = decodeExternalSecret({ spec: { dataFrom: [entry as JsonObject] } })
    return writeBytesMap(unwrap(processFetched(dataFrom[0]!, readBytesMap(fetched), means)))
  },
  decode: ({ strategy, value }) =>
    writeBytes(unwrap(decodeValue(strategy as string, readBytes(value)))),
  'decode-map': ({ strategy, values }) =>
    writeBytesMap(unwrap(decodeMap(strategy as string, readBytesMap(values)))),
  format: ({ value }) => format(goValue(value as Record<string, unknown>)),
  hash: ({ data }) => {
    const map = readBytesMap(data)
    return { text: writeBytes(fromBinary(dataHashText(map))), hash: dataHash(map) }
  },
}

/** What the sets call the causes; everything else is `error`. */
const CATEGORIES: Partial<Record<ValueCode, string>> = {
  SecretNotFound: 'no-secret',
  PropertyNotFound: 'no-property',
  EmptySecret: 'empty',
  NotJson: 'json',
  DecodeFailed: 'decode',
  UnknownStrategy: 'strategy',
  InvalidKey: 'invalid-key',
  KeyCollision: 'collision',
  NullByte: 'null-byte',
  InvalidPattern: 'compile',
  TemplateInvalid: 'parse',
  TemplateFailed: 'exec',
  Conflict: 'conflict',
  PriorityNotFound: 'priority',
  IntoMissing: 'into',
}

function unwrap<T>(attempt: Attempt<T>): T {
  if (attempt.failure === undefined) return attempt.value
  throw new VectorError(CATEGORIES[attempt.failure.code] ?? 'error', attempt.failure.message)
}

function callGjson({ json, path }: Arguments): unknown {
  const { exists, type, text, raw } = gjson(readBytes(json), readBytes(path))
  return { exists, type, string: writeBytes(text), ...(raw.length > 0 && { raw: writeBytes(raw) }) }
}

function compiled(pattern: unknown) {
  return unwrap(patternEngine.compile(readBytes(pattern)))
}

function readPayload(dialect: Dialect, input: Arguments): unknown {
  return input.missing === true
    ? missingValue(dialect, input)
    : valueIn(payloadOf(dialect, input), input)
}

/** What is said of a secret that is not there. Throws VectorError. */
export function missingValue(dialect: Dialect, { extract }: Arguments): never {
  throw unwrap(absentFailure(dialect, extract === true, 'secret'))
}

/** The value of a payload, however it was come by. Throws VectorError. */
export function valueIn(payload: Payload, input: Arguments): unknown {
  const { property, extract, metadataPolicy } = input
  const ref = {
    key: 'secret',
    property: (property as string) || undefined,
    metadata: metadataPolicy === 'Fetch',
  }
  if (extract === true) return writeBytesMap(unwrap(extractMap(payload, ref, parity)))
  const value = unwrap(selectValue(payload, ref))
  return value === undefined ? null : writeBytes(value)
}

function payloadOf(dialect: Dialect, input: Arguments): Payload {
  const { payload, binary, data, tags, labels, annotations, metadata } = input
  return {
    dialect,
    text: secretOf(payload),
    binary: secretOf(binary),
    data: new Map([...readBytesMap(data)].map(([key, bytes]) => [key, new SecretValue(bytes)])),
    metadata: {
      tags: textMap(tags),
      labels: textMap(labels),
      annotations: textMap(annotations),
      json: secretOf(metadata),
    },
  }
}

function secretOf(value: unknown): SecretValue | undefined {
  return value === undefined ? undefined : new SecretValue(readBytes(value))
}

function textMap(value: unknown): ReadonlyMap<string, string> | undefined {
  return value === undefined ? undefined : new Map(Object.entries(value as Record<string, string>))
}

/** Brings `{goType: value}` of the goformat set into a GoValue. */
function goValue(value: Record<string, unknown>): GoValue {
  const [name = '', item] = Object.entries(value)[0] ?? []
  const text = (): string => toBinary(readBytes(item))
  switch (name) {
    case 'float64':
      return { go: name, value: floatOf(String(item)) }
    case 'float32':
      return { go: name, value: Math.fround(floatOf(String(item))) }
    case 'int':
    case 'int64':
    case 'uint64':
      return { go: name, value: BigInt(String(item)) }
    case 'jsonNumber':
      return { go: 'json.Number', value: text() }
    case 'string':
      return { go: 'string', value: text() }
    case 'bytes':
      return { go: '[]uint8', value: text() }
    case 'rawMessage':
      return { go: 'json.RawMessage', value: text() }
    case 'bool':
      return { go: 'bool', value: item === true }
    case 'null':
      return { go: 'nil' }
    case 'strings':
      return { go: '[]string', items: (item as unknown[]).map((one) => toBinary(readBytes(one))) }
    case 'ints':
      return { go: '[]int', items: (item as number[]).map(BigInt) }
    case 'stringMap':
      return { go: 'map[string]string', entries: binaryEntries(item) }
    default:
      return goValueOf(readJson(text())!, name === 'jsonUseNumber' ? 'text' : 'float64')!
  }
}

function floatOf(text: string): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return Number(text)
}

function binaryEntries(item: unknown): Map<string, string> {
  const entries = [...readBytesMap(item)]
  return new Map(entries.map(([key, bytes]) => [binaryOfText(key), toBinary(bytes)]))
}

function format(value: GoValue): unknown {
  const v = writeBytes(fromBinary(printV(value)))
  const secret = formatSecretValue(value)
  const json = encodeGoJson(value, true)
  const plain = encodeGoJson(value, false)
  return {
    goType: value.go === 'nil' ? '<nil>' : value.go,
    fmtV: v,
    fmtPlusV: v,
    ...(secret === undefined
      ? { secretValueError: `can not handle secret value with type: ${value.go}` }
      : { secretValue: writeBytes(fromBinary(secret)) }),
    ...(json === undefined || plain === undefined
      ? { jsonError: `json: unsupported value: ${printV(value)}` }
      : { json: writeBytes(fromBinary(json)), jsonNoEscape: writeBytes(fromBinary(plain)) }),
  }
}
