/** Draws that a seed repeats: the same seed asks the same questions on every machine. */
export interface Random {
  /** A whole number from 0 up to `limit`. */
  readonly below: (limit: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <T>(choices: readonly T[]) => T
  /** Up to `most` draws in one string. */
  readonly several: (most: number, draw: () => string, joiner?: string) => string
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    // A linear congruence with its low bits mixed in: short periods there would repeat templates.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    let mixed = state ^ (state >>> 15)
    mixed = Math.imul(mixed, 0x2c1b3c6d)
    return ((mixed ^ (mixed >>> 12)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (choices) => {
      const choice = choices[below(choices.length)]
      if (choice === undefined) throw new Error('nothing to pick from')
      return choice
    },
    several: (most, draw, joiner = '') =>
      Array.from({ length: below(most + 1) }, draw).join(joiner),
  }
}

/** Cuts, inserts or truncates at one place, so that what is nearly right is asked, too. */
export function mutate(random: Random, text: string, bits: readonly string[]): string {
  const at = random.below(text.length + 1)
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1 + random.below(3))
    case 1:
      return text.slice(0, at)
    default:
      return text.slice(0, at) + random.pick(bits) + text.slice(at)
  }
}
