/** A pattern of the CRDs, as a constant of ours and in words. */
export interface SchemaPattern {
  readonly regexp: RegExp
  /** What is asked of a text, as the end of a sentence. */
  readonly demand: string
}

/** Undefined for a pattern that is not here, which then holds; a test keeps this table complete. */
export function patternOf(source: string): SchemaPattern | undefined {
  return PATTERNS.get(source)
}

const ENDS = 'with a letter or digit at both ends'

/**
 * By the source text in the CRD. The constants are ours, and long texts are not tried
 * (schema-check.ts).
 */
const PATTERNS: ReadonlyMap<string, SchemaPattern> = new Map([
  [
    '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
    {
      regexp: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
      demand: `must consist of lower case letters, digits, '-' and '.', ${ENDS}`,
    },
  ],
  [
    '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
    {
      regexp: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
      demand: `must consist of lower case letters, digits and '-', ${ENDS}`,
    },
  ],
  [
    '^[-._a-zA-Z0-9]+$',
    { regexp: /^[-._a-zA-Z0-9]+$/, demand: "must consist of letters, digits, '-', '_' and '.'" },
  ],
  [
    '^[a-z0-9-]+$',
    { regexp: /^[a-z0-9-]+$/, demand: "must consist of lower case letters, digits and '-'" },
  ],
  [
    '^.*@.*\\.iam\\.gserviceaccount\\.com$',
    {
      regexp: /^.*@.*\.iam\.gserviceaccount\.com$/,
      demand: 'must be the address of a Google service account',
    },
  ],
  [
    '^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|@every [^\\s]+.*|[^\\s]+( [^\\s]+){4})$',
    {
      regexp:
        /^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|@every [^\s]+.*|[^\s]+( [^\s]+){4})$/,
      demand: 'must be five cron fields or a descriptor',
    },
  ],
])
