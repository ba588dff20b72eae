import type { Transformed } from '../../src/values/transform.ts'

/** `rewrite.transform` through the template engine. */
export function transform(_template: string, _key: string): Transformed {
  return { outcome: 'failed', stage: 'exec', message: 'no template engine yet' }
}
