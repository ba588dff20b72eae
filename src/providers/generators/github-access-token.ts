import { dig, isObject, type JsonValue, member, text } from '../../model/json.ts'
import type { ProviderErrorCode } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { codeOfStatus, exchange, objectOf } from '../exchange.ts'
import { rsaKeyOf, signRs256 } from '../jwt.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import { credential, decodeKeyRef, revealText } from '../references.ts'
import { secureUrl } from '../secure-url.ts'
import type { Generated } from './generated.ts'
import { ownStore } from './own-store.ts'
import { word, words, wrong } from './spec.ts'

const API = 'https://api.github.com'
const TIMEOUT_MS = 10_000
/** As upstream: GitHub refuses what begins in its future, and what lives longer than ten minutes. */
const CLAIM_SECONDS = { before: 10, after: 300 } as const
const FIELD = 'spec.auth.privateKey.secretRef'

/** ESO's GithubAccessToken: a token of an installation of a GitHub App, which lives for an hour. */
export async function githubAccessToken(
  spec: JsonValue | undefined,
  context: OpenContext,
): Promise<Generated> {
  const appId = required(spec, 'appID')
  const installation = required(spec, 'installID')
  const body = bodyOf(spec)
  const what = `GitHub, asked for a token of installation ${JSON.stringify(installation)}`
  const question = {
    call: 'github:CreateInstallationAccessToken',
    what,
    request: {
      method: 'POST',
      url: `${serverOf(spec)}/app/installations/${encodeURIComponent(installation)}/access_tokens`,
      headers: {
        accept: 'application/vnd.github.v3+json',
        'content-type': 'application/json',
        'user-agent': 'waybill',
        authorization: `Bearer ${await appToken(spec, appId, context)}`,
      },
      body: body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body)),
      tls: undefined,
      timeoutMs: TIMEOUT_MS,
    },
    // A token too many ends by itself.
    isRepeatable: true,
    hidesHost: false,
    retry: undefined,
  } as const
  const { status, body: answer } = await exchange(context, question, context.signal)
  if (status < 200 || status >= 300) throw refusal(status, what)
  const token = text(member(objectOf(answer), 'token')) ?? ''
  if (token === '') throw new ProviderError('malformed', `${what}: its answer holds no token`)
  return new Map([['token', SecretValue.fromText(token)]])
}

function required(spec: JsonValue | undefined, name: string): string {
  const value = word(spec, name) ?? ''
  if (value === '') throw wrong(name, 'text')
  return value
}

/** GitHub Enterprise Server has its API at `https://host/api/v3`. */
function serverOf(spec: JsonValue | undefined): string {
  return secureUrl(word(spec, 'url') || API, 'spec.url')
}

/** Undefined asks for everything that the installation may. */
function bodyOf(spec: JsonValue | undefined): object | undefined {
  const repositories = words(spec, 'repositories')
  const permissions = member(spec, 'permissions') ?? undefined
  if (permissions !== undefined && !isObject(permissions)) throw wrong('permissions', 'a map')
  if (permissions === undefined && repositories.length === 0) return undefined
  return {
    ...(permissions === undefined ? {} : { permissions }),
    ...(repositories.length === 0 ? {} : { repositories }),
  }
}

/** Who the app is, signed with its private key. */
async function appToken(
  spec: JsonValue | undefined,
  appId: string,
  context: OpenContext,
): Promise<string> {
  const ref = decodeKeyRef(dig(spec, 'auth', 'privateKey', 'secretRef'))
  if (ref === undefined) throw new ProviderError('invalid', `${FIELD} names no Secret`)
  const pem = await credential(ref, FIELD, ownStore('github', undefined, context))
  const key = rsaKeyOf(revealText(pem))
  if (key === undefined) {
    throw new ProviderError(
      'invalid',
      `Secret ${context.namespace}/${ref.name} holds no RSA key in PEM at key "${ref.key}"`,
      'it wants the .pem file that GitHub gave out for the app',
    )
  }
  const now = Math.floor(context.nowMs() / 1000)
  const claims = { iss: appId, iat: now - CLAIM_SECONDS.before, exp: now + CLAIM_SECONDS.after }
  return signRs256(key, claims)
}

/** Status → what it means here. GitHub's own words may repeat what was sent. */
const REFUSALS: ReadonlyMap<number, readonly [ProviderErrorCode, words: string, hint: string]> =
  new Map([
    [401, ['unauthenticated', 'does not accept the app', 'check appID, the key, and the clock']],
    [403, ['forbidden', 'does not allow it', 'see whether the installation is suspended']],
    [404, ['invalid', 'does not know it', 'check installID, and that it is one of this app']],
    [
      422,
      ['invalid', 'does not give these', 'the installation needs all repositories and permissions'],
    ],
  ])

function refusal(status: number, what: string): ProviderError {
  const [code, told, hint] = REFUSALS.get(status) ?? [codeOfStatus(status), 'failed', undefined]
  return new ProviderError(code, `${what}: ${told} (HTTP ${status})`, hint)
}
