// Finds the next element of a Go time layout (`2006`, `Jan`, `.000` …).

/** A standard element by its reference text, or a fraction of a second. */
export type LayoutElement =
  | { readonly element: 'standard'; readonly text: string }
  | {
      readonly element: 'fraction'
      readonly separator: string
      readonly count: number
      /** `.999` drops trailing zeros, `.000` keeps them. */
      readonly isTrimmed: boolean
    }

/** Literal text, the element behind it, and what is left of the layout. */
export interface LayoutStep {
  readonly before: string
  /** Undefined at the end of the layout. */
  readonly element: LayoutElement | undefined
  readonly after: string
}

/** By first character, longest first. */
const ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  J: ['January', 'Jan'],
  M: ['Monday', 'Mon', 'MST'],
  '0': ['002', '01', '02', '03', '04', '05', '06'],
  '1': ['15', '1'],
  '2': ['2006', '2'],
  _: ['__2', '_2'],
  '3': ['3'],
  '4': ['4'],
  '5': ['5'],
  P: ['PM'],
  p: ['pm'],
  '-': ['-07:00:00', '-070000', '-07:00', '-0700', '-07'],
  Z: ['Z07:00:00', 'Z070000', 'Z07:00', 'Z0700', 'Z07'],
}

/** The first element of a layout. Linear in the length of the text before it. */
export function nextElement(layout: string): LayoutStep {
  for (let at = 0; at < layout.length; at++) {
    const element = elementAt(layout, at)
    if (element === undefined) continue
    // `_2006` is a literal underscore before a year.
    if (
      element.element === 'standard' &&
      element.text === '_2' &&
      layout.startsWith('2006', at + 1)
    ) {
      return {
        before: layout.slice(0, at + 1),
        element: { element: 'standard', text: '2006' },
        after: layout.slice(at + 5),
      }
    }
    const length = element.element === 'standard' ? element.text.length : element.count + 1
    return { before: layout.slice(0, at), element, after: layout.slice(at + length) }
  }
  return { before: layout, element: undefined, after: '' }
}

/** Go's order of attempts, which decides between `2` and `2006`, `-07` and `-07:00`. */
function elementAt(layout: string, at: number): LayoutElement | undefined {
  const char = layout[at] ?? ''
  if (char === '.' || char === ',') return fractionAt(layout, at)
  const choices = Object.hasOwn(ELEMENTS, char) ? (ELEMENTS[char] ?? []) : []
  const text = choices.find((choice) => layout.startsWith(choice, at))
  if (text === undefined) return undefined
  // `Jan` and `Mon` within a longer word are that word's own letters.
  const isShortName = text === 'Jan' || text === 'Mon'
  if (isShortName && /[a-z]/.test(layout[at + 3] ?? '')) return undefined
  return { element: 'standard', text }
}

/** `.0` or `.9` repeated, and no other digit behind: `.05` is a point and a second. */
function fractionAt(layout: string, at: number): LayoutElement | undefined {
  const digit = layout[at + 1]
  if (digit !== '0' && digit !== '9') return undefined
  let end = at + 1
  while (layout[end] === digit) end++
  if (/[0-9]/.test(layout[end] ?? '')) return undefined
  const separator = layout[at] ?? '.'
  return { element: 'fraction', separator, count: end - at - 1, isTrimmed: digit === '9' }
}
