/** A float as Go prints it with 32 bits and the verb `g`: what kubectl makes of a float where a string is wanted. */
export function formatFloat32(value: number): string {
  const rounded = Math.fround(value)
  if (Number.isNaN(rounded)) return 'NaN'
  if (!Number.isFinite(rounded)) return rounded > 0 ? '+Inf' : '-Inf'
  if (rounded === 0) return Object.is(rounded, -0) ? '-0' : '0'
  const [digits, exponent] = shortestDigits(rounded)
  const sign = rounded < 0 ? '-' : ''
  const isScientific = exponent < -4 || exponent >= 6
  return sign + (isScientific ? scientific(digits, exponent) : positional(digits, exponent))
}

/** The fewest digits that read back as the same 32-bit float, and the exponent of the first. */
function shortestDigits(rounded: number): [string, number] {
  const size = Math.abs(rounded)
  let text = ''
  for (let precision = 0; precision < 9; precision++) {
    text = roundHalfEven(size, precision)
    if (Math.fround(Number(text)) === size) break
  }
  const [mantissa = '', exponent = ''] = text.split('e')
  return [mantissa.replace('.', ''), Number(exponent)]
}

/** `toExponential`, which rounds a tie up, but to the even digit as Go does. 100 digits tell a tie exactly. */
function roundHalfEven(size: number, precision: number): string {
  const [mantissa = '', exponent = ''] = size.toExponential(100).split('e')
  const exact = mantissa.replace('.', '').replace(/0+$/, '')
  const isTie = exact.length === precision + 2 && exact.endsWith('5')
  const kept = exact.slice(0, precision + 1)
  if (!isTie || Number(kept.at(-1)) % 2 === 1) return size.toExponential(precision)
  return `${kept.charAt(0)}.${kept.slice(1)}e${exponent}`
}

/** One digit before the point, at least two in the exponent. */
function scientific(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  const size = String(Math.abs(exponent)).padStart(2, '0')
  return `${digits.charAt(0)}${fraction}e${exponent < 0 ? '-' : '+'}${size}`
}

/** All zeros written out. */
function positional(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = digits.slice(exponent + 1)
  return fraction === '' ? whole : `${whole}.${fraction}`
}
