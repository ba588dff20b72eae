import { type AllowedTarget, readAllowedTarget } from '../model/target-kind.ts'
import { UsageError } from './exit.ts'
import type { OptionValues } from './invocation.ts'

/** The kinds of `--allow-target`. Throws UsageError for one that nobody can allow. */
export function allowedTargets(options: Pick<OptionValues, 'list'>): readonly AllowedTarget[] {
  return options.list('allow-target').map(allowedTarget)
}

/** One of them. Throws UsageError. */
export function allowedTarget(word: string): AllowedTarget {
  const read = readAllowedTarget(word)
  if ('target' in read) return read.target
  throw new UsageError(`--allow-target is ${JSON.stringify(word.slice(0, 80))}, ${read.problem}`)
}
