import { SecretValue } from '../model/secret-value.ts'
import type { TemplateEngine } from '../template/template-engine.ts'

/** Answer of the template engine for one key of `rewrite.transform`. `message` holds no operand. */
export type Transformed =
  | { readonly outcome: 'rendered'; readonly text: string }
  | {
      readonly outcome: 'failed'
      /** Whether the template could not be read, or failed while it ran. */
      readonly stage: 'parse' | 'exec'
      readonly message: string
    }

/** Renders `template` with `{value: key}` as its data (R36). Injected: values/ loads no engine. */
export type Transform = (template: string, key: string) => Transformed

/** Transforms keys through a template engine; a missing key prints `<no value>`, as upstream. */
export function transformThrough(engine: TemplateEngine): Transform {
  return (template, key) => {
    const rendering = engine.render({
      key: 'transform',
      text: new TextEncoder().encode(template),
      data: new Map([['value', SecretValue.fromText(key)]]),
      missingKey: 'default',
    })
    if (rendering.outcome === 'failed') {
      return { outcome: 'failed', stage: rendering.error.code, message: rendering.error.message }
    }
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    return { outcome: 'rendered', text: decoder.decode(rendering.value.reveal()) }
  }
}
