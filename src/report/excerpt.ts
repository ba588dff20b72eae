import type { Document, FieldPath } from '../manifests/document.ts'
import { isArray, isObject, type JsonValue } from '../model/json.ts'
import type { Place } from '../model/place.ts'

// Source lines for reports. Only documents of ESO's groups are ever asked, so no `kind: Secret` is among them; but
// templates, fake stores and fake generators hold values of their own, and a line that may show one is left out.

/** Words this short say nothing about a value that holds them. */
const WORD_MIN = 3

/** The line at a place, undefined when it is unknown or may hold a value. */
export function excerptsOf(documents: readonly Document[]): (at: Place) => string | undefined {
  const guards = new Map<Document, Guard>()
  return (at) => {
    const document = documents.findLast((one) => one.at.file === at.file && one.at.line <= at.line)
    const line = document?.line(at.line)
    if (document === undefined || line === undefined) return undefined
    const guard = guards.get(document) ?? guardOf(document)
    guards.set(document, guard)
    const isRisky = guard.lines.has(at.line) || guard.words.some((word) => line.includes(word))
    return isRisky ? undefined : line
  }
}

interface Guard {
  /** Lines on which a value begins. */
  readonly lines: ReadonlySet<number>
  /** What its further lines are made of. */
  readonly words: readonly string[]
}

function guardOf(document: Document): Guard {
  const lines = new Set<number>()
  const words = new Set<string>()
  for (const { path, text } of valuesIn(document.object, [], false)) {
    lines.add(document.locate(path).line)
    for (const word of text.split(/\s+/)) if (word.length >= WORD_MIN) words.add(word)
  }
  return { lines, words: [...words] }
}

interface Value {
  readonly path: FieldPath
  readonly text: string
}

/** Members below which every scalar may be a value: of templates, fakes, webhook calls, and inline credentials. */
const VALUES: ReadonlySet<string> = new Set(['literal', 'value', 'body', 'headers', 'stringData'])

function* valuesIn(value: JsonValue, path: FieldPath, isValue: boolean): Generator<Value> {
  if (isArray(value)) {
    for (const [index, item] of value.entries()) yield* valuesIn(item, [...path, index], isValue)
  } else if (isObject(value)) {
    for (const [name, child] of Object.entries(value)) {
      if (child === undefined) continue
      const at = [...path, name]
      yield* valuesIn(child, at, isValue || VALUES.has(name) || isDataOfValues(path, name, child))
    }
  } else if (isValue && value !== null) {
    yield { path, text: String(value) }
  }
}

/** `template.data` and a fake generator's `data` are maps of values; `spec.data` is a list of references. */
function isDataOfValues(path: FieldPath, name: string, child: JsonValue): boolean {
  if (name === 'metadata') return path.at(-1) === 'template'
  return name === 'data' && isObject(child)
}
