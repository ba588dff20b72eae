import { randomBytes } from 'node:crypto'
import { AwsFailure, type Caller, listOf, type Operation } from './aws-api.ts'
import { type ParameterSeed, type ParameterStore, parameterStore } from './aws-parameters.ts'
import { registryOperations } from './aws-registry.ts'
import { type AwsSecret, type AwsStore, awsStore, type SecretSeed } from './aws-secrets.ts'
import { secretsOperations } from './aws-secrets-api.ts'
import {
  type AwsRole,
  assumeRole,
  assumeRoleWithWebIdentity,
  getSessionToken,
  type Session,
  type StsContext,
} from './aws-sts.ts'
import type { Jwk } from './jwt.ts'
import {
  type Answered,
  type Incoming,
  json,
  type Reply,
  startServer,
  type TestServer,
} from './server.ts'
import { verifySigV4 } from './sigv4.ts'

// AWS Secrets Manager, Parameter Store, ECR and STS on one loopback port. Strict: every signature is verified byte for byte, every web
// identity token against keys, issuer, audience and subject, every action against the caller's permissions.

export const AWS_ACCOUNT = '123456789012'

export interface AccessKey {
  readonly id: string
  readonly secret: string
  readonly sessionToken?: string
  /** ARN of the user. */
  readonly principal?: string
  /** `secretsmanager:GetSecretValue secret-name` and the like are refused when this says so. */
  readonly isAllowed?: (action: string, name: string) => boolean
}

export interface AwsOptions {
  readonly region?: string
  readonly secrets?: Readonly<Record<string, SecretSeed>>
  readonly parameters?: Readonly<Record<string, ParameterSeed>>
  readonly roles?: readonly AwsRole[]
  readonly accessKeys?: readonly AccessKey[]
  /** Keys of the cluster that signs web identity tokens, and its `iss`. */
  readonly jwks?: readonly Jwk[]
  readonly issuer?: string
  readonly clock?: () => number
  readonly tls?: boolean
  /** What BatchGetSecretValue is: `denied` by IAM, or `unknown` to an older endpoint. */
  readonly batch?: 'allowed' | 'denied' | 'unknown'
  /** Calls a second that are answered, by call; more are throttled. */
  readonly quotas?: Readonly<Record<string, number>>
}

export interface AwsServer extends TestServer {
  /** Creates the secret or makes `seed` its current version. */
  readonly set: (name: string, seed: SecretSeed) => void
  readonly secret: (name: string) => AwsSecret | undefined
  readonly remove: (name: string) => void
  /** As DeleteSecret does: the name stays, its value cannot be read. */
  readonly markForDeletion: (name: string, as?: AwsSecret['deletion']) => void
  readonly setTags: (name: string, tags: Readonly<Record<string, string>>) => void
  readonly parameters: Pick<ParameterStore, 'set' | 'remove' | 'find'>
  /** Ends every session: their next request is refused as expired. */
  readonly expireSessions: () => void
  /** Tags that each session was opened with, in order. */
  readonly sessions: readonly Session[]
  /** What must never appear in an error: session tokens and secret keys that were handed out. */
  readonly handedOut: readonly string[]
}

interface Aws {
  readonly options: AwsOptions
  readonly region: string
  readonly now: () => number
  readonly store: AwsStore
  readonly sessions: Session[]
  readonly handedOut: string[]
  readonly operations: Readonly<Record<string, Operation>>
  readonly quota: (call: string) => boolean
  expiredBefore: number
}

export async function startAws(options: AwsOptions = {}): Promise<AwsServer> {
  const now = options.clock ?? Date.now
  const region = options.region ?? 'eu-central-1'
  const store = awsStore(region, now)
  const parameters = parameterStore(region)
  const handedOut: string[] = []
  const aws: Aws = {
    options,
    region,
    now,
    store,
    sessions: [],
    handedOut,
    operations: {
      ...secretsOperations(store, options.batch ?? 'allowed'),
      ...parameters.operations,
      ...registryOperations({ region, now, onPassword: (password) => handedOut.push(password) }),
    },
    quota: quotas(options.quotas ?? {}),
    expiredBefore: 0,
  }
  for (const [name, seed] of Object.entries(options.secrets ?? {})) store.set(name, seed)
  for (const [name, seed] of Object.entries(options.parameters ?? {})) parameters.set(name, seed)
  const server = await startServer({
    tls: options.tls ?? false,
    nameOf,
    answer: (incoming) => dated(now(), answer(aws, incoming)),
  })
  return {
    ...server,
    ...store.edit,
    parameters,
    expireSessions: () => {
      aws.expiredBefore = aws.sessions.length
    },
    sessions: aws.sessions,
    handedOut,
  }
}

/** A bucket per call, which holds a tenth of a second's calls and is full at first. */
function quotas(perSecond: Readonly<Record<string, number>>): (call: string) => boolean {
  const mostOf = (rate: number): number => (rate === 0 ? 0 : Math.max(1, rate / 10))
  const buckets = new Map(
    Object.entries(perSecond).map(([call, rate]) => [
      call,
      { rate, calls: mostOf(rate), atMs: performance.now() },
    ]),
  )
  return (call) => {
    const bucket = buckets.get(call)
    if (bucket === undefined) return true
    const nowMs = performance.now()
    const filled = bucket.calls + ((nowMs - bucket.atMs) / 1000) * bucket.rate
    bucket.calls = Math.min(mostOf(bucket.rate), filled)
    bucket.atMs = nowMs
    if (bucket.calls < 1) return false
    bucket.calls--
    return true
  }
}

