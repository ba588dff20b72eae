import { ProviderError } from '../provider.ts'
import type { OpenVaultStore } from './ask.ts'
import { principalOf } from './refusal.ts'

/** Whether Vault knows a token that was given: nobody has asked it yet, where a login has. Throws ProviderError. */
export async function checkToken(
  { api, session, settings, opening }: OpenVaultStore,
  signal: AbortSignal,
): Promise<void> {
  const { auth, loginNamespace: namespace } = settings
  if (auth.method !== 'token') return
  const token = await session.token(signal)
  const options = { call: 'vault:lookup-self', token: token?.value, namespace, signal }
  const { status } = await api.read('auth/token/lookup-self', { ...options, isRetried: true })
  if (status === 200) return
  throw new ProviderError(
    'unauthenticated',
    `vault does not accept ${principalOf(auth, opening)} (HTTP ${status})`,
    'see whether the token is alive with: vault token lookup',
  )
}
