import type { Finding } from '../model/finding.ts'
import type { Place } from '../model/place.ts'
import type { YamlRule } from './yaml/fault.ts'

const HINTS: Readonly<Record<YamlRule, string>> = {
  'yaml-syntax': 'mend the document; kubectl and Argo CD refuse it as well',
  'yaml-duplicate-key': 'keep one of them: kubectl takes the last one, kustomize refuses both',
  'yaml-ambiguous': 'write it plainly: tools read this differently, or drop a part of it silently',
  'yaml-too-deep': 'flatten the document',
  'yaml-alias-bomb': 'write the values out instead of repeating them by alias',
  'input-encoding': 'save the file as UTF-8 without control characters',
  'input-too-large': 'split the input into smaller ones',
}

/** A text that cannot be judged. Always an error: what cannot be read must not pass as checked. */
export function unreadable(rule: YamlRule, at: Place, message: string): Finding {
  return {
    rule,
    severity: 'error',
    at,
    subject: undefined,
    field: undefined,
    message,
    hint: HINTS[rule],
  }
}
