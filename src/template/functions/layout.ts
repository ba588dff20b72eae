import { checkLength } from '../failure.ts'

// goutils' wrapping and abbreviating, which Sprig hands on. All widths count bytes.

/** Width in bytes, at least 1. */
export interface Wrapping {
  readonly width: number
  /** With a separator of its own, `wrapWith` also breaks words that are too long. */
  readonly separator?: string
}

/**
 * Breaks at blanks so that lines keep to the width; a long word stands out unless a separator is
 * given.
 */
export function wrapText(text: string, { width, separator }: Wrapping): string {
  const limit = Math.max(width, 1)
  const mark = separator === undefined || separator === '' ? '\n' : separator
  checkLength(text.length * (mark.length + 1))
  let wrapped = ''
  let offset = 0
  while (text.length - offset > limit) {
    if (text[offset] === ' ') {
      offset++
      continue
    }
    const end = lineEnd(text, offset, { limit, isBreaking: separator !== undefined })
    if (end === undefined) return wrapped + text.slice(offset)
    wrapped += text.slice(offset, end.at) + mark
    offset = end.next
  }
  return wrapped + text.slice(offset)
}

/** Where a line ends and the next one begins; the blank between is dropped. */
interface LineEnd {
  readonly at: number
  readonly next: number
}

/** Undefined when the rest has no place to break. */
function lineEnd(
  text: string,
  offset: number,
  { limit, isBreaking }: { readonly limit: number; readonly isBreaking: boolean },
): LineEnd | undefined {
  const space = text.slice(offset, offset + limit + 1).lastIndexOf(' ')
  if (space >= 0) return { at: offset + space, next: offset + space + 1 }
  if (isBreaking) return { at: offset + limit, next: offset + limit }
  const next = text.indexOf(' ', offset + limit)
  return next < 0 ? undefined : { at: next, next: next + 1 }
}

/** At most `width` bytes with `...` at the end; widths below 4 leave the text alone. */
export function abbreviate(width: number, text: string): string {
  return width < 4 ? text : abbreviateFull(text, 0, width)
}

/** Cuts on both sides; widths that leave no room for the dots leave the text alone. */
export function abbreviateBoth(left: number, right: number, text: string): string {
  return right < 4 || (left > 0 && right < 7) ? text : abbreviateFull(text, left, right)
}

/** goutils' AbbreviateFull, whose answer to impossible widths is an empty text. */
function abbreviateFull(text: string, wanted: number, width: number): string {
  if (text === '' || width < 4) return ''
  if (text.length <= width) return text
  let offset = Math.min(wanted, text.length)
  if (text.length - offset < width - 3) offset = text.length - (width - 3)
  if (offset <= 4) return `${text.slice(0, width - 3)}...`
  if (width < 7) return ''
  if (offset + width - 3 < text.length)
    return `...${abbreviateFull(text.slice(offset), 0, width - 3)}`
  return `...${text.slice(text.length - (width - 3))}`
}
