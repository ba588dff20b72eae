import { decode64, encode64 } from './functions/encoding.ts'
import { trimSpace } from './functions/strings.ts'

// Go's encoding/pem over byte strings, with its rules of what counts as a block.

/** One block: its label (`CERTIFICATE`, `PRIVATE KEY`, …), headers, and decoded content. */
export interface PemBlock {
  readonly type: string
  readonly headers: ReadonlyMap<string, string>
  readonly bytes: Buffer
}

/** One step through a text of many blocks. */
export interface PemDecoding {
  readonly block: PemBlock | undefined
  /** What follows the block; the whole input when there is none. */
  readonly rest: string
}

const BEGIN = '-----BEGIN '
const END = '\n-----END '
const TAIL = '-----'

/** The first block of a text. Broken ones are passed over. */
export function decodePem(text: string): PemDecoding {
  let from = 0
  for (;;) {
    const end = text.indexOf(END, from)
    if (end < 0) return { block: undefined, rest: text }
    // Within the part that no END has closed: a search of the whole would be quadratic in texts of ENDs alone.
    const begin = from + text.slice(from, end).lastIndexOf(BEGIN)
    const isLineStart = begin === 0 || text[begin - 1] === '\n'
    const found = begin < from || !isLineStart ? undefined : readBlock(text, begin, end)
    if (found !== undefined) return found
    from = end + END.length
  }
}

/** Undefined when the label of the end differs, the base64 is bad, or text follows the dashes. */
function readBlock(text: string, begin: number, end: number): PemDecoding | undefined {
  const typeLine = lineAt(text, begin + BEGIN.length)
  if (!typeLine.line.endsWith(TAIL)) return undefined
  const type = typeLine.line.slice(0, -TAIL.length)
  const { headers, bodyAt } = readHeaders(text, typeLine.next)
  if (headers.size > 0 && bodyAt > end) return undefined
  const tailAt = end + END.length
  if (!text.startsWith(type + TAIL, tailAt)) return undefined
  const afterTail = lineAt(text, tailAt + type.length + TAIL.length)
  if (afterTail.line !== '') return undefined
  const decoding = decode64(text.slice(bodyAt, Math.max(end, bodyAt)).replaceAll(/[ \t]/g, ''))
  if (!('text' in decoding)) return undefined
  const bytes = Buffer.from(decoding.text, 'latin1')
  return { block: { type, headers, bytes }, rest: text.slice(afterTail.next) }
}

interface Line {
  /** Without its break and the blanks at its end. */
  readonly line: string
  readonly next: number
}

/** One line from a position, with either line break. */
function lineAt(text: string, at: number): Line {
  const end = text.indexOf('\n', at)
  const line = text.slice(at, end < 0 ? text.length : end).replace(/\r$/, '')
  return { line: trimBlanks(line), next: end < 0 ? text.length : end + 1 }
}

/** Not a regexp: ` +$` takes quadratic time on a long run of blanks. */
function trimBlanks(line: string): string {
  let end = line.length
  while (line[end - 1] === ' ' || line[end - 1] === '\t') end--
  return line.slice(0, end)
}

/** Lines with a colon directly behind the label (RFC 1421); most blocks have none. */
function readHeaders(text: string, from: number): { headers: Map<string, string>; bodyAt: number } {
  const headers = new Map<string, string>()
  let at = from
  for (;;) {
    const { line, next } = lineAt(text, at)
    const colon = line.indexOf(':')
    if (colon < 0 || at >= text.length) return { headers, bodyAt: at }
    headers.set(trimSpace(line.slice(0, colon)), trimSpace(line.slice(colon + 1)))
    at = next
  }
}

// RFC 7468: generators wrap at exactly 64 characters.
const LINE_CHARS = 64
const PROC_TYPE = 'Proc-Type'

/** A block as Go writes it: `Proc-Type` first, other headers sorted, lines of 64 characters. */
export function encodePem(
  type: string,
  bytes: Uint8Array,
  headers?: ReadonlyMap<string, string>,
): string {
  const body = encode64(Buffer.from(bytes).toString('latin1'))
  const lines = body.match(new RegExp(`.{1,${LINE_CHARS}}`, 'g')) ?? []
  const names = [...(headers?.keys() ?? [])].sort()
  const ordered = [
    ...names.filter((name) => name === PROC_TYPE),
    ...names.filter((name) => name !== PROC_TYPE),
  ]
  const head = ordered.map((name) => `${name}: ${headers?.get(name) ?? ''}\n`).join('')
  const middle = lines.map((line) => `${line}\n`).join('')
  return `${BEGIN}${type}${TAIL}\n${head === '' ? '' : `${head}\n`}${middle}-----END ${type}${TAIL}\n`
}

/** All blocks of a text, and what is left behind the last one. */
export function decodeAllPem(text: string): {
  readonly blocks: readonly PemBlock[]
  readonly rest: string
} {
  const blocks: PemBlock[] = []
  let rest = text
  for (;;) {
    const found = decodePem(rest)
    if (found.block === undefined) return { blocks, rest }
    blocks.push(found.block)
    rest = found.rest
  }
}
