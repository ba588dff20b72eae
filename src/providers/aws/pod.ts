import { readFile } from 'node:fs/promises'
import { HttpFailure } from '../../model/http.ts'
import { ProviderError } from '../provider.ts'
import type { Opening } from '../references.ts'
import { type AwsKeys, DEFAULT_AUDIENCE, type StsOptions, webIdentity } from './sts.ts'

/** The SDK's default chain without what needs files of a person or an address that every pod can reach. */
export async function keysOfPod(options: StsOptions, signal: AbortSignal): Promise<AwsKeys> {
  const { env } = options.opening.context
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  const { AWS_SESSION_TOKEN: sessionToken, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile } = env
  const { AWS_ROLE_ARN: roleArn, AWS_CONTAINER_CREDENTIALS_FULL_URI: container } = env
  // IMDS is left out: every pod of a node can reach it, so it says nothing about who asks.
  if (accessKeyId && secretAccessKey) {
    return sessionToken
      ? { accessKeyId, secretAccessKey, sessionToken }
      : { accessKeyId, secretAccessKey }
  }
  if (tokenFile && roleArn) {
    const token = await readToken(tokenFile)
    const who = { roleArn, subject: 'the ServiceAccount of this pod', audience: DEFAULT_AUDIENCE }
    return webIdentity({ ...who, token }, options, signal)
  }
  if (container) return containerKeys(container, options.opening, signal)
  throw new ProviderError(
    'credentials-not-found',
    'the aws store has no auth, and this pod has no identity of its own',
    'set spec.provider.aws.auth.jwt.serviceAccountRef or .secretRef; or give the pod a role (IRSA or EKS Pod Identity)',
  )
}

/** The kubelet rotates the file, so it is read anew for each login. */
async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch {
    throw new ProviderError('credentials-not-found', `the token file ${path} cannot be read`)
  }
}

/** EKS Pod Identity and ECS: keys from an agent on the node. Its address comes from the environment of the pod only. */
async function containerKeys(
  url: string,
  { context }: Opening,
  signal: AbortSignal,
): Promise<AwsKeys> {
  const { env, http, onCall } = context
  const tokenFile = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
  const token = tokenFile ? await readToken(tokenFile) : env.AWS_CONTAINER_AUTHORIZATION_TOKEN
  onCall('container:GetCredentials')
  try {
    const { status, body } = await http.request({
      method: 'GET',
      url,
      headers: token ? { authorization: token } : {},
      body: undefined,
      tls: undefined,
      timeoutMs: 5000,
      signal,
    })
    const keys = status === 200 ? decodeKeys(body) : undefined
    if (keys !== undefined) return keys
    throw new ProviderError(
      'unauthenticated',
      `the credential agent of the pod gave no keys (HTTP ${status})`,
      'check the pod identity association of the ServiceAccount',
    )
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof HttpFailure)) throw error
    throw new ProviderError('unavailable', `the credential agent of the pod: ${error.message}`)
  }
}

/** A parser's message would quote keys. */
function decodeKeys(body: Uint8Array): AwsKeys | undefined {
  try {
    const { AccessKeyId, SecretAccessKey, Token, Expiration } = JSON.parse(
      new TextDecoder().decode(body),
    ) as Readonly<Record<string, string | undefined>>
    if (!AccessKeyId || !SecretAccessKey) return undefined
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      ...(Token ? { sessionToken: Token } : {}),
      ...(Expiration ? { expiration: new Date(Expiration) } : {}),
    }
  } catch {
    return undefined
  }
}
