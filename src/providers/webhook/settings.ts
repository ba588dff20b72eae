import { parseDuration } from '../../model/duration.ts'
import { dig, isArray, isObject, type JsonValue, text } from '../../model/json.ts'
import type { CredentialSecret } from '../provider.ts'
import { type NameRef, ProviderError } from '../provider.ts'
import { namespaceOf, type Opening } from '../references.ts'

// `spec.provider.webhook` of a store, and the spec of a Webhook generator, which has the same members.

/** Where and how to ask. Texts may be templates; references are not read yet. */
export interface WebhookSettings {
  /** Where it stands, for messages. */
  readonly field: string
  readonly url: string
  readonly method: Method
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  readonly timeoutMs: number
  /** Empty for the whole body. */
  readonly jsonPath: string
  readonly secrets: readonly WebhookSecret[]
}

/** A Secret and the name that templates call it by. */
export interface WebhookSecret {
  readonly name: string
  readonly ref: NameRef
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
type Method = (typeof METHODS)[number]

/** ESO waits as long as the server does; a run has other stores, too. */
const TIMEOUT_MS_DEFAULT = 10_000
const TIMEOUT_MS_MAX = 30_000
const TYPE_LABEL = 'external-secrets.io/type'

/** Throws ProviderError `invalid` or `unsupported`. */
export function decodeWebhook(settings: JsonValue, field: string): WebhookSettings {
  if (isObject(dig(settings, 'auth', 'ntlm'))) {
    throw new ProviderError(
      'unsupported',
      `${field}.auth.ntlm: NTLM is not supported`,
      'put a token or basic credentials into headers, from a Secret listed in secrets',
    )
  }
  const url = text(dig(settings, 'url')) ?? ''
  if (url === '') throw new ProviderError('invalid', `${field}.url is empty`)
  return {
    field,
    url,
    method: methodOf(text(dig(settings, 'method')) ?? '', field),
    headers: headersOf(dig(settings, 'headers')),
    body: text(dig(settings, 'body')) ?? '',
    timeoutMs: timeoutOf(dig(settings, 'timeout'), field),
    jsonPath: text(dig(settings, 'result', 'jsonPath')) ?? '',
    secrets: secretsOf(dig(settings, 'secrets'), field),
  }
}

function methodOf(method: string, field: string): Method {
  const found = METHODS.find((known) => known === (method === '' ? 'GET' : method.toUpperCase()))
  if (found !== undefined) return found
  const message = `${field}.method ${JSON.stringify(method)} is not supported`
  throw new ProviderError('unsupported', message, `supported are ${METHODS.join(', ')}`)
}

function headersOf(headers: JsonValue | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of isObject(headers) ? Object.entries(headers) : []) {
    if (typeof value === 'string') found.set(name, value)
  }
  return found
}

function timeoutOf(timeout: JsonValue | undefined, field: string): number {
  if (timeout === undefined || timeout === null) return TIMEOUT_MS_DEFAULT
  const ns = typeof timeout === 'string' ? parseDuration(timeout) : undefined
  if (ns === undefined || ns < 0n) {
    throw new ProviderError('invalid', `${field}.timeout is no duration`, 'e.g. 10s')
  }
  return ns === 0n ? TIMEOUT_MS_DEFAULT : Math.min(Number(ns / 1_000_000n) || 1, TIMEOUT_MS_MAX)
}

function secretsOf(secrets: JsonValue | undefined, field: string): readonly WebhookSecret[] {
  return (isArray(secrets) ? secrets : []).map((item, at) => {
    const name = text(dig(item, 'name')) ?? ''
    const secret = text(dig(item, 'secretRef', 'name')) ?? ''
    if (name === '' || secret === '') {
      const message = `${field}.secrets[${at}]: name and secretRef.name must not be empty`
      throw new ProviderError('invalid', message)
    }
    const namespace = text(dig(item, 'secretRef', 'namespace')) || undefined
    return { name, ref: { name: secret, namespace } }
  })
}

/**
 * The Secrets that templates may use. Trust: only those that say themselves that they are for webhooks, so that no store
 * can send any other Secret of its namespace to a host of its choice.
 */
export async function readSecrets(
  { secrets, field }: WebhookSettings,
  { store, context }: Opening,
): Promise<ReadonlyMap<string, CredentialSecret>> {
  const found = new Map<string, CredentialSecret>()
  for (const [at, { name, ref }] of secrets.entries()) {
    const place = `${field}.secrets[${at}].secretRef`
    if (store.kind === 'ClusterSecretStore' && ref.namespace === undefined) {
      const message = `${place} names no namespace, which a ClusterSecretStore has to`
      throw new ProviderError('invalid', message)
    }
    const where = `Secret ${namespaceOf(ref, store, context)}/${ref.name}`
    const secret = await context.credentials.secret(ref)
    if (secret === undefined) {
      const message = `${where} does not exist, which ${place} names`
      throw new ProviderError('credentials-not-found', message, 'create it, or correct the store')
    }
    if (secret.labels.get(TYPE_LABEL) !== 'webhook') {
      throw new ProviderError(
        'forbidden',
        `${where} is not meant for webhooks: it has no label ${TYPE_LABEL}: webhook`,
        `kubectl label secret ${ref.name} ${TYPE_LABEL}=webhook`,
      )
    }
    // Upstream: two entries of one name add up, and of two equal keys the later counts.
    const earlier = found.get(name)?.data ?? new Map()
    found.set(name, { ...secret, data: new Map([...earlier, ...secret.data]) })
  }
  return found
}
