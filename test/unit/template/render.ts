import { generateKeyPairSync } from 'node:crypto'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { createTemplateEngine } from '../../../src/template/engine.ts'
import type { Rendering } from '../../../src/template/template-engine.ts'
import { patternEngine } from '../../../src/values/pattern.ts'

/** 2023-11-14T22:13:20.5Z */
export const NOW_MS = 1_700_000_000_500

let counter = 0

/** An engine without surprises: the clock stands still, and "random" bytes count up. */
export const engine = createTemplateEngine({
  now: () => NOW_MS,
  random: (length) => Uint8Array.from({ length }, () => (counter = (counter * 167 + 13) % 251)),
  generateKey: () =>
    generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
      publicKeyEncoding: { type: 'spki', format: 'der' },
    }).privateKey,
  patterns: patternEngine,
})

type Data = Readonly<Record<string, string | Uint8Array>>

export function run(
  text: string,
  data: Data = {},
  missingKey: 'error' | 'default' = 'error',
): Rendering {
  const entries = Object.entries(data).map(([key, value]): [string, SecretValue] => [
    key,
    typeof value === 'string' ? SecretValue.fromText(value) : new SecretValue(value),
  ])
  const request = { key: 'key', text: Buffer.from(text), data: new Map(entries), missingKey }
  return engine.render(request)
}

/** The rendered text, or `parse: …` / `exec: …`. */
export function rendered(text: string, data: Data = {}): string {
  const rendering = run(text, data)
  if (rendering.outcome === 'failed') return `${rendering.error.code}: ${rendering.error.message}`
  return Buffer.from(rendering.value.reveal()).toString()
}
