import { randomBytes } from 'node:crypto'
import { type AwsSecret, type AwsStore, awsStore, type SecretSeed } from './aws-secrets.ts'
import {
  type AwsRole,
  assumeRole,
  assumeRoleWithWebIdentity,
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
import { type KeyPair, verifySigV4 } from './sigv4.ts'

// AWS Secrets Manager and STS on one loopback port. Strict: every signature is verified byte for byte, every web
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
  readonly roles?: readonly AwsRole[]
  readonly accessKeys?: readonly AccessKey[]
  /** Keys of the cluster that signs web identity tokens, and its `iss`. */
  readonly jwks?: readonly Jwk[]
  readonly issuer?: string
  readonly clock?: () => number
  readonly tls?: boolean
  /** What BatchGetSecretValue is: `denied` by IAM, or `unknown` to an older endpoint. */
  readonly batch?: 'allowed' | 'denied' | 'unknown'
}

export interface AwsServer extends TestServer {
  /** Creates the secret or makes `seed` its current version. */
  readonly set: (name: string, seed: SecretSeed) => void
  readonly secret: (name: string) => AwsSecret | undefined
  readonly remove: (name: string) => void
  /** As DeleteSecret does: the name stays, its value cannot be read. */
  readonly markForDeletion: (name: string, as?: AwsSecret['deletion']) => void
  readonly setTags: (name: string, tags: Readonly<Record<string, string>>) => void
  /** Ends every session: their next request is refused as expired. */
  readonly expireSessions: () => void
  /** Tags that each session was opened with, in order. */
  readonly sessions: readonly Session[]
  /** What must never appear in an error: session tokens and secret keys that were handed out. */
  readonly handedOut: readonly string[]
}

interface Caller extends KeyPair {
  readonly principal: string
  readonly isAllowed: (action: string, name: string) => boolean
}

interface Aws {
  readonly options: AwsOptions
  readonly region: string
  readonly now: () => number
  readonly store: AwsStore
  readonly sessions: Session[]
  readonly handedOut: string[]
  expiredBefore: number
}

export async function startAws(options: AwsOptions = {}): Promise<AwsServer> {
  const now = options.clock ?? Date.now
  const region = options.region ?? 'eu-central-1'
  const aws: Aws = {
    options,
    region,
    now,
    store: awsStore(region, now),
    sessions: [],
    handedOut: [],
    expiredBefore: 0,
  }
  for (const [name, seed] of Object.entries(options.secrets ?? {})) aws.store.set(name, seed)
  const server = await startServer({
    tls: options.tls ?? false,
    nameOf,
    answer: (incoming) => dated(now(), answer(aws, incoming)),
  })
  return {
    ...server,
    ...aws.store.edit,
    expireSessions: () => {
      aws.expiredBefore = aws.sessions.length
    },
    sessions: aws.sessions,
    handedOut: aws.handedOut,
  }
}

function nameOf({ headers, body }: Incoming): string {
  const target = headers['x-amz-target']
  if (target !== undefined) return target.replace('.', ':')
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
  const verified = verifySigV4(incoming, {
    region: aws.region,
    service: 'secretsmanager',
    nowMs: aws.now(),
    keyOf: (id) => callerOf(aws, id),
  })
  if ('code' in verified) return { call, reply: failed(verified.code, verified.message) }
  const caller = verified.key
  const operation = OPERATIONS[call]
  if (operation === undefined || (aws.options.batch === 'unknown' && call.includes('Batch'))) {
    return { call, principal: caller.principal, reply: failed('UnknownOperationException', '') }
  }
  const input = JSON.parse(incoming.body.toString()) as Input
  const keys = input.SecretIdList ?? (input.SecretId === undefined ? [] : [input.SecretId])
  const { body, code, message } = outcomeOf(() => operation(aws, caller, input))
  const reply = code === undefined ? amzJson(200, body) : failed(code, message ?? '')
  return { call, keys, principal: caller.principal, reply }
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
  if ('code' in verified) return { call, reply: assumeRole(form, context, verified) }
  const { principal } = verified.key
  const session = aws.sessions.find(({ id }) => id === verified.key.id)
  const caller = { principal, role: session?.role, session }
  return { call, principal, reply: assumeRole(form, context, caller) }
}

// ── Secrets Manager ──

interface Input {
  readonly SecretId?: string
  readonly SecretIdList?: readonly string[]
  readonly VersionId?: string
  readonly VersionStage?: string
  readonly SecretString?: string
  readonly MaxResults?: number
  readonly NextToken?: string
  readonly Filters?: readonly { readonly Key: string; readonly Values: readonly string[] }[]
}

class AwsFailure extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

interface Outcome {
  readonly body?: unknown
  readonly code?: string
  readonly message?: string
}

function outcomeOf(work: () => unknown): Outcome {
  try {
    return { body: work() }
  } catch (error) {
    if (!(error instanceof AwsFailure)) throw error
    return { code: error.code, message: error.message }
  }
}

type Operation = (aws: Aws, caller: Caller, input: Input) => unknown

