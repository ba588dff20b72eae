import type { Call } from './case.ts'

export const manifestCalls: Readonly<Record<string, Call>> = {}
