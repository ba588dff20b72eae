import type { Question } from './family.ts'

/** Smaller questions that may differ in the same way: pieces of one text left out, larger ones first, and fewer data. */
export function smaller(question: Question): readonly Question[] {
  return Object.entries(question).flatMap(([field, value]) => {
    if (field === 'call') return []
    if (typeof value === 'string') {
      return shorter(value).map((text): Question => ({ ...question, [field]: text }))
    }
    if (field === 'data')
      return withoutOne(value as Readonly<Record<string, unknown>>).map((data) => ({
        ...question,
        data,
      }))
    return []
  })
}

function shorter(text: string): readonly string[] {
  const chars = [...text]
  const texts: string[] = []
  for (
    let size = Math.ceil(chars.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < chars.length; at += Math.max(1, size >> 1)) {
      texts.push([...chars.slice(0, at), ...chars.slice(at + size)].join(''))
    }
  }
  return [...new Set(texts)].filter((shortened) => shortened.length < text.length)
}

function withoutOne(data: Readonly<Record<string, unknown>>): readonly Record<string, unknown>[] {
  return Object.keys(data).map((left) =>
    Object.fromEntries(Object.entries(data).filter(([key]) => key !== left)),
  )
}
