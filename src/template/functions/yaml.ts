import { yamlToJson } from '../../manifests/kubectl.ts'
import { resolveScalar } from '../../manifests/yaml/resolve.ts'
import { fromText, mapRunes, runes, toBytes } from '../bytes.ts'
import { FunctionError, fail } from '../failure.ts'
import { formatFloat } from '../float.ts'
import { type Functions, fixed } from '../function.ts'
import { readJson } from '../json-reader.ts'
import { quoteJsonTime } from '../json-time.ts'
import { writeFloat, writeString } from '../json-writer.ts'
import { isDigit, isLetter } from '../unicode.ts'
import { dict, type GoMap, type GoValue, typeOf } from '../value.ts'
import { versionText } from '../version.ts'
import { visit, visitText } from '../work.ts'
import { emitYaml, type YamlNode } from '../yaml-emitter.ts'
import { yamlFaultText } from '../yaml-fault-text.ts'

// toYaml and fromYaml of External Secrets Operator: sigs.k8s.io/yaml, hence always by way of JSON.

/** What JSON and then YAML make of a value. Fails for what either of them cannot hold. */
function nodeOf(value: GoValue, depth = 0): YamlNode {
  visit(depth)
  if (value === undefined || value === null) return word('null')
  if (typeof value === 'boolean') return word(String(value))
  if (typeof value === 'number') return word(numberText(value))
  if (typeof value === 'string') return text(value)
  switch (value.go) {
    case 'integer':
      return word(value.value.toString())
    case 'slice':
      if (value.isNil) return word('null')
      return { yaml: 'list', items: value.items.map((item) => nodeOf(item, depth + 1)) }
    case 'map':
      return value.isNil ? word('null') : mapNode(value.entries, depth)
    case 'struct':
      return mapNode(value.fields, depth)
    case 'time':
      return text(quoteJsonTime(value.instant).slice(1, -1))
    case 'location':
      return mapNode(new Map(), depth)
    case 'version':
      return text(versionText(value.version))
    default:
      return fail(`no YAML for a value of type ${typeOf(value)}`)
  }
}

/** A scalar that is not a string. */
function word(written: string): YamlNode {
  return { yaml: 'word', text: written }
}

/** A string as it is after JSON and a YAML reader; the emitter decides about quotes. */
function text(value: string): YamlNode {
  return { yaml: 'string', text: throughYaml(value) }
}

/** Members in go-yaml's order of keys. */
function mapNode(entries: ReadonlyMap<string, GoValue>, depth: number): YamlNode {
  const members = [...entries].map(([key, value]): readonly [string, YamlNode] => [
    keyThroughYaml(key),
    nodeOf(value, depth + 1),
  ])
  return { yaml: 'map', members: members.sort(([a], [b]) => compareKeys(a, b)) }
}

/** A float's JSON text, read as YAML: whole numbers become integers, -0 becomes 0. */
function numberText(value: number): string {
  const json = writeFloat(value)
  const node = { shape: 'scalar', tag: '', text: json, isImplicit: true, start: 0, end: 0 } as const
  const scalar = resolveScalar(node)
  return scalar.form === 'float' ? formatFloat(scalar.value, 'g', -1) : String(scalar.value)
}

/** Blanks around line breaks are folded where JSON leaves a break unescaped: U+0085 is one to YAML. */
const NEXT_LINES = / *\xc2\x85(?: |\xc2\x85)*/g

/** `---` and `...` end a document even within quotes, where they begin a line. */
const MARKER = /\xc2\x85(?:---|\.\.\.)(?: |\xc2\x85)/

/** What a YAML reader takes for a key before its colon: one line, of limited length. */
const KEY_BYTES_MAX = 1024

/** A key must fit a simple key of a YAML reader, since the JSON in between is read as YAML. */
function keyThroughYaml(key: string): string {
  const isLine = !key.includes('\xc2\x85')
  const length = writeString(key, { isRaw: false, indent: '' }).length
  return isLine && length <= KEY_BYTES_MAX ? throughYaml(key) : fail('no YAML for such a key')
}

