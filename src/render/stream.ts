// Documents of several inputs as one stream. Trap: a stream that begins with "{" is read as JSON by Kubernetes' decoders, which
// then stumble over the first "---"; and a text that does not end in a line break would swallow the separator.

const encoder = new TextEncoder()
const LF = 0x0a
const CR = 0x0d
const DASH = 0x2d

/** Puts `---` between the texts of `parts` where they do not bring their own. Texts without bytes leave no trace. */
export async function* oneStream(
  parts: Iterable<AsyncIterable<Uint8Array>>,
): AsyncGenerator<Uint8Array> {
  let last: Uint8Array | undefined
  for (const part of parts) {
    let isFirst = true
    for await (const piece of part) {
      if (isFirst) yield between(last, piece)
      isFirst = false
      yield piece
      last = piece
    }
  }
}

function between(last: Uint8Array | undefined, next: Uint8Array): Uint8Array {
  const separator = startsDocument(next) ? '' : '---\n'
  const end = last?.at(-1)
  const isOpen = end !== undefined && end !== LF && end !== CR
  return encoder.encode(isOpen ? `\n${separator}` : separator)
}

/** One object a document, as JSON: every YAML reader takes it for the same values. */
export async function* jsonDocuments(texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield encoder.encode(`---\n${text}\n`)
}

function startsDocument(piece: Uint8Array): boolean {
  return piece[0] === DASH && piece[1] === DASH && piece[2] === DASH
}
