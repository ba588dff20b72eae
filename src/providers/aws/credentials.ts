import { createHash } from 'node:crypto'
import { ProviderError } from '../provider.ts'
import { credential, namespaceOf, type Opening, revealText } from '../references.ts'
import type { SessionMemory } from './caller.ts'
import { keysOfPod } from './pod.ts'
import { endSession, type Session, sharedSession } from './sessions.ts'
import type { AssumedRole, AwsAuth } from './settings.ts'
import { type AwsKeys, assumeRole, DEFAULT_AUDIENCE, type StsOptions, webIdentity } from './sts.ts'

/** The keys of one open store, shared by all of its calls. */
export interface CredentialSource {
  /** Keys that hold for another five minutes at least; one login however many ask at the same time. */
  readonly keys: (signal: AbortSignal) => Promise<AwsKeys>
  readonly session: SessionMemory
  /** Who is asking, in words: the last role, else the first identity. */
  readonly principal: () => string
}

/** The shortest that the API server gives; the token is spent within a second. */
const TOKEN_SECONDS = 600
const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn'
const AUDIENCE_ANNOTATION = 'eks.amazonaws.com/audience'

/** Logs in when keys are asked for first, and again shortly before they end. */
export function credentialSource(options: StsOptions): CredentialSource {
  const { identity, opening } = options
  let current: Session | undefined
  const start = async (signal: AbortSignal): Promise<AwsKeys> => {
    const first = await firstIdentity(identity.auth, options)
    const id = JSON.stringify([first.id, identity.region, chainOf(identity.roles)])
    const session = sharedSession(opening.context, id, () => logIn(first, options, signal))
    current = session
    return session.keys
  }
  let starting: Promise<AwsKeys> | undefined
  return {
    keys: (signal) => {
      if (current !== undefined && current.expiresMs > opening.context.nowMs()) return current.keys
      starting ??= start(signal).finally(() => {
        starting = undefined
      })
      return starting
    },
    session: {
      current: () => current,
      forget: (session) => {
        if (session !== undefined && session === current) endSession(current)
      },
    },
    principal: () => {
      const role = identity.roles.at(-1)
      return role === undefined ? wordsOf(identity.auth, opening) : `role ${role.arn}`
    },
  }
}

/** What of the roles makes two sessions differ. */
function chainOf(roles: readonly AssumedRole[]): unknown {
  return roles.map(({ arn, externalId, tags, transitiveTagKeys }) => [
    arn,
    externalId ?? null,
    [...tags].sort(),
    transitiveTagKeys,
  ])
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

/** The identity at the beginning of a chain of roles. */
interface FirstIdentity {
  /** Equal for equal identities; holds no key. */
  readonly id: string
  readonly keys: (signal: AbortSignal) => Promise<AwsKeys>
}

/** The first identity, then the chain of roles. */
async function logIn(
  first: FirstIdentity,
  options: StsOptions,
  signal: AbortSignal,
): Promise<AwsKeys> {
  const { auth, roles } = options.identity
  let keys = await first.keys(signal)
  let from = wordsOf(auth, options.opening)
  for (const role of roles) {
    keys = await assumeRole({ role, keys, from }, options, signal)
    from = `role ${role.arn}`
  }
  return keys
}

/** Reads of the cluster what the identity is: what has changed there counts at once. */
async function firstIdentity(auth: AwsAuth, options: StsOptions): Promise<FirstIdentity> {
  switch (auth.source) {
    case 'keys':
      return keysOfSecret(auth, options)
    case 'service-account':
      return keysOfAccount(auth, options)
    case 'pod':
      return { id: 'pod', keys: (signal) => keysOfPod(options, signal) }
  }
}

/** Static keys have no expiry: a rotated Secret is seen when the store is opened next. */
async function keysOfSecret(
  { id, secret, session }: AwsAuth & { readonly source: 'keys' },
  { opening, identity }: StsOptions,
): Promise<FirstIdentity> {
  const field = `${identity.field}.secretRef`
  const accessKeyId = revealText(await credential(id, `${field}.accessKeyIDSecretRef`, opening))
  const secretAccessKey = revealText(
    await credential(secret, `${field}.secretAccessKeySecretRef`, opening),
  )
  const token =
    session === undefined
      ? undefined
      : revealText(await credential(session, `${field}.sessionTokenSecretRef`, opening))
  const keys = { accessKeyId, secretAccessKey }
  return {
    id: createHash('sha256')
      .update(JSON.stringify([accessKeyId, secretAccessKey, token ?? '']))
      .digest('hex'),
    keys: async () => (token === undefined ? keys : { ...keys, sessionToken: token }),
  }
}

/** IRSA without a pod: the ServiceAccount's token, asked for here, for the role that its annotation names (R108). */
async function keysOfAccount(
  { account }: AwsAuth & { readonly source: 'service-account' },
  options: StsOptions,
): Promise<FirstIdentity> {
  const { store, context } = options.opening
  const namespace = namespaceOf(account, store, context)
  const found = await context.credentials.serviceAccount(account)
  if (found === undefined) {
    throw new ProviderError(
      'credentials-not-found',
      `ServiceAccount ${namespace}/${account.name} does not exist`,
      `create it, or correct ${options.identity.field}.jwt.serviceAccountRef`,
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
  const subject = `system:serviceaccount:${namespace}:${account.name}`
  return {
    id: JSON.stringify([subject, roleArn, audiences]),
    keys: async (signal) => {
      const token = await context.credentials.serviceAccountToken(account, audiences, TOKEN_SECONDS)
      const who = { roleArn, subject, audience, token: revealText(token) }
      return webIdentity(who, options, signal)
    },
  }
}
