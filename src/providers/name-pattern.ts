import type { Pattern } from '../values/pattern-engine.ts'
import { ProviderError } from './provider.ts'

/** Compiles `find.name.regexp`: an unanchored RE2 search (R28). The engine loads on first use. */
export async function compileNamePattern(source: string): Promise<(name: string) => boolean> {
  const { patternEngine } = await import('../values/pattern.ts')
  const compiled = patternEngine.compile(source)
  if (compiled.failure !== undefined) {
    throw new ProviderError('invalid', `find.name.regexp: ${compiled.failure.message}`)
  }
  return (name) => matches(compiled.value, name)
}

/** Names are matched as bytes, as Go does. */
function matches(pattern: Pattern, name: string): boolean {
  return pattern.matches(new TextEncoder().encode(name))
}
