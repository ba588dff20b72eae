import { signedHeaders } from '../sigv4.ts'
import type { AwsKeys } from './sts.ts'

/** A request that is signed, but that somebody else will send. It is a credential. */
export interface SignedRequest {
  readonly method: 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What is signed beside the question itself. */
export interface CallerIdentityOptions {
  readonly region: string
  /** `X-Vault-AWS-IAM-Server-ID`: names the one Vault that may use the request. */
  readonly serverId: string | undefined
  readonly nowMs: number
}

const BODY = 'Action=GetCallerIdentity&Version=2011-06-15'

/**
 * Signs sts:GetCallerIdentity by Signature Version 4.
 *
 * Trust: the host follows from the region alone. An override of the endpoint must not get into what proves who we are.
 */
export function signCallerIdentity(
  { accessKeyId, secretAccessKey, sessionToken }: AwsKeys,
  { region, serverId, nowMs }: CallerIdentityOptions,
): SignedRequest {
  const url = `https://${hostOf(region)}/`
  const headers = signedHeaders(
    {
      method: 'POST',
      url: new URL(url),
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        ...(serverId === undefined ? {} : { 'x-vault-aws-iam-server-id': serverId }),
      },
      body: BODY,
    },
    { accessKeyId, secretAccessKey, sessionToken },
    { region, service: 'sts', nowMs },
  )
  return { method: 'POST', url, headers, body: BODY }
}

/** The default region is the one whose endpoint Vault asks unless it is told another. */
function hostOf(region: string): string {
  if (region === 'us-east-1') return 'sts.amazonaws.com'
  return `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}
