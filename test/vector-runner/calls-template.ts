import type { Call } from './case.ts'

export const templateCalls: Readonly<Record<string, Call>> = {}
