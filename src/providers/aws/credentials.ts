import { ProviderError } from '../provider.ts'
import { credential, namespaceOf, type Opening, revealText } from '../references.ts'
import type { SessionMemory } from './caller.ts'
import { keysOfPod } from './pod.ts'
import type { AwsAuth } from './settings.ts'
import { type AwsKeys, assumeRole, DEFAULT_AUDIENCE, type StsOptions, webIdentity } from './sts.ts'

/** The keys of one open store, shared by all of its calls. */
export interface CredentialSource {
  /** Keys that hold for another five minutes at least; one login however many ask at the same time. */
  readonly keys: (signal: AbortSignal) => Promise<AwsKeys>
  readonly session: SessionMemory
  /** Who is asking, in words: the last role, else the first identity. */
  readonly principal: () => string
}

// As long as the longest run: keys that are handed out hold until its end (R112).
const EXPIRY_MARGIN_MS = 5 * 60 * 1000
/** The shortest that the API server gives; the token is spent within a second. */
const TOKEN_SECONDS = 600
const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn'
const AUDIENCE_ANNOTATION = 'eks.amazonaws.com/audience'

/** Logs in when keys are asked for first, and again shortly before they end. */
export function credentialSource(options: StsOptions): CredentialSource {
  const { settings, opening } = options
  let current: { readonly keys: Promise<AwsKeys>; expiresMs: number } | undefined
  const start = (signal: AbortSignal): Promise<AwsKeys> => {
    const keys = logIn(options, signal)
    // Two logins may be under way at once, after a session was forgotten: each minds its own entry only.
    const mine = { keys, expiresMs: Number.POSITIVE_INFINITY }
    current = mine
    keys.then(
      ({ expiration }) => {
        if (expiration !== undefined) mine.expiresMs = expiration.getTime() - EXPIRY_MARGIN_MS
      },
      () => {
        if (current === mine) current = undefined
      },
    )
    return keys
  }
  return {
    keys: (signal) =>
      current !== undefined && current.expiresMs > opening.context.nowMs()
        ? current.keys
        : start(signal),
    session: {
      current: () => current,
      forget: (session) => {
        if (current === session) current = undefined
      },
    },
    principal: () => {
      const role = settings.roles.at(-1)
      return role === undefined ? wordsOf(settings.auth, opening) : `role ${role.arn}`
    },
  }
}

/** Names of things in the cluster, never an access key id. */
function wordsOf(auth: AwsAuth, { store, context }: Opening): string {
  switch (auth.source) {
    case 'service-account':
      return `the role of ServiceAccount ${namespaceOf(auth.account, store, context)}/${auth.account.name}`
    case 'keys':
      return `the access key in Secret ${namespaceOf(auth.id, store, context)}/${auth.id.name}`
    case 'pod':
      return 'the identity of this pod'
  }
}

/** The first identity, then the chain of roles. */
async function logIn(options: StsOptions, signal: AbortSignal): Promise<AwsKeys> {
  const { auth, roles } = options.settings
  let keys = await firstKeys(auth, options, signal)
  let from = wordsOf(auth, options.opening)
  for (const role of roles) {
    keys = await assumeRole({ role, keys, from }, options, signal)
    from = `role ${role.arn}`
  }
  return keys
}

/** The identity at the beginning of the chain. */
async function firstKeys(
  auth: AwsAuth,
  options: StsOptions,
  signal: AbortSignal,
): Promise<AwsKeys> {
  switch (auth.source) {
    case 'keys':
      return keysOfSecret(auth, options.opening)
    case 'service-account':
      return keysOfAccount(auth, options, signal)
    case 'pod':
      return keysOfPod(options, signal)
  }
}

/** Static keys have no expiry: a rotated Secret is seen when the store is opened next. */
async function keysOfSecret(
  { id, secret, session }: AwsAuth & { readonly source: 'keys' },
  opening: Opening,
): Promise<AwsKeys> {
  const field = 'spec.provider.aws.auth.secretRef'
  const accessKeyId = await credential(id, `${field}.accessKeyIDSecretRef`, opening)
  const secretKey = await credential(secret, `${field}.secretAccessKeySecretRef`, opening)
  const keys = { accessKeyId: revealText(accessKeyId), secretAccessKey: revealText(secretKey) }
  if (session === undefined) return keys
  const token = await credential(session, `${field}.sessionTokenSecretRef`, opening)
  return { ...keys, sessionToken: revealText(token) }
}

/** IRSA without a pod: the ServiceAccount's token, asked for here, for the role that its annotation names (R108). */
async function keysOfAccount(
  { account }: AwsAuth & { readonly source: 'service-account' },
  options: StsOptions,
  signal: AbortSignal,
): Promise<AwsKeys> {
  const { store, context } = options.opening
  const namespace = namespaceOf(account, store, context)
  const found = await context.credentials.serviceAccount(account)
  if (found === undefined) {
    throw new ProviderError(
      'credentials-not-found',
      `ServiceAccount ${namespace}/${account.name} does not exist`,
      'create it, or correct spec.provider.aws.auth.jwt.serviceAccountRef',
    )
  }
  const roleArn = found.annotations.get(ROLE_ANNOTATION) ?? ''
  if (roleArn === '') {
    throw new ProviderError(
      'credentials-not-found',
      `an IAM role must be associated with service account ${account.name} (namespace: ${namespace})`,
      `kubectl annotate serviceaccount -n ${namespace} ${account.name} ${ROLE_ANNOTATION}=ARN`,
    )
  }
  const audience = found.annotations.get(AUDIENCE_ANNOTATION) || DEFAULT_AUDIENCE
  const audiences = [audience, ...account.audiences.filter((name) => name !== audience)]
  const token = await context.credentials.serviceAccountToken(account, audiences, TOKEN_SECONDS)
  const subject = `system:serviceaccount:${namespace}:${account.name}`
  const who = { roleArn, subject, audience, token: revealText(token) }
  return webIdentity(who, options, signal)
}
