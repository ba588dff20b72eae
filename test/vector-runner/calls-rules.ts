import type { Call } from './case.ts'

export const ruleCalls: Readonly<Record<string, Call>> = {}
