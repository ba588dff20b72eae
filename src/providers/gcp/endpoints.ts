import type { OpenContext } from '../provider.ts'

// Where Google's services are. Each can be set by the environment of the process, for emulators and private endpoints;
// nothing that a store says ever moves a token to another host.

/** Origins without a slash at their end; `tokenUrl` is a whole URL. */
export interface GcpEndpoints {
  /** Exchanges what a service account key has signed. */
  readonly tokenUrl: string
  /** Security Token Service: exchanges tokens of other identity providers. */
  readonly sts: string
  /** Exchanges tokens of a GKE cluster's ServiceAccounts. */
  readonly secureToken: string
  /** Lets one identity become another. */
  readonly iamCredentials: string
  readonly metadata: string
}

/** What Google writes into `token_uri` of a key. It is also the audience of what the key signs. */
export const TOKEN_URI = 'https://oauth2.googleapis.com/token'

/** The environment's answer for each, else Google's own. */
export function endpointsOf(env: OpenContext['env']): GcpEndpoints {
  const host = env.GCE_METADATA_HOST || '169.254.169.254'
  return {
    tokenUrl: env.GCP_TOKEN_ENDPOINT || TOKEN_URI,
    sts: origin(env.GCP_STS_ENDPOINT || 'https://sts.googleapis.com'),
    secureToken: origin(env.GCP_SECURETOKEN_ENDPOINT || 'https://securetoken.googleapis.com'),
    iamCredentials: origin(
      env.GCP_IAMCREDENTIALS_ENDPOINT || 'https://iamcredentials.googleapis.com',
    ),
    // The name would be as good, but a DNS server of somebody else could answer for it.
    metadata: `http://${host}`,
  }
}

/** The API of secrets: one for the world, one of its own for each location (R155). `location` is a checked name. */
export function secretManagerOf(env: OpenContext['env'], location: string): string {
  const host = location === '' ? 'secretmanager' : `secretmanager.${location}.rep`
  return origin(env.GCP_SECRETMANAGER_ENDPOINT || `https://${host}.googleapis.com`)
}

const origin = (url: string): string => url.replace(/\/+$/, '')
