import { randomBytes } from 'node:crypto'
import { generatePrivateKey } from '../../src/sync/private-key.ts'
import { createTemplateEngine } from '../../src/template/engine.ts'
import { patternEngine } from '../../src/values/pattern.ts'

/** The engine that the vectors run through: a real clock and real randomness, as in a sync. */
export const engine = createTemplateEngine({
  now: () => Date.now(),
  random: (length) => Uint8Array.from(randomBytes(length)),
  generateKey: generatePrivateKey,
  patterns: patternEngine,
})
