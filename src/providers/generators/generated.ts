import type { SecretValue } from '../../model/secret-value.ts'

/** What one generator gives: its output keys and their values. */
export type Generated = ReadonlyMap<string, SecretValue>
