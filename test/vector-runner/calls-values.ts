import type { Call } from './case.ts'

export const valueCalls: Readonly<Record<string, Call>> = {}
