import { STSClient } from '@aws-sdk/client-sts'
import type { OpenContext } from '../provider.ts'
import type { Opening } from '../references.ts'
import type { OpenService } from './answer.ts'
import { type AwsCaller, type AwsLimits, awsCaller } from './caller.ts'
import { type CredentialSource, credentialSource } from './credentials.ts'
import type { BatchQuota } from './pace.ts'
import type { AwsIdentity } from './settings.ts'
import type { AwsKeys } from './sts.ts'

/** An identity that has logged in, and what its clients are made with. */
export interface LoggedIn {
  readonly source: CredentialSource
  readonly call: AwsCaller
  /** The same for what has a way of its own to go on when it is throttled. */
  readonly callUnlessThrottled: AwsCaller
  /** For the client of one service: names of the variables that may hold its endpoint, ESO's first. */
  readonly clientOptions: (...endpoints: readonly string[]) => AwsClientOptions
}

/** What each of the services is opened with. */
export interface ServiceParts
  extends Pick<OpenService<unknown>, 'call' | 'prefix' | 'principal'>,
    Pick<LoggedIn, 'clientOptions' | 'callUnlessThrottled'> {
  readonly context: OpenContext
  /** Of BatchGetSecretValue. */
  readonly quota: BatchQuota
}

/** What every client of the SDK is made with; nothing is left for it to look up. */
export type AwsClientOptions = ReturnType<typeof commonOptions> & {
  readonly endpoint?: string
  readonly credentials: AwsKeys | (() => Promise<AwsKeys>)
}

/** Logs in now, so that an identity that is refused fails the store once, and not each of its reads. */
export async function logIn(
  opening: Opening,
  identity: AwsIdentity,
  limits: AwsLimits,
): Promise<LoggedIn> {
  const { context } = opening
  const options = { limits, retry: identity.retry, repeatsThrottled: true }
  const common = commonOptions(identity, context, limits)
  const source = credentialSource({
    opening,
    identity,
    call: awsCaller(context, { ...options, session: undefined }),
    // A client of its own for every link of the chain: its keys are what the link before it gave.
    sts: (keys) =>
      new STSClient({
        ...common,
        ...endpointOf(context.env, ['AWS_STS_ENDPOINT', 'AWS_ENDPOINT_URL_STS']),
        // A web identity needs no signature; the default chain of the SDK must not be asked for one.
        credentials: keys ?? { accessKeyId: '', secretAccessKey: '' },
      }),
  })
  await source.keys(context.signal)
  // Already cached with an expiry of our own: the SDK's cache would keep a session that was revoked.
  const credentials = Object.assign(() => source.keys(context.signal), { memoized: true })
  const signed = { ...options, session: source.session }
  return {
    source,
    call: awsCaller(context, signed),
    callUnlessThrottled: awsCaller(context, { ...signed, repeatsThrottled: false }),
    clientOptions: (...endpoints) => ({
      ...common,
      ...endpointOf(context.env, endpoints),
      credentials,
    }),
  }
}

/** Everything that the SDK would otherwise look up in the environment or in files of a home folder. */
function commonOptions({ region }: AwsIdentity, { env }: OpenContext, limits: AwsLimits) {
  return {
    region,
    maxAttempts: 1,
    cacheMiddleware: true,
    retryMode: 'standard',
    defaultsMode: 'standard' as const,
    useFipsEndpoint: env.AWS_USE_FIPS_ENDPOINT === 'true',
    useDualstackEndpoint: env.AWS_USE_DUALSTACK_ENDPOINT === 'true',
    userAgentAppId: 'waybill',
    requestHandler: {
      connectionTimeout: limits.connectMs,
      requestTimeout: limits.requestMs,
      throwOnRequestTimeout: true,
    },
  }
}

/** ESO's name for an override first, then AWS's own (R113). */
export function endpointOf(
  env: OpenContext['env'],
  names: readonly string[],
): { readonly endpoint?: string } {
  const url = [...names, 'AWS_ENDPOINT_URL'].map((name) => env[name]).find((value) => value)
  return url === undefined ? {} : { endpoint: url }
}
