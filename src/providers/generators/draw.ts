/** So many random bytes, fit for keys. */
export type RandomBytes = (length: number) => Uint8Array

const SPAN = 2 ** 32

/** A whole number from 0 up to `limit`, every one equally likely: what does not divide evenly is drawn again. */
export function drawBelow(randomBytes: RandomBytes, limit: number): number {
  const fair = SPAN - (SPAN % limit)
  for (;;) {
    const bytes = randomBytes(4)
    const drawn = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
    if (drawn < fair) return drawn % limit
  }
}

/** Puts the items into an order of chance, every order equally likely. */
export function shuffle<T>(randomBytes: RandomBytes, items: readonly T[]): readonly T[] {
  const left = [...items]
  const shuffled: T[] = []
  while (left.length > 0) {
    const at = drawBelow(randomBytes, left.length)
    const last = left.pop()
    if (last === undefined) break
    shuffled.push(left[at] ?? last)
    if (at < left.length) left[at] = last
  }
  return shuffled
}