/** How the JSON services call themselves in a request → in IAM and in signatures. */
const TARGETS: Readonly<Record<string, string>> = {
  secretsmanager: 'secretsmanager',
  AmazonSSM: 'ssm',
  AmazonEC2ContainerRegistry_V20150921: 'ecr',
  SpencerFrontendService: 'ecr-public',
}

function nameOf({ headers, body }: Incoming): string {
  const target = headers['x-amz-target']
  if (target !== undefined) {
    const [service = '', operation = ''] = target.split('.')
    return `${TARGETS[service] ?? service}:${operation}`
  }
  return `sts:${new URLSearchParams(body.toString()).get('Action') ?? ''}`
}

/** The SDK corrects its clock by this header. */
function dated(nowMs: number, answered: Answered): Answered {
  const { reply } = answered
  const headers = {
    date: new Date(nowMs).toUTCString(),
    'x-amzn-requestid': randomBytes(8).toString('hex'),
    ...reply.headers,
  }
  return { ...answered, reply: { ...reply, headers } }
}

function answer(aws: Aws, incoming: Incoming): Answered {
  const call = nameOf(incoming)
  if (call.startsWith('sts:')) return answerSts(aws, call, incoming)
  if (incoming.headers['content-type'] !== 'application/x-amz-json-1.1') {
    return { call, reply: failed('SerializationException', 'content type') }
  }
  const [service = ''] = call.split(':')
  const verified = verifySigV4(incoming, {
    // There is one public registry for all regions.
    region: service === 'ecr-public' ? 'us-east-1' : aws.region,
    service,
    nowMs: aws.now(),
    keyOf: (id) => callerOf(aws, id),
  })
  if ('code' in verified) return { call, reply: failed(verified.code, verified.message) }
  if (!aws.quota(call)) return { call, reply: failed('ThrottlingException', 'Rate exceeded') }
  const caller = verified.key
  const operation = aws.operations[call]
  const input = JSON.parse(incoming.body.toString()) as Readonly<Record<string, unknown>>
  const { principal } = caller
  return { call, keys: keysIn(input), principal, reply: replyOf(operation, caller, input) }
}

/** What the call names, in either service. */
function keysIn(input: Readonly<Record<string, unknown>>): readonly string[] {
  const { SecretIdList, SecretId, Names, Name } = input
  const one = SecretId ?? Name
  return one === undefined ? listOf(SecretIdList ?? Names) : [String(one)]
}

function replyOf(
  operation: Operation | undefined,
  caller: Caller,
  input: Readonly<Record<string, unknown>>,
): Reply {
  if (operation === undefined) return failed('UnknownOperationException', '')
  try {
    return amzJson(200, operation(caller, input))
  } catch (error) {
    if (!(error instanceof AwsFailure)) throw error
    return failed(error.code, error.message)
  }
}

function amzJson(status: number, body: unknown): Reply {
  return json(status, body, { 'content-type': 'application/x-amz-json-1.1' })
}

function failed(code: string, message: string): Reply {
  const status = code.startsWith('Internal') ? 500 : 400
  return amzJson(status, { __type: code, Message: message })
}

function callerOf(aws: Aws, id: string): Caller | undefined {
  const key = aws.options.accessKeys?.find((entry) => entry.id === id)
  if (key !== undefined) {
    return {
      id,
      secret: key.secret,
      sessionToken: key.sessionToken,
      expiresMs: undefined,
      principal: key.principal ?? `arn:aws:iam::${AWS_ACCOUNT}:user/${id}`,
      isAllowed: key.isAllowed ?? (() => true),
    }
  }
  const at = aws.sessions.findIndex((session) => session.id === id)
  const session = aws.sessions[at]
  if (session === undefined) return undefined
  return {
    ...session,
    expiresMs: at < aws.expiredBefore ? 0 : session.expiresMs,
    isAllowed: session.role.isAllowed ?? (() => true),
  }
}

function answerSts(aws: Aws, call: string, incoming: Incoming): Answered {
  const form = new URLSearchParams(incoming.body.toString())
  const context: StsContext = {
    roles: aws.options.roles ?? [],
    jwks: aws.options.jwks ?? [],
    issuer: aws.options.issuer,
    nowMs: aws.now(),
    open: (session) => {
      aws.sessions.push(session)
      aws.handedOut.push(session.secret, session.sessionToken ?? '')
    },
  }
  if (call === 'sts:AssumeRoleWithWebIdentity') {
    return { call, reply: assumeRoleWithWebIdentity(form, context) }
  }
  const verified = verifySigV4(incoming, {
    region: aws.region,
    service: 'sts',
    nowMs: aws.now(),
    keyOf: (id) => callerOf(aws, id),
  })
  const operation = call === 'sts:GetSessionToken' ? getSessionToken : assumeRole
  if ('code' in verified) return { call, reply: operation(form, context, verified) }
  const { principal } = verified.key
  const session = aws.sessions.find(({ id }) => id === verified.key.id)
  const caller = { principal, role: session?.role, session }
  return { call, principal, reply: operation(form, context, caller) }
}
