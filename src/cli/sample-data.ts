import { yamlToJson } from '../manifests/kubectl.ts'
import { isObject, type JsonValue, member, text } from '../model/json.ts'
import { SecretValue } from '../model/secret-value.ts'
import { shortened } from '../report/plain.ts'
import { InputError } from './exit.ts'
import { readOption } from './given.ts'
import type { Io } from './io.ts'

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The file of `--data`: YAML or JSON, a map of texts or `{base64: …}`. A message names the key, never its value. */
export async function readSampleData(
  path: string,
  io: Io,
): Promise<ReadonlyMap<string, SecretValue>> {
  const bytes = path === '-' ? await io.stdin.read(BYTES_MAX) : await readOption('data', path, io)
  const read = yamlToJson(bytes, true)
  const object: JsonValue | undefined = 'json' in read ? JSON.parse(read.json) : undefined
  if (!isObject(object)) throw new InputError(`--data ${JSON.stringify(path)} is not a YAML map`)
  const values = new Map<string, SecretValue>()
  for (const [key, item] of Object.entries(object)) {
    const value = item === undefined ? undefined : sampleOf(item)
    if (value === undefined) throw notAValue(path, key)
    values.set(key, value)
  }
  return values
}

const BYTES_MAX = 16 * 2 ** 20

function sampleOf(item: JsonValue): SecretValue | undefined {
  if (typeof item === 'string') return SecretValue.fromText(item)
  const encoded = text(member(item, 'base64'))
  if (encoded === undefined || !BASE64.test(encoded)) return undefined
  return new SecretValue(Uint8Array.from(Buffer.from(encoded, 'base64')))
}

function notAValue(path: string, key: string): InputError {
  return new InputError(
    shortened(`--data ${JSON.stringify(path)}: ${key}: expected text or {base64: …}`, 300),
    'quote numbers, true and false: a template sees text only',
  )
}
