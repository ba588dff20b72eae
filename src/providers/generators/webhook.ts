import type { JsonValue } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { extractWebhook, selectJson } from '../../values/webhook.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import { askHook, openHook, whatOf } from '../webhook/ask.ts'
import type { Generated } from './generated.ts'
import { ownStore } from './own-store.ts'

/** ESO's Webhook: the members of the JSON object that a service answers with. Its templates know no `.remoteRef`. */
export async function webhook(
  spec: JsonValue | undefined,
  context: OpenContext,
): Promise<Generated> {
  const opening = ownStore('webhook', spec, context)
  const hook = await openHook(opening.store.settings, 'spec', opening)
  const what = whatOf(hook, undefined)
  const body = await askHook(hook, undefined, { opening, signal: context.signal })
  if (body === undefined) throw new ProviderError('invalid', `${what}: has nothing (HTTP 404)`)
  // Upstream: unlike a store's, a generator's path is no template.
  const { jsonPath } = hook.settings
  const selected = jsonPath === '' ? undefined : selectJson(body, jsonPath)
  if (selected?.failure !== undefined) {
    throw new ProviderError('invalid', `${what}: ${selected.failure.message}`)
  }
  const { value, failure } = extractWebhook(selected?.value ?? body, what)
  if (failure !== undefined) throw new ProviderError('malformed', failure.message)
  return new Map([...value].map(([key, bytes]) => [key, new SecretValue(bytes)]))
}
