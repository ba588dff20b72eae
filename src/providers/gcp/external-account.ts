import { readFile } from 'node:fs/promises'
import { stringMap } from '../../model/external-secret.ts'
import { dig, isObject, type JsonObject, type JsonValue, text } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { exchange } from '../exchange.ts'
import { ProviderError } from '../provider.ts'
import { isServiceAccountEmail } from './account-key.ts'
import { type GcpLine, parseObject } from './call.ts'

// The JSON that `gcloud iam workload-identity-pools create-cred-config` writes, kept in a ConfigMap.
//
// Trust: a tenant writes it. It may not make us run programs, read files of this machine, or send a token anywhere but to
// Google; the URL that it fetches a token from must be the one that the store names, too.

/** The configuration as far as it counts. */
export interface ExternalAccount {
  /** The object that it comes from, in words. */
  readonly where: string
  /** Empty when the store has it. */
  readonly audience: string
  readonly subjectTokenType: string
  /** Service account to become; empty for none. */
  readonly email: string
  readonly source: TokenSource
}

/** Where the token of the other provider lies. `field` is undefined for plain text. */
export type TokenSource = { readonly field: string | undefined } & (
  | { readonly from: 'file'; readonly path: string }
  | {
      readonly from: 'url'
      readonly url: string
      readonly headers: Readonly<Record<string, string>>
    }
)

/** What the store says about its configuration. */
export interface ConfigRules {
  /** The object, in words. */
  readonly where: string
  /** The one URL that may be asked for a token; undefined where whoever runs us wrote the configuration. */
  readonly tokenEndpoint: string | undefined
  /** An administrator's store may read a file of this pod, a tenant's may not. */
  readonly isFileAllowed: boolean
}

const IMPERSONATION =
  /^https:\/\/iamcredentials\.googleapis\.com\/v1\/projects\/-\/serviceAccounts\/([^/:]+):generateAccessToken$/
const STS = 'https://sts.googleapis.com/v1/token'
/** Of the pod itself: it would make its identity that of the store. */
const OWN_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** Throws ProviderError `invalid` for everything that the rules above forbid. */
export function readExternalAccount(json: string, rules: ConfigRules): ExternalAccount {
  const file = parseObject(json) ?? {}
  const impersonation = text(file.service_account_impersonation_url) ?? ''
  const email = IMPERSONATION.exec(impersonation)?.[1] ?? ''
  const source = sourceOf(file.credential_source, rules)
  const wrong =
    offence(file) ??
    (impersonation !== '' && !isServiceAccountEmail(email)
      ? 'has a service_account_impersonation_url that is not that of a service account'
      : undefined) ??
    (typeof source === 'string' ? source : undefined)
  if (wrong !== undefined || typeof source === 'string') {
    throw new ProviderError('invalid', `the configuration in ${rules.where} ${wrong}`)
  }
  return {
    where: rules.where,
    audience: text(file.audience) ?? '',
    subjectTokenType: text(file.subject_token_type) ?? '',
    email,
    source,
  }
}

/** What forbids the file as a whole; undefined for nothing. */
function offence(file: JsonObject): string | undefined {
  if (text(file.type) !== 'external_account') return 'is no JSON of type external_account'
  if ((text(file.token_url) ?? STS) !== STS) return `has another token_url than ${STS}`
  return (text(file.universe_domain) ?? 'googleapis.com') === 'googleapis.com'
    ? undefined
    : 'is for another universe than googleapis.com'
}

/** A text says what is wrong with it. */
function sourceOf(source: JsonValue | undefined, rules: ConfigRules): TokenSource | string {
  if (!isObject(source)) return 'has no credential_source'
  if (source.executable !== undefined) return 'wants to run a program, which is not allowed'
  if (source.environment_id !== undefined) {
    return 'is for the metadata server of AWS: use awsSecurityCredentials instead'
  }
  const path = text(source.file) ?? ''
  return path === '' ? urlSource(source, rules) : fileSource(source, path, rules)
}

function fileSource(
  { format }: JsonObject,
  path: string,
  { isFileAllowed }: ConfigRules,
): TokenSource | string {
  if (!isFileAllowed) return 'reads a file, which only a ClusterSecretStore may'
  if (path === OWN_TOKEN) return "reads this pod's own token"
  return { from: 'file', path, field: fieldOf(format) }
}

function urlSource(source: JsonObject, { tokenEndpoint }: ConfigRules): TokenSource | string {
  const url = text(source.url) ?? ''
  if (!url.startsWith('https://')) return 'has no credential_source with an https url'
  if (url !== (tokenEndpoint ?? url))
    return 'has another credential_source.url than externalTokenEndpoint'
  const headers = stringMap(source.headers) ?? new Map<string, string>()
  return { from: 'url', url, headers: Object.fromEntries(headers), field: fieldOf(source.format) }
}

/** The member that holds the token; undefined when the whole body is it. */
function fieldOf(format: JsonValue | undefined): string | undefined {
  if (dig(format, 'type') !== 'json') return undefined
  return text(dig(format, 'subject_token_field_name')) ?? ''
}

/** Fetches the token anew. Throws ProviderError; nothing of what was read gets into it. */
export async function sourcedToken(
  source: TokenSource,
  where: string,
  { line, signal }: { readonly line: GcpLine; readonly signal: AbortSignal },
): Promise<SecretValue> {
  const body =
    source.from === 'file' ? await readToken(source.path) : await fetchToken(source, line, signal)
  const { field } = source
  const token = field === undefined ? body : text(dig(parseObject(body), field))
  if (token !== undefined && token.trim() !== '') return SecretValue.fromText(token.trim())
  const what = field === undefined ? 'gave nothing' : `gave no JSON with a token in "${field}"`
  throw new ProviderError('credentials-not-found', `the credential_source in ${where} ${what}`)
}

async function readToken(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    throw new ProviderError('credentials-not-found', `the token file ${path} cannot be read`)
  }
}

async function fetchToken(
  { url, headers }: TokenSource & { readonly from: 'url' },
  { context, requestMs, retry }: GcpLine,
  signal: AbortSignal,
): Promise<string> {
  const what = `externalTokenEndpoint ${new URL(url).host}`
  const request = {
    method: 'GET' as const,
    url,
    headers,
    body: undefined,
    tls: undefined,
    timeoutMs: requestMs,
  }
  const rest = { isRepeatable: true, hidesHost: false, retry }
  const question = { call: 'token-endpoint:Get', what, request, ...rest }
  const { status, body } = await exchange(context, question, signal)
  if (status === 200) return new TextDecoder().decode(body)
  throw new ProviderError('unauthenticated', `${what} gave no token (HTTP ${status})`)
}
