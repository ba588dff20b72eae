import type { ExternalSecret } from '../model/external-secret.ts'
import type { Secret } from '../model/secret.ts'
import type { SecretValue } from '../model/secret-value.ts'
import { decodeTargetTemplate } from '../plan/target-template.ts'

/** How one key of the Secret came about. */
export interface Way {
  readonly key: string
  readonly steps: readonly Step[]
}

/** `word` says where the value stood then, `value` what it was. */
export interface Step {
  readonly word: string
  readonly value: SecretValue
}

/** Every key of the Secret, and how it got its value from the sample data. */
export function explainWays(
  { target }: ExternalSecret,
  secret: Secret,
  data: ReadonlyMap<string, SecretValue>,
): readonly Way[] {
  const template = target.template === undefined ? undefined : decodeTargetTemplate(target.template)
  return [...secret.data].map(([key, value]) => {
    const given = data.get(key)
    const start: readonly Step[] =
      given === undefined ? [] : [{ word: 'sample data', value: given }]
    if (template?.data.has(key)) {
      return { key, steps: [...start, { word: `template.data.${key}`, value }] }
    }
    if (given?.equals(value)) return { key, steps: start }
    const isFrom = (template?.templateFrom.length ?? 0) > 0
    const word = isFrom ? 'template.templateFrom' : 'the existing Secret'
    return { key, steps: [...start, { word, value }] }
  })
}
