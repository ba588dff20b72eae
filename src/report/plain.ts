const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/**
 * One line of text that a terminal shows as it is: control characters, line breaks and marks that turn the direction of
 * writing become blanks.
 *
 * Trust: names and messages come from manifests of strangers, and end in CI logs and in the Argo CD UI.
 */
export function plain(text: string): string {
  return text.replace(INVISIBLE, ' ')
}

/** The same, at most `length` characters long. */
export function shortened(text: string, length: number): string {
  const clean = plain(text)
  if (clean.length <= length) return clean
  // No half of a character that UTF-16 writes with two units.
  return `${clean.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
