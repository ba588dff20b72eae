/** Longer words are no slips of the pen, and the distance costs their product. */
const WORD_MAX = 64

/** The candidate that was probably meant: the same but for case, or a few letters away. Ties go to the first. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > WORD_MAX) return undefined
  const lower = word.toLowerCase()
  const allowed = Math.max(1, Math.floor(word.length / 3))
  let best: string | undefined
  let bestDistance = allowed + 1
  for (const candidate of candidates) {
    const distance = editDistance(lower, candidate.toLowerCase(), bestDistance)
    if (distance >= bestDistance) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

/** Insertions, deletions, replacements and swaps of neighbours; `limit` as soon as it must be that many. */
export function editDistance(a: string, b: string, limit = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) row.push(cell(a, b, { i, j, row, above, before }))
    before = above
    above = row
  }
  return Math.min(above[b.length] ?? limit, limit)
}

/** One cell of the table of distances with what it depends on. */
interface Cell {
  readonly i: number
  readonly j: number
  readonly row: readonly number[]
  readonly above: readonly number[]
  readonly before: readonly number[]
}

/** Optimal string alignment: a swap of two neighbours costs one. */
function cell(a: string, b: string, { i, j, row, above, before }: Cell): number {
  const isSame = a[i - 1] === b[j - 1]
  const straight = Math.min(
    (above[j] ?? 0) + 1,
    (row[j - 1] ?? 0) + 1,
    (above[j - 1] ?? 0) + (isSame ? 0 : 1),
  )
  const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
  return isSwap ? Math.min(straight, (before[j - 2] ?? 0) + 1) : straight
}
