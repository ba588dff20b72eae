import type { Store } from '../../model/store.ts'
import type { CloudAuth } from './auth.ts'
import type { Door } from './door.ts'

/** What `auth/aws/login` wants: a signed question to STS who we are, which Vault asks in our place. */
export async function awsProof(
  { role, serverId, identity }: CloudAuth & { readonly serverId: string | undefined },
  { settings, opening }: Door,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  // Loaded here only: the SDK is large, and most stores of Vault never need it.
  const { signedCallerIdentity } = await import('../aws/sdk.ts')
  // The settings of iam read like those of a store of aws, which is what the credential code knows.
  const store: Store = { ...opening.store, settings: identity }
  const asked = { opening: { ...opening, store }, field: `${settings.field}.auth.iam`, serverId }
  const { method, url, body, headers } = await signedCallerIdentity(asked, signal)
  return {
    role,
    iam_http_request_method: method,
    iam_request_url: base64(url),
    iam_request_body: base64(body),
    // The signature is in here: whoever has these headers is us for a few minutes.
    iam_request_headers: base64(JSON.stringify(headers)),
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