/** The way of a string through JSON text and a YAML reader. */
function throughYaml(value: string): string {
  visitText(value.length)
  const valid = mapRunes(value, (code) => code)
  for (const code of runes(valid)) {
    if ((code >= 0x7f && code < 0xa0 && code !== 0x85) || (code >= 0xfffe && code <= 0xffff)) {
      fail('a control character, which YAML does not allow')
    }
  }
  if (MARKER.test(valid)) fail('no YAML for a document marker at the start of a line')
  return valid.replaceAll(NEXT_LINES, (breaks) => {
    const count = breaks.split('\x85').length - 1
    return count === 1 ? ' ' : '\n'.repeat(count - 1)
  })
}

/** go-yaml's order: digits as numbers, letters after everything else. */
function compareKeys(a: string, b: string): number {
  const left = runes(a)
  const right = runes(b)
  const at = left.findIndex((code, index) => code !== right[index])
  if (at < 0 || at >= right.length) return left.length - right.length
  const x = left[at] ?? 0
  const y = right[at] ?? 0
  const isLetterX = isLetter(x)
  const isLetterY = isLetter(y)
  if (isLetterX && isLetterY) return x - y
  if (isLetterX || isLetterY) return isLetterY ? -1 : 1
  return compareDigits(left, right, at) || x - y
}

/** Runs of digits compare as numbers, leading zeros by their count. */
function compareDigits(left: readonly number[], right: readonly number[], at: number): number {
  const isZero = left[at] === 48 || right[at] === 48
  const prefix = isZero && hasDigitBefore(left, at) ? '1' : '0'
  const x = digitsAt(left, at)
  const y = digitsAt(right, at)
  const order = BigInt(prefix + x) - BigInt(prefix + y)
  return order === 0n ? x.length - y.length : order < 0n ? -1 : 1
}

/** Whether a digit other than zero belongs to the same number on the left. */
function hasDigitBefore(codes: readonly number[], at: number): boolean {
  for (let i = at - 1; i >= 0 && isDigit(codes[i] ?? 0); i--) if (codes[i] !== 48) return true
  return false
}

/** Digits of other scripts count as 0, as in go-yaml. */
function digitsAt(codes: readonly number[], at: number): string {
  let digits = ''
  for (let i = at; i < codes.length && isDigit(codes[i] ?? 0); i++) {
    digits += String.fromCharCode(codes[i] ?? 48)
  }
  return digits.replaceAll(/[^0-9]/g, '0')
}

/** What has no YAML form, as opposed to what is beyond a limit. */
const NO_FORM = /^(?:no |a control)/

/** Upstream: a value without YAML form gives nothing. */
function toYaml(value: GoValue): string {
  try {
    return emitYaml(nodeOf(value)).replace(/\n$/, '')
  } catch (error) {
    if (error instanceof FunctionError && NO_FORM.test(error.message)) return ''
    throw error
  }
}

/** Upstream: what is no map of YAML is a map with the one key `Error`. */
function fromYaml(source: string): GoMap {
  const bytes = toBytes(source)
  const read = yamlToJson(bytes, false)
  if (read.outcome === 'unreadable') {
    return dict([['Error', fromText(`error converting YAML to JSON: ${yamlFaultText(bytes)}`)]])
  }
  const { value } = readJson(fromText(read.json))
  if (value === null) return dict()
  if (typeof value === 'object' && value.go === 'map') return value
  return dict([['Error', notAMap(value)]])
}

const JSON_ERROR = 'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal'

/** encoding/json's text for a value of another type; it names the kind only. */
function notAMap(value: GoValue): string {
  const kind =
    typeof value === 'object' ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return `${JSON_ERROR} ${kind} into Go value of type map[string]interface {}`
}

/** `toYaml` gives "" on failure, `fromYaml` a map with the key `Error`; neither fails. */
export const yamlFunctions: Functions = {
  toYaml: fixed(['any'], toYaml),
  fromYaml: fixed(['string'], fromYaml),
}
