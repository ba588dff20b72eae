import { decodeRune } from './bytes.ts'
import { fail } from './failure.ts'
import { LOCAL, UTC, ZERO_SECONDS, type Zone } from './instant.ts'
import { TEXT_BYTES_MAX, VALUE_DEPTH_MAX } from './limits.ts'
import { goStringOf, stringOf } from './stringer.ts'
import {
  type GoMap,
  type GoSlice,
  type GoTime,
  type GoValue,
  type GoVersion,
  integer,
  sortedKeys,
  typeOf,
} from './value.ts'
import { complexText, integerText, stringText } from './verb-basic.ts'
import { type Flags, formatFloatVerb, formatText, noFlags, pad } from './verb-flags.ts'

// Go's fmt over template values: Sprint, Sprintln, and one operand of Sprintf (sprintf.ts reads the format).

/** `Sprint`: a blank between two operands when neither is a string. */
export function print(values: readonly GoValue[]): string {
  let text = ''
  let wasString = true
  for (const [index, value] of values.entries()) {
    const isString = typeof value === 'string'
    if (index > 0 && !isString && !wasString) text += ' '
    text += formatValue(value)
    wasString = isString
  }
  return text
}

/** `Sprintln`: a blank between all operands. */
export function printLine(values: readonly GoValue[]): string {
  return `${values.map(formatValue).join(' ')}\n`
}

/** `%v`. */
export function formatValue(value: GoValue): string {
  return typeof value === 'string' ? value : formatOperand(value, 'v', noFlags())
}

/** One operand under one verb. The flags of `%v` must be set as `plusV` and `sharpV`. */
export function formatOperand(value: GoValue, verb: string, flags: Flags): string {
  const printer: Printer = { flags, text: '', isErring: false }
  writeOperand(printer, value, verb)
  return printer.text
}

interface Printer {
  readonly flags: Flags
  text: string
  /** Within `%!verb(…)`: methods are not called there. */
  isErring: boolean
}

/** Checked at every piece, not at the end: a value may print as many times its own size. */
function write(printer: Printer, text: string): void {
  printer.text += text
  if (printer.text.length > TEXT_BYTES_MAX) fail(`a text of more than ${TEXT_BYTES_MAX} bytes`)
}

/**
 * `%T` and `%p` come before everything else, as in fmt: no method is asked for them. Only Errorf
 * knows `%w`.
 */
function writeOperand(printer: Printer, value: GoValue, verb: string): void {
  if (value === undefined || value === null) {
    if (verb === 'v' || verb === 'T') write(printer, pad('<nil>', printer.flags))
    else write(printer, `%!${verb}(<nil>)`)
  } else if (verb === 'T') write(printer, formatText(typeOf(value), printer.flags))
  else if (verb === 'p' || verb === 'w') writeBadVerb(printer, value, verb)
  else writeValue(printer, value, { verb, depth: 0 })
}

/** The verb, and how deep the value lies in the operand. */
interface At {
  readonly verb: string
  readonly depth: number
}

/** Nil inside a composite prints `<nil>` under every verb, unlike a nil operand. */
function writeValue(printer: Printer, value: GoValue, at: At): void {
  const { flags } = printer
  if (at.depth > VALUE_DEPTH_MAX) fail('a value nested too deep to print')
  if (value === undefined || value === null) {
    write(printer, flags.sharpV ? 'interface {}(nil)' : '<nil>')
    return
  }
  const text = basicText(printer, value, at.verb)
  if (text !== undefined) write(printer, text)
  else if (typeof value !== 'object') writeBadVerb(printer, value, at.verb)
  else writeComposite(printer, value, at)
}

/** Undefined when the verb does not suit, or the value is a composite. */
function basicText(printer: Printer, value: GoValue, verb: string): string | undefined {
  const { flags } = printer
  if (typeof value === 'string') return stringText(value, verb, flags)
  if (typeof value === 'number') return formatFloatVerb(value, verb, flags)
  if (typeof value === 'boolean') {
    return verb === 't' || verb === 'v' ? pad(String(value), flags) : undefined
  }
  const text = printer.isErring ? undefined : methodText(value, verb, flags)
  return text ?? numberText(value, verb, flags)
}

