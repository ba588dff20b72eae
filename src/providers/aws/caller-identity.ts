import { createHash, createHmac } from 'node:crypto'
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
  const host = hostOf(region)
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = [time.slice(0, 8), region, 'sts', 'aws4_request']
  const signed: Readonly<Record<string, string>> = {
    'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8',
    Host: host,
    'X-Amz-Date': time,
    ...(sessionToken === undefined ? {} : { 'X-Amz-Security-Token': sessionToken }),
    ...(serverId === undefined ? {} : { 'X-Vault-AWS-IAM-Server-ID': serverId }),
  }
  const names = Object.keys(signed)
    .map((name) => name.toLowerCase())
    .sort()
  const values = new Map(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]))
  const lines = names.map(
    (name) => `${name}:${(values.get(name) ?? '').trim().replace(/ +/g, ' ')}\n`,
  )
  const canonical = ['POST', '/', '', lines.join(''), names.join(';'), sha256(BODY)].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n')
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  const signature = hmac(key, toSign).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.join('/')}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  const headers = { ...signed, Authorization: authorization }
  return { method: 'POST', url: `https://${host}/`, headers, body: BODY }
}

/** The default region is the one whose endpoint Vault asks unless it is told another. */
function hostOf(region: string): string {
  if (region === 'us-east-1') return 'sts.amazonaws.com'
  return `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
