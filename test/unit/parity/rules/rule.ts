import type { TestContext } from 'node:test'

// ESO's rules R1…R106 as data: what each says, and on which input it shows. rules.test.ts asks and compares.

/** One rule of the catalogue of ESO's behaviour. */
export interface Rule {
  readonly rule: number
  readonly says: string
  /** What we answer instead, and why; absent where our answer is ESO's. */
  readonly differs?: string
  readonly cases: readonly (Asked | Held)[]
}

/** An input, and the answer that the rule asks for. */
export interface Asked {
  readonly story: string
  readonly ask: (t: TestContext) => unknown
  readonly answer: unknown
}

/** A test of another file shows it, and has the rule's number in its title: it needs more of a stage than a row has. */
export interface Held {
  readonly file: string
  readonly title: string
}