function numberText(value: GoValue, verb: string, flags: Flags): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (value.go === 'integer') return integerText(value, verb, flags)
  return value.go === 'complex' ? complexText(value, verb, flags) : undefined
}

/** Values with a String method print by it under the verbs of strings, by GoString under `%#v`. */
function methodText(value: GoValue, verb: string, flags: Flags): string | undefined {
  if (flags.sharpV) {
    const text = goStringOf(value)
    return text === undefined ? undefined : formatText(text, flags)
  }
  if (!'vsxXq'.includes(verb)) return undefined
  const text = stringOf(value)
  return text === undefined ? undefined : stringText(text, verb, flags)
}

/**
 * fmt's answer to a verb that does not suit. Trap: it prints the value, so it must only reach the
 * output, never a message.
 */
function writeBadVerb(printer: Printer, value: GoValue, verb: string): void {
  write(printer, `%!${verb}(${typeOf(value)}=`)
  const wasErring = printer.isErring
  printer.isErring = true
  writeOperand(printer, value, 'v')
  printer.isErring = wasErring
  write(printer, ')')
}

function writeComposite(printer: Printer, value: GoValue & object, at: At): void {
  switch (value.go) {
    case 'slice':
      writeSlice(printer, value, at)
      return
    case 'map':
      writeMap(printer, value, at)
      return
    case 'struct':
      write(printer, typePrefix(printer, value.type))
      writeFields(printer, [...value.fields], at)
      return
    case 'version':
      writeVersion(printer, value, at)
      return
    case 'time':
      writeTime(printer, value, at)
      return
    default:
      writeBadVerb(printer, value, at.verb)
  }
}

/** `[a b]`, or Go syntax with its type under `%#v`. */
function writeSlice(printer: Printer, slice: GoSlice, { verb, depth }: At): void {
  const { sharpV } = printer.flags
  if (sharpV && slice.isNil) {
    write(printer, `${slice.type}(nil)`)
    return
  }
  write(printer, sharpV ? `${slice.type}{` : '[')
  for (const [index, item] of slice.items.entries()) {
    if (index > 0) write(printer, sharpV ? ', ' : ' ')
    writeValue(printer, item, { verb, depth: depth + 1 })
  }
  write(printer, sharpV ? '}' : ']')
}

/** Keys sorted by bytes, as fmt does since Go 1.12. */
function writeMap(printer: Printer, map: GoMap, { verb, depth }: At): void {
  const { sharpV } = printer.flags
  if (sharpV && map.isNil) {
    write(printer, `${map.type}(nil)`)
    return
  }
  write(printer, sharpV ? `${map.type}{` : 'map[')
  for (const [index, key] of sortedKeys(map).entries()) {
    if (index > 0) write(printer, sharpV ? ', ' : ' ')
    writeValue(printer, key, { verb, depth: depth + 1 })
    write(printer, ':')
    writeValue(printer, map.entries.get(key), { verb, depth: depth + 1 })
  }
  write(printer, sharpV ? '}' : ']')
}

/** A pointer within a struct that Go shows from inside; no target is nil. */
interface Pointer {
  readonly go: 'pointer'
  readonly type: string
  readonly target: Fields | undefined
}

/** Names and values of a struct in the order of its declaration. */
type Fields = readonly (readonly [string, GoValue | Pointer])[]

/** Names show under `%+v` and `%#v` only. */
function writeFields(printer: Printer, fields: Fields, { verb, depth }: At): void {
  const { sharpV, plusV } = printer.flags
  write(printer, '{')
  for (const [index, [name, value]] of fields.entries()) {
    if (index > 0) write(printer, sharpV ? ', ' : ' ')
    if (sharpV || plusV) write(printer, `${name}:`)
    if (isPointer(value)) writePointer(printer, value, verb)
    else writeValue(printer, value, { verb, depth: depth + 1 })
  }
  write(printer, '}')
}

