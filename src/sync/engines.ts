import type { ExternalSecret } from '../model/external-secret.ts'
import type { Engines } from '../plan/settle.ts'
import type { IndependentEngine } from '../template/template-engine.ts'
import { needsOf } from '../values/assemble.ts'
import type { PatternEngine } from '../values/pattern-engine.ts'
import { generatePrivateKey } from './private-key.ts'

/** Loads the pattern and the template engine on first need, once per run. */
export interface EngineLoader {
  readonly patterns: () => Promise<PatternEngine>
  readonly templates: () => Promise<IndependentEngine>
  /** What one ExternalSecret needs; its templates share a budget. */
  readonly enginesFor: (externalSecret: ExternalSecret) => Promise<Engines>
}

/** Clock and randomness of templates. */
export interface EngineSources {
  readonly nowMs: () => number
  readonly randomBytes: (length: number) => Uint8Array
}

/** Engines are loaded on first use, and once: runs without templates do not pay for them. */
export function createEngineLoader({ nowMs, randomBytes }: EngineSources): EngineLoader {
  let loadedTemplates: Promise<IndependentEngine> | undefined
  const patterns = async (): Promise<PatternEngine> =>
    (await import('../values/pattern.ts')).patternEngine
  const load = async (): Promise<IndependentEngine> => {
    const [{ createTemplateEngine }, engine] = await Promise.all([
      import('../template/engine.ts'),
      patterns(),
    ])
    return createTemplateEngine({
      now: nowMs,
      random: randomBytes,
      generateKey: generatePrivateKey,
      patterns: engine,
    })
  }
  const templates = (): Promise<IndependentEngine> => {
    loadedTemplates ??= load()
    return loadedTemplates
  }
  return {
    patterns,
    templates,
    enginesFor: async (externalSecret) => {
      const needs = needsOf(externalSecret)
      const rendersTarget = externalSecret.target.template !== undefined
      return {
        patterns: needs.patterns ? await patterns() : undefined,
        templates: needs.transform || rendersTarget ? (await templates()).together() : undefined,
      }
    },
  }
}
