import type { Answer, Payload, Read } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { selectJson } from '../../values/webhook.ts'
import { answerAll } from '../answers.ts'
import { type OpenProvider, ProviderError } from '../provider.ts'
import type { Opening } from '../references.ts'
import { askHook, openHook, whatOf } from './ask.ts'
import { jsonPathOf, type Webhook, type WebhookRef } from './request.ts'

// Any HTTP service as a store (R165): what is asked are templates of the store, what is answered is the secret.

const READS_AT_ONCE = 16

/** Reads the Secrets of the store; nothing is asked of the service yet. */
export const openWebhook: OpenProvider = async (store, context) => {
  const opening = { store, context }
  const webhook = await openHook(store.settings, 'spec.provider.webhook', opening)
  return {
    read: (reads, signal) =>
      answerAll(reads, { lanes: READS_AT_ONCE, signal }, (read) =>
        answer(webhook, read, { opening, signal }),
      ),
    close: async () => undefined,
  }
}

/** On whose behalf, and how long. */
interface Call {
  readonly opening: Opening
  readonly signal: AbortSignal
}

async function answer(webhook: Webhook, read: Read, call: Call): Promise<Answer> {
  if (read.op === 'get') return get(webhook, read, call)
  throw new ProviderError('unsupported', 'a webhook store answers questions for one key only')
}

async function get(webhook: Webhook, ref: WebhookRef, call: Call): Promise<Answer> {
  const body = await askHook(webhook, ref, call)
  if (body === undefined) return { outcome: 'absent' }
  return { outcome: 'found', payload: payloadOf(webhook, ref, body) }
}

/** The body as it is, or what `result.jsonPath` selects of it. Upstream: metadataPolicy means nothing here. */
function payloadOf(webhook: Webhook, ref: WebhookRef, body: Uint8Array): Payload {
  const rest = { binary: undefined, data: undefined, metadata: undefined }
  const path = jsonPathOf(webhook, ref)
  if (path === '') return { dialect: 'webhook', text: new SecretValue(body), ...rest }
  const { value, failure } = selectJson(body, path)
  if (failure === undefined) {
    return { dialect: 'webhook-json', text: new SecretValue(value), ...rest }
  }
  const code = failure.code === 'NotJson' ? 'malformed' : 'invalid'
  throw new ProviderError(code, `${whatOf(webhook, ref)}: ${failure.message}`)
}
