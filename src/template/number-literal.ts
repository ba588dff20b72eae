import type { NumberNode } from './node.ts'
import { parseFloatText, parseIntText, parseUintText } from './number-text.ts'
import { readChar } from './quote.ts'

// Go keeps every reading of a number literal: `1` is an int, an unsigned and a float, `1.5` a float only, `1e3` an int, too.

/** All types that a literal can be; undefined for each that it does not fit. */
export type NumberReading = Omit<NumberNode, 'node' | 'offset'>

/** The readings of a literal, or why it is none. */
export function readNumber(text: string): NumberReading | string {
  return readImaginary(text) ?? readInteger(text) ?? readFloat(text)
}

/** `2i`: a complex number that is real only when it is `0i`. */
function readImaginary(text: string): NumberReading | undefined {
  const imaginary = text.endsWith('i') ? parseFloatText(text.slice(0, -1)) : undefined
  const isNumber = imaginary !== undefined && Number.isFinite(imaginary)
  return isNumber ? complexReading(0, imaginary) : undefined
}

/** `0x1e` has an e, but no exponent. */
function isFloatText(text: string): boolean {
  return /[.eEpP]/.test(text) && !/^0[xX][^pP]*$/.test(text)
}

/** Negative zero reads as unsigned as well: Go special-cases `-0`. */
function readInteger(text: string): NumberReading | undefined {
  const int = parseIntText(text, 0)
  const uint = parseUintText(text, 0) ?? (int === 0n ? 0n : undefined)
  const value = int ?? uint
  if (value === undefined) return undefined
  return { int, uint, float: Number(value), complex: undefined, isFloatText: isFloatText(text) }
}

/**
 * A float, or Go's reason: a literal without point and exponent that is no integer has overflowed.
 */
function readFloat(text: string): NumberReading | string {
  const float = parseFloatText(text)
  if (float === undefined || !Number.isFinite(float)) return 'illegal number syntax'
  if (!/[.eEpP]/.test(text)) return 'integer overflow'
  return { ...wholeReadings(float), float, complex: undefined, isFloatText: isFloatText(text) }
}

/** `1e3` is an int as well. */
function wholeReadings(float: number): Pick<NumberReading, 'int' | 'uint'> {
  if (!Number.isInteger(float)) return { int: undefined, uint: undefined }
  const whole = BigInt(float)
  return {
    int: BigInt.asIntN(64, whole) === whole ? whole : undefined,
    uint: BigInt.asUintN(64, whole) === whole ? whole : undefined,
  }
}

/** `'x'`: a rune is an int with every other reading. */
export function readRune(text: string): NumberReading | string {
  const char = readChar(text, 1, "'")
  if (char === undefined) return 'invalid character constant'
  if (text.slice(1 + char.width) !== "'") return 'malformed character constant'
  const int = BigInt(char.code)
  return { int, uint: int, float: char.code, complex: undefined, isFloatText: false }
}

/** `1+2i`. */
export function readComplex(text: string): NumberReading | string {
  const split = Math.max(text.lastIndexOf('+'), text.lastIndexOf('-'))
  const isExponent = /[eEpP]$/.test(text.slice(0, split))
  const at = isExponent ? previousSign(text, split) : split
  const real = parseFloatText(text.slice(0, at))
  const imaginary = parseFloatText(text.slice(at, -1))
  if (real === undefined || imaginary === undefined) return 'illegal number syntax'
  return complexReading(real, imaginary)
}

/** In `1e+2+3i` the last sign but one may belong to an exponent. */
function previousSign(text: string, before: number): number {
  return Math.max(text.lastIndexOf('+', before - 1), text.lastIndexOf('-', before - 1))
}

/** A complex number without imaginary part is every other number, too: `1+0i` suits an int. */
function complexReading(real: number, imaginary: number): NumberReading {
  const complex: readonly [number, number] = [real, imaginary]
  if (imaginary !== 0) {
    return { int: undefined, uint: undefined, float: undefined, complex, isFloatText: false }
  }
  return { ...wholeReadings(real), float: real, complex, isFloatText: false }
}
