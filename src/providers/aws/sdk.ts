import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { STSClient } from '@aws-sdk/client-sts'
import { state } from '@aws-sdk/core/client'
import type { OpenContext, OpenProvider } from '../provider.ts'
import { type AwsLimits, awsCaller } from './caller.ts'
import { credentialSource } from './credentials.ts'
import { answerReads } from './reads.ts'
import { type AwsSettings, decodeAws } from './settings.ts'
import type { AwsKeys } from './sts.ts'

// The SDK says on stderr that it will need Node 22 in 2027. That is for whoever builds waybill, not for its users.
state.warningEmitted = true

/** A secret is a few kilobytes from one region to the next: slower than this is broken. */
const LIMITS: AwsLimits = { connectMs: 2000, requestMs: 5000, callMs: 10_000 }

/** Opens stores of AWS Secrets Manager with these limits. */
export function awsOpener(limits: AwsLimits): OpenProvider {
  return async (store, context) => {
    const opening = { store, context }
    const settings = decodeAws(opening)
    const options = { limits, retry: settings.retry }
    const source = credentialSource({
      opening,
      settings,
      call: awsCaller(context, { ...options, session: undefined }),
      sts: (keys) => openSts(keys, settings, { context, limits }),
    })
    // Now, so that an identity that is refused fails the store once, and not each of its reads.
    await source.keys(context.signal)
    // Already cached with an expiry of our own: the SDK's cache would keep a session that was revoked.
    const credentials = Object.assign(() => source.keys(context.signal), { memoized: true })
    const client = new SecretsManagerClient({
      ...clientOptions(settings, { context, limits }),
      ...endpoint(context.env, 'AWS_SECRETSMANAGER_ENDPOINT', 'AWS_ENDPOINT_URL_SECRETS_MANAGER'),
      credentials,
    })
    const secrets = {
      client,
      call: awsCaller(context, { ...options, session: source.session }),
      prefix: settings.prefix,
      principal: source.principal,
      batch: { isUsable: true },
    }
    return {
      read: (reads, signal) => answerReads(secrets, reads, signal),
      close: async () => client.destroy(),
    }
  }
}

/** The opener that `openStore` uses; tests open with shorter limits. */
export const openAws: OpenProvider = awsOpener(LIMITS)

/** What every client of one store shares. */
interface ClientContext {
  readonly context: OpenContext
  readonly limits: AwsLimits
}

/** A client of its own for every link of the chain: its keys are what the link before it gave. */
function openSts(
  keys: AwsKeys | undefined,
  settings: AwsSettings,
  client: ClientContext,
): STSClient {
  return new STSClient({
    ...clientOptions(settings, client),
    ...endpoint(client.context.env, 'AWS_STS_ENDPOINT', 'AWS_ENDPOINT_URL_STS'),
    // A web identity needs no signature; the default chain of the SDK must not be asked for one.
    credentials: keys ?? { accessKeyId: '', secretAccessKey: '' },
  })
}

/** Everything that the SDK would otherwise look up in the environment or in files of a home folder. */
function clientOptions({ region }: AwsSettings, { context, limits }: ClientContext) {
  return {
    region,
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard' as const,
    useFipsEndpoint: context.env.AWS_USE_FIPS_ENDPOINT === 'true',
    useDualstackEndpoint: context.env.AWS_USE_DUALSTACK_ENDPOINT === 'true',
    userAgentAppId: 'waybill',
    requestHandler: {
      connectionTimeout: limits.connectMs,
      requestTimeout: limits.requestMs,
      throwOnRequestTimeout: true,
    },
  }
}

/** ESO's name for an override first, then AWS's own (R113). */
function endpoint(
  env: OpenContext['env'],
  ...names: readonly string[]
): { readonly endpoint?: string } {
  const url = [...names, 'AWS_ENDPOINT_URL'].map((name) => env[name]).find((value) => value)
  return url === undefined ? {} : { endpoint: url }
}
