import type { HttpRequest, TlsSettings } from '../../model/http.ts'
import { SecretValue } from '../../model/secret-value.ts'
import type { TemplateData, TemplateEngine } from '../../template/template-engine.ts'
import { type CredentialSecret, ProviderError } from '../provider.ts'
import { revealText } from '../references.ts'
import type { WebhookSettings } from './settings.ts'

/** An open webhook: everything that its requests are made of. */
export interface Webhook {
  readonly settings: WebhookSettings
  readonly secrets: ReadonlyMap<string, CredentialSecret>
  /** Undefined when no text of the store is a template. */
  readonly engine: TemplateEngine | undefined
  readonly tls: TlsSettings | undefined
  /** Of the ExternalSecret. */
  readonly namespace: string
}

/** What templates know as `.remoteRef`; undefined for a generator, which has none. */
export interface WebhookRef {
  readonly key: string
  readonly version: string | undefined
  readonly property: string | undefined
}

/** Headers that say how the message is framed or whom it is for; Go's client ignores them, too. */
const NOT_OURS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'expect',
])

/** Renders the request. Throws ProviderError for a template that fails or a URL that goes elsewhere. */
export function requestOf(
  webhook: Webhook,
  ref: WebhookRef | undefined,
): Omit<HttpRequest, 'signal'> {
  const { method, body, timeoutMs, headers } = webhook.settings
  const raw = dataOf(webhook, ref, (value) => value)
  const url = render(webhook, 'url', {
    template: webhook.settings.url,
    data: dataOf(webhook, ref, queryEscape),
  })
  const sent = new TextEncoder().encode(render(webhook, 'body', { template: body, data: raw }))
  const rendered: Record<string, string> = Object.create(null)
  rendered['user-agent'] = 'waybill'
  for (const [name, template] of headers) {
    const lower = name.toLowerCase()
    if (NOT_OURS.has(lower)) continue
    rendered[lower] = render(webhook, `headers.${name}`, { template, data: raw })
  }
  // Node frames no body of a GET by itself: its bytes would look like another request.
  if (sent.byteLength > 0) rendered['content-length'] = String(sent.byteLength)
  return {
    method,
    url: checkUrl(url, webhook.settings),
    headers: rendered,
    body: sent.byteLength === 0 ? undefined : sent,
    tls: webhook.tls,
    timeoutMs,
  }
}

/** `result.jsonPath`, which is a template as well. */
export function jsonPathOf(webhook: Webhook, ref: WebhookRef | undefined): string {
  const template = webhook.settings.jsonPath
  return render(webhook, 'result.jsonPath', { template, data: dataOf(webhook, ref, (v) => v) })
}

/** Upstream: the remote reference is escaped in the URL, its namespace and the values of Secrets are not. */
function dataOf(
  { secrets, namespace }: Webhook,
  ref: WebhookRef | undefined,
  escaped: (value: string) => string,
): TemplateData {
  const data = new Map<string, ReadonlyMap<string, SecretValue>>()
  if (ref !== undefined) {
    const members = {
      key: escaped(ref.key),
      version: escaped(ref.version ?? ''),
      property: escaped(ref.property ?? ''),
      namespace,
    }
    const entries = Object.entries(members)
    data.set('remoteRef', new Map(entries.map(([k, v]) => [k, SecretValue.fromText(v)])))
  }
  for (const [name, secret] of secrets) {
    data.set(name, new Map([...(data.get(name) ?? []), ...secret.data]))
  }
  return data
}

/** url.QueryEscape of Go. */
function queryEscape(value: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}

/** A text and what it may use. */
interface Text {
  readonly template: string
  readonly data: TemplateData
}

/** Whether any text of the store needs the template language. */
export function hasTemplates({ url, body, headers, jsonPath }: WebhookSettings): boolean {
  return [url, body, jsonPath, ...headers.values()].some(isTemplate)
}

function isTemplate(text: string): boolean {
  return text.includes('{{')
}

/** What is no template is taken as it is. */
function render({ engine, settings }: Webhook, key: string, { template, data }: Text): string {
  if (engine === undefined || !isTemplate(template)) return template
  const text = new TextEncoder().encode(template)
  const rendering = engine.render({ key, text, data, missingKey: 'default' })
  if (rendering.outcome === 'rendered') return revealText(rendering.value)
  const message = `${settings.field}.${key}: ${rendering.error.message}`
  throw new ProviderError('invalid', message, 'test it with: waybill template')
}

/** Scheme, host and port where no template can touch them; undefined where one can. */
export function fixedOrigin(url: string): string | undefined {
  const prefix = /^https?:\/\/[^/?#{}\\\s]+(?=[/?#]|$)/i.exec(url)?.[0]
  return prefix !== undefined && URL.canParse(prefix) ? new URL(prefix).origin : undefined
}

/**
 * Trust: the key of an ExternalSecret must lead nowhere but where the store points. What is left of SSRF, the addresses,
 * is the transport's: it asks for each one that the host resolves to.
 */
function checkUrl(rendered: string, { url: template, field }: WebhookSettings): string {
  const fail = (words: string): ProviderError =>
    new ProviderError('invalid', `${field}.url ${words}`)
  const url = URL.canParse(rendered) ? new URL(rendered) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw fail('is no http or https URL once it is rendered')
  }
  const origin = fixedOrigin(template)
  if (origin !== undefined && url.origin !== origin)
    throw fail(`leads to another host than ${origin}`)
  const [path = ''] = rendered.replace(/^[^:]*:[/\\]+[^/\\?#]*/, '').split(/[?#]/)
  const segments = path.split(/[/\\]/).map((segment) => segment.replace(/%2e/gi, '.'))
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    throw fail('holds "." or ".." as a part of its path once it is rendered')
  }
  return rendered
}
