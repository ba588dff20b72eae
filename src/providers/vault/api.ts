import NodeVault from 'node-vault'
import { HttpFailure, type HttpResponse, type TlsSettings } from '../../model/http.ts'
import type { SecretValue } from '../../model/secret-value.ts'
import { counted } from '../counted.ts'
import type { OpenContext } from '../provider.ts'
import { revealText } from '../references.ts'
import { readAnswer, type VaultAnswer } from './answer.ts'
import { networkFailure, statusFailure } from './failure.ts'
import { encodePath } from './path.ts'
import { type Attempt, pauseMs } from './pause.ts'
import type { VaultSettings } from './settings.ts'

// node-vault knows Vault's commands: which path, which verb, which members of a body. Everything else of it stays
// unused, because it was seen to leak: its transport follows redirects with the token, its errors and its debug output
// hold tokens and bodies, and it takes address, token and namespace from the environment. So it gets a transport that
// is ours, which answers every request with success and our own reading of what came.

/** What goes with one request beside path and body. */
export interface CallOptions {
  /** For counting, e.g. `vault:read`. */
  readonly call: string
  readonly token: SecretValue | undefined
  readonly namespace: string
  readonly signal: AbortSignal
  readonly isRetried: boolean
}

/**
 * Vault's calls. They resolve with 200, 204 and meaningful 4xx; everything else throws
 * ProviderError.
 */
export interface VaultApi {
  /** GET of an encoded path below `/v1/`. */
  readonly read: (path: string, options: CallOptions) => Promise<VaultAnswer>
  /** The names below an encoded path below `/v1/`. */
  readonly list: (path: string, options: CallOptions) => Promise<VaultAnswer>
  /** A text is a body that is JSON already: it may hold numbers that no JavaScript number is. */
  readonly write: (
    path: string,
    body: object | string,
    options: CallOptions,
  ) => Promise<VaultAnswer>
  readonly delete: (path: string, options: CallOptions) => Promise<VaultAnswer>
  readonly login: (login: VaultLogin, options: CallOptions) => Promise<VaultAnswer>
}

/** `body` has the members that node-vault's command of this method asks for. */
export interface VaultLogin {
  readonly method: 'approle' | 'kubernetes' | 'jwt' | 'userpass' | 'ldap'
  readonly mount: string
  readonly body: Readonly<Record<string, string>>
}

/** One store's way to its Vault. */
export interface VaultConnection {
  readonly settings: VaultSettings
  readonly tls: TlsSettings | undefined
  readonly context: OpenContext
  readonly requestMs: number
}

/** `state` is what Vault said of the last write: a standby that has not seen it must not answer (`readYourWrites`). */
interface Line extends VaultConnection {
  readonly written: { state: string }
}

/** What node-vault hands to its transport. */
interface Outgoing {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly uri: string
  readonly json?: object | string
  readonly waybill: CallOptions
}

/** Vault behind our transport: every answer is a `VaultAnswer`, every failure a ProviderError in our words. */
export function vaultApi(connection: VaultConnection): VaultApi {
  const line: Line = { ...connection, written: { state: '' } }
  const transport = async (outgoing: Outgoing) => ({
    statusCode: 200,
    body: await send(line, outgoing),
    request: { path: '' },
  })
  const client = NodeVault({
    endpoint: connection.settings.server,
    // The verb LIST does not pass every proxy, `?list=1` does.
    noCustomHTTPVerbs: true,
    'request-promise': { defaults: () => transport },
    debug: () => undefined,
    // Checks what our types have checked, and costs each read more than its signature would.
    tv4: Object.assign(() => true, { validate: () => true }),
  })
  // The constructor has taken these from VAULT_TOKEN, VAULT_NAMESPACE and VAULT_PREFIX.
  Object.assign(client, { token: '', namespace: '', pathPrefix: '' })
  const requestOptions = (waybill: CallOptions): object => ({ waybill })
  return {
    read: (path, options) => client.read(path, requestOptions(options)),
    list: (path, options) => client.list(path, requestOptions(options)),
    write: (path, body, options) => client.write(path, body, requestOptions(options)),
    delete: (path, options) => client.delete(path, requestOptions(options)),
    login: ({ method, mount, body }, options) =>
      client[`${method}Login`]({
        ...body,
        mount_point: encodePath(mount),
        requestOptions: requestOptions(options),
      }),
  }
}

