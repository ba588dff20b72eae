import { formatOperand, verbAt } from './format.ts'
import { type GoValue, typeOf } from './value.ts'
import { type Flags, noFlags } from './verb-flags.ts'

/** Go's Sprintf. Mistakes in the format are part of the text (`%!d(string=x)`), never an error. */
export function sprintf(format: string, operands: readonly GoValue[]): string {
  const reader: Reader = { format, operands, at: 0, next: 0, isReordered: false, isGood: true }
  let text = ''
  while (reader.at < format.length) {
    const percent = format.indexOf('%', reader.at)
    if (percent < 0) return text + format.slice(reader.at) + extra(reader)
    text += format.slice(reader.at, percent)
    reader.at = percent + 1
    text += directive(reader)
  }
  return text + extra(reader)
}

/** A walk through a format and its operands. */
interface Reader {
  readonly format: string
  readonly operands: readonly GoValue[]
  at: number
  /** Index of the next operand. */
  next: number
  isReordered: boolean
  /** False after an operand index that is none. */
  isGood: boolean
}

/** One `%…`: flags, width, precision, operand index, verb, in Go's order. */
function directive(reader: Reader): string {
  const flags = noFlags()
  reader.isGood = true
  readFlags(reader, flags)
  const width = readWidth(reader, flags)
  const precision = readPrecision(reader, flags, width.isIndexed)
  if (!precision.isIndexed) readIndex(reader)
  return width.note + precision.note + readVerb(reader, flags)
}

interface Field {
  /** What is wrong with a `*`. */
  readonly note: string
  /** Whether an operand index stands before what comes next. */
  readonly isIndexed: boolean
}

/** Undefined width means none; a width after an index (`%[1]5d`) is bad. */
function readWidth(reader: Reader, flags: Flags): Field {
  const isIndexed = readIndex(reader)
  if (isAt(reader, '*')) return { note: readStarWidth(reader, flags), isIndexed: false }
  flags.width = readNumber(reader)
  if (isIndexed && flags.width !== undefined) reader.isGood = false
  return { note: '', isIndexed }
}

/** `%.d` means precision 0. An index before the point is bad. */
function readPrecision(reader: Reader, flags: Flags, isAfterIndex: boolean): Field {
  if (!isAt(reader, '.') || reader.at + 1 >= reader.format.length) {
    return { note: '', isIndexed: isAfterIndex }
  }
  reader.at++
  if (isAfterIndex) reader.isGood = false
  const isIndexed = readIndex(reader)
  if (isAt(reader, '*')) return { note: readStarPrecision(reader, flags), isIndexed: false }
  flags.precision = readNumber(reader) ?? 0
  return { note: '', isIndexed }
}

/** Whether this character comes next. */
function isAt({ format, at }: Reader, char: string): boolean {
  return format[at] === char
}

/** Flags in any order, as often as one likes. */
function readFlags(reader: Reader, flags: Flags): void {
  for (; reader.at < reader.format.length; reader.at++) {
    const char = reader.format[reader.at]
    if (char === '#') flags.sharp = true
    else if (char === '0') flags.zero = true
    else if (char === '+') flags.plus = true
    else if (char === '-') flags.minus = true
    else if (char === ' ') flags.space = true
    else return
  }
}

/** Reads `[n]`; whether there was one. */
function readIndex(reader: Reader): boolean {
  if (!isAt(reader, '[')) return false
  reader.isReordered = true
  const rest = reader.format.slice(reader.at)
  const end = rest.indexOf(']')
  if (rest.length < 3 || end < 0) {
    reader.isGood = false
    reader.at++
    return false
  }
  const digits = rest.slice(1, end)
  const index = /^\d{1,7}$/.test(digits) ? Number(digits) : undefined
  reader.at += end + 1
  if (index !== undefined && index >= 1 && index <= reader.operands.length) {
    reader.next = index - 1
    return true
  }
  reader.isGood = false
  return index !== undefined
}

/** fmt's own bound on widths and precisions; the limit of texts still applies to the result. */
const NUMBER_MAX = 1e6

/** Undefined when there is none; a number beyond all sense ends the format, as in Go. */
function readNumber(reader: Reader): number | undefined {
  let value: number | undefined
  while (/^[0-9]$/.test(reader.format[reader.at] ?? '')) {
    if ((value ?? 0) > NUMBER_MAX) {
      reader.at = reader.format.length
      return undefined
    }
    value = (value ?? 0) * 10 + Number(reader.format[reader.at])
    reader.at++
  }
  return value
}

/** The next operand as width or precision; undefined when it is no integer or too large. */
function readStar(reader: Reader): number | undefined {
  reader.at++
  if (reader.next >= reader.operands.length) return undefined
  const operand = reader.operands[reader.next++]
  if (typeof operand !== 'object' || operand?.go !== 'integer') return undefined
  const value = Number(operand.value)
  return Math.abs(value) > NUMBER_MAX ? undefined : value
}

/** A negative width means left-justified, and then no zeros. */
function readStarWidth(reader: Reader, flags: Flags): string {
  const width = readStar(reader)
  if (width === undefined) return '%!(BADWIDTH)'
  flags.width = Math.abs(width)
  if (width < 0) {
    flags.minus = true
    flags.zero = false
  }
  return ''
}

/** A negative precision is bad, unlike a negative width. */
function readStarPrecision(reader: Reader, flags: Flags): string {
  const precision = readStar(reader)
  if (precision === undefined || precision < 0) return '%!(BADPREC)'
  flags.precision = precision
  return ''
}

/** `%w` is a bad verb, but takes its flags as `%v` does. */
function readVerb(reader: Reader, flags: Flags): string {
  if (reader.at >= reader.format.length) return '%!(NOVERB)'
  const verb = verbAt(reader.format, reader.at)
  reader.at += verb.length
  if (verb === '%') return '%'
  if (!reader.isGood) return `%!${verb}(BADINDEX)`
  if (reader.next >= reader.operands.length) return `%!${verb}(MISSING)`
  if (verb === 'v' || verb === 'w') {
    flags.sharpV = flags.sharp
    flags.plusV = flags.plus
    flags.sharp = false
    flags.plus = false
  }
  return formatOperand(reader.operands[reader.next++], verb, flags)
}

/** Operands that no verb took are appended as a complaint. */
function extra({ isReordered, next, operands }: Reader): string {
  if (isReordered || next >= operands.length) return ''
  const shown = operands.slice(next).map((operand) => {
    if (operand === undefined || operand === null) return '<nil>'
    return `${typeOf(operand)}=${formatOperand(operand, 'v', noFlags())}`
  })
  return `%!(EXTRA ${shown.join(', ')})`
}
