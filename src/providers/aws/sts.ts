import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  type Credentials,
  type STSClient,
} from '@aws-sdk/client-sts'
import { ProviderError } from '../provider.ts'
import type { Opening } from '../references.ts'
import { type AwsCaller, AwsCallFailure } from './caller.ts'
import { type AwsFault, failed } from './failure.ts'
import type { AssumedRole, AwsIdentity } from './settings.ts'

/** What signs a request. The SDK wants strings. */
export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** What both kinds of AssumeRole need. */
export interface StsOptions {
  readonly opening: Opening
  readonly identity: AwsIdentity
  readonly call: AwsCaller
  /** Makes a client that signs with these keys; without keys for calls that need no signature. */
  readonly sts: (keys: AwsKeys | undefined) => STSClient
}

/** ESO's own, so that CloudTrail reads and policies on `sts:RoleSessionName` keep working. */
const SESSION_NAME = 'external-secrets-provider-aws'
/** What EKS sets up its identity providers for. */
export const DEFAULT_AUDIENCE = 'sts.amazonaws.com'

/**
 * A token and the role that it is to be exchanged for. `token` is a credential: it goes into the
 * request only.
 */
export interface WebIdentity {
  readonly roleArn: string
  /** What the token says of itself, for words only. */
  readonly subject: string
  readonly audience: string
  readonly token: string
  /** As the pod's environment has it; ESO's own name when it says nothing. */
  readonly sessionName?: string | undefined
}

/** AssumeRoleWithWebIdentity. */
export async function webIdentity(
  { roleArn, subject, audience, token, sessionName }: WebIdentity,
  { call, sts }: StsOptions,
  signal: AbortSignal,
): Promise<AwsKeys> {
  const client = sts(undefined)
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: roleArn,
    RoleSessionName: sessionName || SESSION_NAME,
    WebIdentityToken: token,
  })
  const what = `role ${roleArn} refuses ${subject}, audience ${audience}`
  try {
    const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
    const { Credentials: issued } = await call('sts:AssumeRoleWithWebIdentity', send, signal)
    return keysOf(issued)
  } catch (error) {
    throw explained(error, { what, action: 'AssumeRoleWithWebIdentity' }, ({ cause }) =>
      cause === 'forbidden' || cause === 'unauthenticated' || cause === 'expired'
        ? `the role's trust policy must allow sts:AssumeRoleWithWebIdentity to the cluster's OIDC provider with sub ${subject} and aud ${audience}; see it with: aws iam get-role --role-name ${roleNameOf(roleArn)} --query Role.AssumeRolePolicyDocument`
        : undefined,
    )
  } finally {
    client.destroy()
  }
}

const roleNameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

/** One hop of a chain of roles. */
export interface Step {
  readonly role: AssumedRole
  readonly keys: AwsKeys
  /** Whose keys those are, in words. */
  readonly from: string
}

/** AssumeRole with the keys of the step before. */
export async function assumeRole(
  { role, keys, from }: Step,
  { call, sts }: StsOptions,
  signal: AbortSignal,
): Promise<AwsKeys> {
  const client = sts(keys)
  const tags = [...role.tags].map(([Key, Value]) => ({ Key, Value }))
  const command = new AssumeRoleCommand({
    RoleArn: role.arn,
    RoleSessionName: SESSION_NAME,
    ExternalId: role.externalId,
    Tags: tags.length === 0 ? undefined : tags,
    TransitiveTagKeys:
      role.transitiveTagKeys.length === 0 ? undefined : [...role.transitiveTagKeys],
  })
  const what = `role ${role.arn} refuses ${from}`
  try {
    const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
    const { Credentials: issued } = await call('sts:AssumeRole', send, signal)
    return keysOf(issued)
  } catch (error) {
    throw explained(error, { what, action: 'AssumeRole' }, ({ cause }) =>
      cause === 'forbidden'
        ? `the trust policy of ${role.arn} must allow sts:AssumeRole${tags.length > 0 ? ' and sts:TagSession' : ''} to ${from}${role.externalId === undefined ? '' : ' with the external id of the store'}, and that identity needs sts:AssumeRole on it`
        : undefined,
    )
  } finally {
    client.destroy()
  }
}

/** A refusal names both ends; anything else is about the way there. */
function explained(
  error: unknown,
  { what, action }: { readonly what: string; readonly action: string },
  hintFor: (fault: AwsFault) => string | undefined,
): unknown {
  if (!(error instanceof AwsCallFailure)) return error
  const { fault } = error
  const isRefusal = ['forbidden', 'unauthenticated', 'expired'].includes(fault.cause)
  return failed(isRefusal ? what : `sts ${action}`, fault, hintFor(fault))
}

/** Three of four members are needed; the SDK's types promise none of them. */
export function keysOf(issued: Credentials | undefined): AwsKeys {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = issued ?? {}
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) {
    throw new ProviderError('malformed', 'sts answered without credentials')
  }
  const keys = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  }
  return Expiration === undefined ? keys : { ...keys, expiration: Expiration }
}
