import { type GoComplex, type GoInt, isUnsigned } from './value.ts'
import {
  type Flags,
  formatFloatVerb,
  formatHexText,
  formatInteger,
  formatQuoted,
  formatQuotedRune,
  formatRune,
  formatText,
  formatUnicode,
} from './verb-flags.ts'

// Which verbs suit strings and numbers in Go's fmt, and what they print.

/** Undefined when the verb is none of a string's. */
export function stringText(text: string, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
      return flags.sharpV ? formatQuoted(text, flags) : formatText(text, flags)
    case 's':
      return formatText(text, flags)
    case 'x':
    case 'X':
      return formatHexText(text, flags, verb === 'X')
    case 'q':
      return formatQuoted(text, flags)
    default:
      return undefined
  }
}

/** `%O` is `%o` with the prefix `0o`; that is added in verb-flags.ts. */
const BASES: Readonly<Record<string, 2 | 8 | 10 | 16>> = {
  v: 10,
  d: 10,
  b: 2,
  o: 8,
  O: 8,
  x: 16,
  X: 16,
}

/** Under `%#v` unsigned integers print in hexadecimal, signed ones in decimal. */
export function integerText(operand: GoInt, verb: string, flags: Flags): string | undefined {
  const { value } = operand
  if (verb === 'c') return formatRune(value, flags)
  if (verb === 'q') return formatQuotedRune(value, flags)
  if (verb === 'U') return formatUnicode(value, flags)
  if (verb === 'v' && flags.sharpV && isUnsigned(operand)) {
    return formatInteger(value, { base: 16, verb }, { ...flags, sharp: true })
  }
  const base = Object.hasOwn(BASES, verb) ? BASES[verb] : undefined
  return base === undefined ? undefined : formatInteger(value, { base, verb }, flags)
}

/** Both parts under the same verb; the imaginary one always has a sign. */
export function complexText(value: GoComplex, verb: string, flags: Flags): string | undefined {
  const real = formatFloatVerb(value.real, verb, flags)
  const imaginary = formatFloatVerb(value.imaginary, verb, { ...flags, plus: true })
  return real === undefined || imaginary === undefined ? undefined : `(${real}${imaginary}i)`
}