/** Tries again as pause.ts says. 200, 4xx that mean something, and refused logins are for the caller to read. */
async function send(line: Line, outgoing: Outgoing): Promise<VaultAnswer> {
  const { context, settings } = line
  const { waybill } = outgoing
  for (let attempt = 1; ; attempt++) {
    const outcome = await sendOnce(line, outgoing)
    const delayMs = waybill.isRetried ? nextPauseMs(outcome, attempt, line) : undefined
    if (delayMs !== undefined) await context.sleep(delayMs, waybill.signal)
    else if (outcome instanceof HttpFailure) throw networkFailure(outcome, settings)
    else if (outcome.failure !== undefined) throw outcome.failure
    else return outcome.answer
  }
}

/** What one attempt gave. */
interface Outcome {
  readonly answer: VaultAnswer
  /** Set when the status says that there is no answer. */
  readonly failure: ReturnType<typeof statusFailure>
}

/** Undefined: no further attempt, whether that was a success or the last failure. */
function nextPauseMs(
  outcome: Outcome | HttpFailure,
  attempt: number,
  { context, settings }: VaultConnection,
): number | undefined {
  const isAnswered = !(outcome instanceof HttpFailure) && outcome.failure === undefined
  if (isAnswered) return undefined
  const tried: Attempt =
    outcome instanceof HttpFailure
      ? { attempt, network: outcome.code, status: 0, retryAfter: undefined }
      : {
          attempt,
          network: undefined,
          status: outcome.answer.status,
          retryAfter: outcome.answer.retryAfter,
        }
  return pauseMs(tried, settings.retry, context.random())
}

/** A secret that is not there is an answer. */
function isError({ status }: HttpResponse): boolean {
  return status >= 400 && status !== 404
}

/** An aborted run is no failure of the network: its reason goes up as it is. */
async function sendOnce(
  line: Line,
  { method, uri, json, waybill }: Outgoing,
): Promise<Outcome | HttpFailure> {
  const { context, settings, tls, requestMs, written } = line
  try {
    const response = await counted(context, { call: waybill.call, isError }, (onLeave) =>
      context.http.request({
        method,
        url: uri,
        headers: headersOf(line, waybill, json !== undefined),
        body: json === undefined ? undefined : encoded(json),
        tls,
        timeoutMs: requestMs,
        signal: waybill.signal,
        onLeave,
      }),
    )
    const answer = readAnswer(response)
    // A login is a write, too.
    if (method !== 'GET') written.state = response.headers['x-vault-index'] ?? written.state
    return { answer, failure: statusFailure(answer, settings) }
  } catch (error) {
    waybill.signal.throwIfAborted()
    if (error instanceof HttpFailure) return error
    throw error
  }
}

function encoded(json: object | string): Uint8Array {
  return new TextEncoder().encode(typeof json === 'string' ? json : JSON.stringify(json))
}

/** What the store adds never replaces what says who we are. */
function headersOf(
  { settings: { headers, readsOwnWrites }, written: { state } }: Line,
  { token, namespace }: CallOptions,
  hasBody: boolean,
): Readonly<Record<string, string>> {
  return {
    ...headers,
    accept: 'application/json',
    'x-vault-request': 'true',
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
    ...(readsOwnWrites && state !== '' ? { 'x-vault-index': state } : {}),
    ...(namespace === '' ? {} : { 'x-vault-namespace': namespace }),
    ...(token === undefined ? {} : { 'x-vault-token': revealText(token) }),
  }
}