const OPERATIONS: Readonly<Record<string, Operation>> = {
  'secretsmanager:GetSecretValue': (aws, caller, input) =>
    getSecretValue(aws, caller, input.SecretId ?? '', input),
  'secretsmanager:BatchGetSecretValue': batchGetSecretValue,
  'secretsmanager:DescribeSecret': (aws, caller, { SecretId = '' }) =>
    description(locate(aws, caller, 'DescribeSecret', SecretId)),
  'secretsmanager:ListSecrets': (aws, caller, input) => {
    allow(caller, 'ListSecrets', '*')
    const { page, NextToken } = paged(filtered(aws, input), input, 100)
    return { SecretList: page.map(description), NextToken }
  },
  'secretsmanager:PutSecretValue': (aws, caller, { SecretId = '', SecretString = '' }) => {
    const secret = locate(aws, caller, 'PutSecretValue', SecretId)
    aws.store.set(secret.name, SecretString)
    const current = secret.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
    return { ARN: secret.arn, Name: secret.name, VersionId: current?.id }
  },
}

function allow({ isAllowed, principal }: Caller, action: string, name: string): void {
  const full = `secretsmanager:${action}`
  if (isAllowed(full, name)) return
  const what = `${full} on resource: ${name}`
  throw new AwsFailure(
    'AccessDeniedException',
    `User: ${principal} is not authorized to perform: ${what} because no identity-based policy allows the ${full} action`,
  )
}

function locate(aws: Aws, caller: Caller, action: string, id: string): AwsSecret {
  const secret = aws.store.find(id)
  allow(caller, action, secret?.name ?? id)
  if (secret === undefined) {
    throw new AwsFailure(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret.",
    )
  }
  return secret
}

function getSecretValue(aws: Aws, caller: Caller, id: string, input: Input): unknown {
  const secret = locate(aws, caller, 'GetSecretValue', id)
  if (secret.deletion !== undefined) {
    throw new AwsFailure(
      secret.deletion,
      "You can't perform this operation on the secret because it was marked for deletion.",
    )
  }
  const stage = input.VersionStage ?? (input.VersionId === undefined ? 'AWSCURRENT' : undefined)
  const version = secret.versions.find(
    (entry) =>
      (input.VersionId === undefined || entry.id === input.VersionId) &&
      (stage === undefined || entry.stages.includes(stage)),
  )
  if (version === undefined) {
    const what = stage === undefined ? `VersionId: ${input.VersionId}` : `staging label: ${stage}`
    throw new AwsFailure(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${what}`,
    )
  }
  return {
    ARN: secret.arn,
    CreatedDate: version.createdMs / 1000,
    Name: secret.name,
    SecretString: version.text,
    SecretBinary:
      version.binary === undefined ? undefined : Buffer.from(version.binary).toString('base64'),
    VersionId: version.id,
    VersionStages: version.stages,
  }
}

/** Answers come in an order of their own, as AWS says they may. */
function batchGetSecretValue(aws: Aws, caller: Caller, input: Input): unknown {
  if (aws.options.batch === 'denied') {
    allow({ ...caller, isAllowed: () => false }, 'BatchGetSecretValue', '*')
  }
  allow(caller, 'BatchGetSecretValue', '*')
  const { SecretIdList, Filters } = input
  if ((SecretIdList === undefined) === (Filters === undefined)) {
    throw new AwsFailure('InvalidParameterException', 'Either SecretIdList or Filters')
  }
  if (SecretIdList !== undefined && (SecretIdList.length === 0 || SecretIdList.length > 20)) {
    throw new AwsFailure('ValidationException', 'SecretIdList must have length between 1 and 20')
  }
  if (Filters !== undefined) allow(caller, 'ListSecrets', '*')
  const list = SecretIdList ?? filtered(aws, input).map(({ name }) => name)
  const { page, NextToken } = paged(list, SecretIdList === undefined ? input : {}, 20)
  const SecretValues: unknown[] = []
  const Errors: unknown[] = []
  for (const id of page.toReversed()) {
    const { body, code, message } = outcomeOf(() => getSecretValue(aws, caller, id, {}))
    if (code === undefined) SecretValues.push(body)
    else Errors.push({ SecretId: id, ErrorCode: code, Message: message })
  }
  return { SecretValues, Errors, NextToken }
}

function description(secret: AwsSecret): unknown {
  const stages = Object.fromEntries(secret.versions.map(({ id, stages }) => [id, stages]))
  return {
    ARN: secret.arn,
    Name: secret.name,
    Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
    VersionIdsToStages: stages,
    DeletedDate: secret.deletion === undefined ? undefined : 1_700_000_000,
  }
}

/** AWS compares filter values as prefixes, and tag keys and tag values independently of each other. */
function filtered(aws: Aws, { Filters = [] }: Input): readonly AwsSecret[] {
  const candidates = aws.store.all().filter(({ deletion }) => deletion === undefined)
  return candidates.filter((secret) =>
    Filters.every(({ Key, Values }) =>
      Values.some((value) => textsOf(secret, Key).some((text) => text.startsWith(value))),
    ),
  )
}

function textsOf({ name, tags }: AwsSecret, key: string): readonly string[] {
  switch (key) {
    case 'name':
      return [name]
    case 'tag-key':
      return [...tags.keys()]
    case 'tag-value':
      return [...tags.values()]
    default:
      return [name, ...tags.keys(), ...tags.values()]
  }
}

function paged<T>(
  list: readonly T[],
  { MaxResults, NextToken }: Input,
  most: number,
): { readonly page: readonly T[]; readonly NextToken: string | undefined } {
  const start = Number(NextToken ?? 0)
  const end = start + Math.min(MaxResults ?? most, most)
  return { page: list.slice(start, end), NextToken: end < list.length ? String(end) : undefined }
}
