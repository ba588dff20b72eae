import type { KeyPair } from './sigv4.ts'

// What the JSON services of the AWS server share: who asks, what is refused, and pages.

/** Whoever signed the request. */
export interface Caller extends KeyPair {
  readonly principal: string
  readonly isAllowed: (action: string, name: string) => boolean
}

/** An error of AWS, by its code. */
export class AwsFailure extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Answers one call; what it throws as AwsFailure is what AWS would say. */
export type Operation = (caller: Caller, input: Readonly<Record<string, unknown>>) => unknown

/** Throws AccessDeniedException. `action` is IAM's, e.g. `ssm:GetParameter`. */
export function allow({ isAllowed, principal }: Caller, action: string, name: string): void {
  if (isAllowed(action, name)) return
  throw new AwsFailure(
    'AccessDeniedException',
    `User: ${principal} is not authorized to perform: ${action} on resource: ${name} because no identity-based policy allows the ${action} action`,
  )
}

/** At most `most` entries, from where the token of the page before says. */
export function paged<T>(
  list: readonly T[],
  { MaxResults, NextToken }: Readonly<Record<string, unknown>>,
  most: number,
): { readonly page: readonly T[]; readonly NextToken: string | undefined } {
  const start = Number(NextToken ?? 0)
  const end = start + Math.min(Number(MaxResults ?? most), most)
  return { page: list.slice(start, end), NextToken: end < list.length ? String(end) : undefined }
}

/** A member that is to be a list of texts. */
export function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
