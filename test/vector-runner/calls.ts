import { manifestCalls } from './calls-manifests.ts'
import { ruleCalls } from './calls-rules.ts'
import { secretCalls } from './calls-secret.ts'
import { templateCalls } from './calls-template.ts'
import { valueCalls } from './calls-values.ts'
import type { Call } from './case.ts'

/** Every call of test/vectors/README.md → one function of src/, with the arguments and answers brought into its shape. */
export const CALLS: Readonly<Record<string, Call>> = {
  ...manifestCalls,
  ...ruleCalls,
  ...valueCalls,
  ...templateCalls,
  ...secretCalls,
}
