import { apply } from './apply.ts'
import type { Call } from './case.ts'
import { externalsecret } from './externalsecret.ts'

export const secretCalls: Readonly<Record<string, Call>> = { apply, externalsecret }
