import type { ExternalSecret } from '../model/external-secret.ts'
import type { Secret } from '../model/secret.ts'
import { SecretValue } from '../model/secret-value.ts'
import { decodeTargetTemplate } from '../plan/target-template.ts'
import type { KeySteps } from '../values/steps.ts'

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

/** The data that templates see, each value with its own way. */
export type SampleData = ReadonlyMap<string, readonly [Step, ...Step[]]>

/** Sample data has no history: it is what templates see. */
export function sampleWays(data: ReadonlyMap<string, SecretValue>): SampleData {
  return new Map([...data].map(([key, value]) => [key, [{ word: 'sample data', value }]]))
}

/** fetched → rewritten → decoded; a later entry overwrites an earlier one. */
export function fetchedWays(all: readonly KeySteps[]): SampleData {
  return new Map(
    all.map(({ key, fetchedAs, fetched, decoded }) => {
      const before = new SecretValue(fetched)
      const after = new SecretValue(decoded)
      const merged = fetchedAs === undefined
      return [
        key,
        [
          { word: merged ? 'fetched and merged' : `fetched as ${fetchedAs}`, value: before },
          ...(merged || fetchedAs === key ? [] : [{ word: `rewritten to ${key}`, value: before }]),
          ...(before.equals(after) ? [] : [{ word: 'decoded', value: after }]),
        ],
      ]
    }),
  )
}

/** First what templates see, as `.key`, then every key of the Secret. */
export function explainWays(
  { target }: ExternalSecret,
  secret: Secret,
  data: SampleData,
): readonly Way[] {
  const template = target.template === undefined ? undefined : decodeTargetTemplate(target.template)
  const seen = [...data].map(([key, steps]) => ({ key: `.${key}`, steps }))
  const made = [...secret.data].map(([key, value]) => {
    const isCopy = data.get(key)?.at(-1)?.value.equals(value) === true
    const isFrom = (template?.templateFrom.length ?? 0) > 0
    const from = isFrom ? 'template.templateFrom' : 'existing Secret'
    const copied = isCopy ? `.${key}` : from
    const word = template?.data.has(key) === true ? `template.data.${key}` : copied
    return { key, steps: [{ word, value }] }
  })
  return [...seen, ...made]
}
