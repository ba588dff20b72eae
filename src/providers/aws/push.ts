import { state } from '@aws-sdk/core/client'
import type { OpenWriter } from '../writer.ts'
import type { AwsLimits } from './caller.ts'
import { logIn } from './client.ts'
import { decodeAws } from './settings.ts'

// The SDK says on stderr that it will need Node 22 in 2027. That is for whoever builds waybill, not for its users.
state.warningEmitted = true

/** Opens writers within these limits; the client of a service is loaded on its first need. */
export function awsWriter(limits: AwsLimits): OpenWriter {
  return async (store, context) => {
    const opening = { store, context }
    const settings = decodeAws(opening)
    const { source, call, clientOptions } = await logIn(opening, settings, limits)
    const { prefix } = settings
    const { principal } = source
    const parts = { call, prefix, principal, clientOptions, settings: store.settings }
    switch (settings.service) {
      case 'SecretsManager':
        return (await import('./push-secrets.ts')).openSecretsWriter(parts)
      case 'ParameterStore':
        return (await import('./push-parameters.ts')).openParametersWriter(parts)
    }
  }
}

/** The opener that `openWriter` uses. */
export const openAwsWriter: OpenWriter = awsWriter({
  connectMs: 2000,
  requestMs: 5000,
  callMs: 10_000,
})
