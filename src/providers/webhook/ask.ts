import type { HttpResponse } from '../../model/http.ts'
import type { JsonValue } from '../../model/json.ts'
import { readCa } from '../ca.ts'
import { codeOfStatus, exchange } from '../exchange.ts'
import { ProviderError } from '../provider.ts'
import type { Opening } from '../references.ts'
import { decodeRetry } from '../retry.ts'
import { fixedOrigin, hasTemplates, requestOf, type Webhook, type WebhookRef } from './request.ts'
import { decodeWebhook, readSecrets } from './settings.ts'

/** Reads what the settings name: Secrets, CA, and the template language if there is a template. */
export async function openHook(
  settings: JsonValue,
  field: string,
  opening: Opening,
): Promise<Webhook> {
  const decoded = decodeWebhook(settings, field)
  const [secrets, ca, engine] = await Promise.all([
    readSecrets(decoded, opening),
    readCa(settings, field, opening),
    hasTemplates(decoded) ? opening.context.templates() : undefined,
  ])
  const none = { cert: undefined, key: undefined, serverName: undefined }
  const tls = ca === undefined ? undefined : { ca, ...none, isVerificationOff: false }
  return { settings: decoded, secrets, engine, tls, namespace: opening.context.namespace }
}

/** The body of a 2xx; undefined for a 404, which says that there is no such secret. Throws ProviderError. */
export async function askHook(
  webhook: Webhook,
  ref: WebhookRef | undefined,
  { opening, signal }: { readonly opening: Opening; readonly signal: AbortSignal },
): Promise<Uint8Array | undefined> {
  const request = requestOf(webhook, ref)
  const what = whatOf(webhook, ref)
  const question = {
    call: 'webhook:Request',
    what,
    request,
    isRepeatable: request.method === 'GET',
    hidesHost: fixedOrigin(webhook.settings.url) === undefined,
    retry: decodeRetry(opening.store),
  }
  const { status, body } = await exchange(opening.context, question, signal)
  if (status === 404) return undefined
  if (status >= 200 && status < 300) return body
  throw refused(what, { status })
}

/** `webhook https://host, asked for "key"`: what of the URL is a template does not get into messages. */
export function whatOf({ settings }: Webhook, ref: WebhookRef | undefined): string {
  const origin = fixedOrigin(settings.url)
  const host = origin === undefined ? 'webhook' : `webhook ${origin}`
  return ref === undefined ? host : `${host}, asked for ${JSON.stringify(ref.key)}`
}

/** Its body may quote the request, so only the status is told. */
function refused(what: string, { status }: Pick<HttpResponse, 'status'>): ProviderError {
  if (status === 304) {
    const message = `${what}: answered that nothing has changed (HTTP 304), and no earlier answer is kept`
    return new ProviderError('unsupported', message, 'send no If-None-Match or If-Modified-Since')
  }
  const isRefusal = status === 401 || status === 403
  return new ProviderError(
    codeOfStatus(status),
    `${what}: ${isRefusal ? 'refused' : 'gave an error'} (HTTP ${status})`,
    isRefusal ? 'check the credentials in headers, and what they may read' : undefined,
  )
}
