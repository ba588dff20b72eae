import { STSClient } from '@aws-sdk/client-sts'
import { dig, isArray, type JsonValue, text } from '../../model/json.ts'
import type { Ask } from '../generators/asking.ts'
import { word } from '../generators/spec.ts'
import { ProviderError } from '../provider.ts'
import type { AwsLimits } from './caller.ts'
import { endpointOf } from './client.ts'
import { incomplete, logInForGenerator, type Made, made, texts } from './generator.ts'
import { type JsonCall, signedCall } from './signed-call.ts'

/** ECRAuthorizationToken: a login to the private registry of an account, or to the public one of all. */
export function registryTokenAsker(limits: AwsLimits): Ask {
  return async (spec, context) => {
    const scope = word(spec, 'scope') || 'private'
    if (scope !== 'private' && scope !== 'public') {
      throw new ProviderError('invalid', 'spec.scope must be private or public')
    }
    const { identity, source, call, clientOptions } = await logInForGenerator(spec, context, limits)
    const signer = new STSClient(clientOptions())
    const registry =
      scope === 'public'
        ? publicRegistry(context.env)
        : privateRegistry(context.env, identity.region, suffixOf(signer, identity.region))
    const asking = { principal: source.principal, needs: NEEDS[scope] }
    const { service } = registry
    try {
      return await made(`${service} GetAuthorizationToken`, asking, async () => {
        const by = { signer, context, timeoutMs: limits.requestMs }
        const send = (signal: AbortSignal) => signedCall(registry, by, signal)
        const answer = await call(`${service}:GetAuthorizationToken`, send, context.signal)
        return outputOf(dig(answer, 'authorizationData'), scope)
      })
    } finally {
      signer.destroy()
    }
  }
}

type Env = Parameters<typeof endpointOf>[0]

const NEEDS = {
  private: 'ecr:GetAuthorizationToken on *',
  public: 'ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken on *',
}

function privateRegistry(env: Env, region: string, suffix: string): JsonCall {
  const host = env.AWS_USE_FIPS_ENDPOINT === 'true' ? 'ecr-fips' : 'api.ecr'
  const { endpoint } = endpointOf(env, ['AWS_ECR_ENDPOINT', 'AWS_ENDPOINT_URL_ECR'])
  return {
    service: 'ecr',
    region,
    url: endpoint ?? `https://${host}.${region}.${suffix}/`,
    target: 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
  }
}

/** There is one for all regions, whose tokens come from one of them, whatever region the generator names. */
function publicRegistry(env: Env): JsonCall {
  const region = 'us-east-1'
  const names = ['AWS_ECR_PUBLIC_ENDPOINT', 'AWS_ENDPOINT_URL_ECR_PUBLIC']
  return {
    service: 'ecr-public',
    region,
    url: endpointOf(env, names).endpoint ?? `https://api.ecr-public.${region}.amazonaws.com/`,
    target: 'SpencerFrontendService.GetAuthorizationToken',
  }
}

/** The domain of the partition that the region belongs to, as the SDK's own table has it. */
function suffixOf(client: STSClient, region: string): string {
  const { url } = client.config.endpointProvider({
    Region: region,
    UseFIPS: false,
    UseDualStack: false,
    UseGlobalEndpoint: false,
  })
  return url.hostname.slice(`sts.${region}.`.length)
}

/** Base64 of `user:password`. The public registry names no endpoint: it is always public.ecr.aws. */
function outputOf(data: JsonValue | undefined, scope: keyof typeof NEEDS): Made {
  const only = isArray(data) ? data[0] : data
  const login = Buffer.from(text(dig(only, 'authorizationToken')) ?? '', 'base64').toString()
  const [username = '', password = '', ...more] = login.split(':')
  const expiresAt = dig(only, 'expiresAt')
  const isComplete = password !== '' && more.length === 0 && typeof expiresAt === 'number'
  if (!isComplete || (isArray(data) && data.length !== 1)) throw incomplete('ecr')
  const expires_at = String(Math.floor(expiresAt))
  const proxy = text(dig(only, 'proxyEndpoint')) ?? ''
  return scope === 'public'
    ? texts({ username, password, expires_at })
    : texts({ username, password, proxy_endpoint: proxy, expires_at })
}
