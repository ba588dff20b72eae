import { apply } from './apply.ts'
import type { Call } from './case.ts'

export const secretCalls: Readonly<Record<string, Call>> = { apply }
