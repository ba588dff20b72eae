// Which characters may belong to a number literal: sign, base, digits with underscores, fraction, exponent, and `i`.

/** Underscores count as digits here; whether they stand well is checked when the number is read. */
const DIGITS = {
  decimal: '0123456789_',
  hexadecimal: '0123456789abcdefABCDEF_',
  octal: '01234567_',
  binary: '01_',
}

/**
 * The letter after a leading zero. A zero alone (`017`) is scanned as decimal and read as octal.
 */
const BASES: Readonly<Record<string, string>> = {
  x: DIGITS.hexadecimal,
  o: DIGITS.octal,
  b: DIGITS.binary,
}

/** Where a number literal ends that begins at an offset. */
export function endOfNumber(input: string, from: number): number {
  let at = skipOne(input, from, '+-')
  const base = input[at] === '0' ? (input[at + 1] ?? '').toLowerCase() : ''
  const special = Object.hasOwn(BASES, base) ? BASES[base] : undefined
  const digits = special ?? DIGITS.decimal
  if (special !== undefined) at += 2
  at = skipAll(input, at, digits)
  if (input[at] === '.') at = skipAll(input, at + 1, digits)
  at = endOfExponent(input, at, digits)
  return skipOne(input, at, 'i')
}

/** `e` belongs to decimal floats, `p` to hexadecimal ones; octal and binary numbers have none. */
function endOfExponent(input: string, at: number, digits: string): number {
  const letters = digits === DIGITS.decimal ? 'eE' : digits === DIGITS.hexadecimal ? 'pP' : ''
  const letter = input[at]
  if (letter === undefined || !letters.includes(letter)) return at
  return skipAll(input, skipOne(input, at + 1, '+-'), DIGITS.decimal)
}

/** The position behind one character of the set, or the same position. */
function skipOne(input: string, at: number, chars: string): number {
  const char = input[at]
  return char !== undefined && chars.includes(char) ? at + 1 : at
}

/** Linear: every character is looked at once. */
function skipAll(input: string, from: number, chars: string): number {
  let at = from
  while (skipOne(input, at, chars) > at) at++
  return at
}
