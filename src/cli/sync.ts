import { UsageError } from './exit.ts'
import type { Command } from './invocation.ts'

export const sync: Command = async () => {
  throw new UsageError('not yet')
}
