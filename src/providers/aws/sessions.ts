import type { OpenContext } from '../provider.ts'
import type { AwsKeys } from './sts.ts'

/** Keys that one login gave, or is about to give. */
export interface Session {
  readonly keys: Promise<AwsKeys>
  /** When a new login is due; not before the login has ended. */
  expiresMs: number
}

// As long as the longest run: keys that are handed out hold until its end (R112).
const EXPIRY_MARGIN_MS = 5 * 60 * 1000

/** By environment, which says where STS is and who the pod is: of one process there is one, and each test has its own. */
const sessions = new WeakMap<OpenContext['env'], Map<string, Session>>()

/** The session of this identity and chain of roles; one login however many stores and reads ask for it. */
export function sharedSession(
  { env, nowMs }: Pick<OpenContext, 'env' | 'nowMs'>,
  id: string,
  logIn: () => Promise<AwsKeys>,
): Session {
  const known = sessions.get(env) ?? new Map<string, Session>()
  sessions.set(env, known)
  const current = known.get(id)
  if (current !== undefined && current.expiresMs > nowMs()) return current
  // Roles and tokens that nobody uses any more go with the next login.
  for (const [one, { expiresMs }] of known) if (expiresMs <= nowMs()) known.delete(one)
  const session: Session = { keys: logIn(), expiresMs: Number.POSITIVE_INFINITY }
  known.set(id, session)
  session.keys.then(
    ({ expiration }) => {
      if (expiration !== undefined) session.expiresMs = expiration.getTime() - EXPIRY_MARGIN_MS
    },
    () => endSession(session),
  )
  return session
}

/** Nobody gets it any more; a session that came after it is left alone. */
export function endSession(session: Session): void {
  session.expiresMs = 0
}
