/** What was said last of each subject, so that it is said once for as long as it stays the same. */
export interface LastWords {
  /** Takes the words in, empty ones for all is well. Answers the former ones when these are others. */
  readonly replace: (subject: string, words: string) => string | undefined
  /** The subject is no more. */
  readonly forget: (subject: string) => void
}

/** Nothing said yet: all is well. Of what is well nothing is kept. */
export function createLastWords(): LastWords {
  const said = new Map<string, string>()
  return {
    replace: (subject, words) => {
      const before = said.get(subject) ?? ''
      if (words === '') said.delete(subject)
      else said.set(subject, words)
      return words === before ? undefined : before
    },
    forget: (subject) => void said.delete(subject),
  }
}