function isPointer(value: GoValue | Pointer): value is Pointer {
  return typeof value === 'object' && value !== null && value.go === 'pointer'
}

/** An address differs from run to run in Go; here every pointer has this one, as long as most of Go's. */
const ADDRESS = 0xc000000000n

/** Verbs of integers and `%v` show the address, all others what it points to. */
function writePointer(printer: Printer, pointer: Pointer, verb: string): void {
  const { flags } = printer
  const { type, target } = pointer
  const address = target === undefined ? 0n : ADDRESS
  if (verb === 'v') {
    write(printer, addressText(pointer, flags))
  } else if ('bodxX'.includes(verb)) {
    write(printer, integerText(integer(address, 'uint64'), verb, flags) ?? '')
  } else {
    write(printer, `%!${verb}(${type}=`)
    if (target === undefined) write(printer, pad('<nil>', flags))
    else {
      write(printer, '&')
      writeFields(printer, target, { verb: 'v', depth: 0 })
    }
    write(printer, ')')
  }
}

/** `%v` and `%#v` of a pointer that is not followed. */
function addressText({ type, target }: Pointer, flags: Flags): string {
  const address = target === undefined ? undefined : `0x${ADDRESS.toString(16)}`
  if (flags.sharpV) return `(${type})(${address ?? 'nil'})`
  return pad(address ?? '<nil>', flags)
}

/** Only Go syntax names the type. */
function typePrefix({ flags }: Printer, type: string): string {
  return flags.sharpV ? type : ''
}

/** Where no method applies, Go shows a version's inside; of a pointer within a list or dict its address. */
function writeVersion(printer: Printer, { version, isPointer }: GoVersion, at: At): void {
  const { major, minor, patch, prerelease, metadata, original } = version
  const numbers = Object.entries({ major, minor, patch })
  const fields: Fields = [
    ...numbers.map(([name, value]) => [name, integer(value, 'uint64')] as const),
    ['pre', prerelease],
    ['metadata', metadata],
    ['original', original],
  ]
  if (isPointer && at.depth > 0) {
    writePointer(printer, { go: 'pointer', type: '*semver.Version', target: fields }, at.verb)
    return
  }
  write(printer, (isPointer ? '&' : '') + typePrefix(printer, 'semver.Version'))
  writeFields(printer, fields, at)
}

/** Go's inside of a time. UTC is the location nil. */
function writeTime(printer: Printer, { instant }: GoTime, at: At): void {
  write(printer, typePrefix(printer, 'time.Time'))
  const ext = integer(BigInt(instant.seconds) - BigInt(ZERO_SECONDS), 'int64')
  const fields: Fields = [
    ['wall', integer(instant.nanos, 'uint64')],
    ['ext', ext],
    ['loc', { go: 'pointer', type: '*time.Location', target: locationFields(instant.zone) }],
  ]
  writeFields(printer, fields, at)
}

/** Of a machine without a zone: it is called UTC and has no rules. A fixed zone ends in an address anyway. */
function locationFields(zone: Zone): Fields | undefined {
  if (zone === UTC) return undefined
  const none: GoSlice = { go: 'slice', type: '[]interface {}', items: [], isNil: true }
  return [
    ['name', zone === LOCAL ? 'UTC' : zone.name],
    ['zone', none],
    ['tx', none],
    ['extend', ''],
    ['cacheStart', integer(0, 'int64')],
    ['cacheEnd', integer(0, 'int64')],
    ['cacheZone', { go: 'pointer', type: '*time.zone', target: undefined }],
  ]
}

/** The verb at a byte offset: a rune of any width. */
export function verbAt(format: string, at: number): string {
  return format.slice(at, at + decodeRune(format, at).width)
}
