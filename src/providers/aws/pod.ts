import { readFile } from 'node:fs/promises'
import { HttpFailure, type HttpResponse } from '../../model/http.ts'
import { counted } from '../counted.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import { instanceKeys, keysInJson } from './instance.ts'
import { type AwsKeys, DEFAULT_AUDIENCE, type StsOptions, webIdentity } from './sts.ts'

/** The SDK's default chain without the files of a person. */
export async function keysOfPod(options: StsOptions, signal: AbortSignal): Promise<AwsKeys> {
  const { context } = options.opening
  const { env } = context
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  const { AWS_SESSION_TOKEN: sessionToken, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile } = env
  const { AWS_ROLE_ARN: roleArn, AWS_ROLE_SESSION_NAME: sessionName } = env
  if (accessKeyId && secretAccessKey) {
    return sessionToken
      ? { accessKeyId, secretAccessKey, sessionToken }
      : { accessKeyId, secretAccessKey }
  }
  if (tokenFile && roleArn) {
    const token = await readToken(tokenFile)
    const who = { roleArn, subject: 'the ServiceAccount of this pod', audience: DEFAULT_AUDIENCE }
    return webIdentity({ ...who, token, sessionName }, options, signal)
  }
  const container = containerUrl(env)
  if (container !== undefined) return containerKeys(container, context, signal)
  if (context.metadata !== undefined) return instanceKeys(context.metadata, context, signal)
  throw new ProviderError(
    'credentials-not-found',
    `${options.identity.field} is empty, and this pod has no identity of its own`,
    `set ${options.identity.field}.jwt.serviceAccountRef or .secretRef; or give the pod a role (IRSA or EKS Pod Identity); or, if every pod of the node may have the identity of this one, run waybill with WAYBILL_METADATA_SERVER=allow`,
  )
}

/** EKS gives the whole URL, ECS a path at its own agent. */
function containerUrl(env: OpenContext['env']): string | undefined {
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path } = env
  return full || (path?.startsWith('/') ? `http://169.254.170.2${path}` : undefined)
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
  context: OpenContext,
  signal: AbortSignal,
): Promise<AwsKeys> {
  const { env, http } = context
  const tokenFile = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
  const token = tokenFile ? await readToken(tokenFile) : env.AWS_CONTAINER_AUTHORIZATION_TOKEN
  try {
    const isError = (answer: HttpResponse): boolean => answer.status !== 200
    const call = 'container:GetCredentials'
    const { status, body } = await counted(context, { call, isError }, (onLeave) =>
      http.request({
        method: 'GET',
        url,
        headers: token ? { authorization: token } : {},
        body: undefined,
        tls: undefined,
        timeoutMs: 5000,
        signal,
        onLeave,
      }),
    )
    const keys = status === 200 ? keysInJson(body) : undefined
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
