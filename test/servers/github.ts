import { type Jwk, verifyToken } from './jwt.ts'
import { type Answered, type Incoming, json, startServer, type TestServer } from './server.ts'

// The one call of GitHub's API that makes a token of an app's installation. Strict about the app's own token: signature,
// issuer, age and life, and about the shape of the request.

export interface GithubOptions {
  readonly appId: string
  readonly key: Jwk
  readonly clock: () => number
  /** Where the API is: `/api/v3` on an Enterprise Server. */
  readonly prefix?: string
  /** Installation → the repositories that it has. */
  readonly installations: Readonly<Record<string, readonly string[]>>
}

export interface GithubServer extends TestServer {
  readonly handedOut: readonly string[]
}

const CALL = 'github:CreateInstallationAccessToken'

export async function startGithub(options: GithubOptions): Promise<GithubServer> {
  const handedOut: string[] = []
  const server = await startServer({
    tls: false,
    nameOf: () => CALL,
    answer: (incoming) => answer(incoming, options, handedOut),
  })
  return { ...server, handedOut }
}

function answer(incoming: Incoming, options: GithubOptions, handedOut: string[]): Answered {
  const { method, path, headers } = incoming
  const refuse = (status: number, message: string): Answered => ({
    call: CALL,
    reply: json(status, { message, documentation_url: 'https://docs.github.com' }),
  })
  const place = `${options.prefix ?? ''}/app/installations/`
  if (method !== 'POST' || !path.startsWith(place)) return refuse(404, 'Not Found')
  if (headers['user-agent'] === undefined) return refuse(403, 'a user agent is needed')
  const complaint = complaintAbout(headers.authorization ?? '', options)
  if (complaint !== undefined) return refuse(401, complaint)
  const [id = '', verb] = path.slice(place.length).split('/')
  const repositories = options.installations[id]
  if (verb !== 'access_tokens' || repositories === undefined) return refuse(404, 'Not Found')
  const { wanted, permissions } = askedIn(incoming, repositories)
  if (!wanted.every((name) => repositories.includes(name))) return refuse(422, 'not accessible')
  const token = `ghs_${id}_${handedOut.length}_${wanted.join('+')}`
  handedOut.push(token)
  return {
    call: CALL,
    principal: id,
    reply: json(201, { token, expires_at: 'soon', permissions }),
  }
}

/** Without a body everything that the installation has. */
function askedIn({ body }: Incoming, all: readonly string[]) {
  const asked = body.length === 0 ? {} : JSON.parse(body.toString())
  return {
    wanted: (asked.repositories ?? all) as readonly string[],
    permissions: (asked.permissions ?? {}) as unknown,
  }
}

/** GitHub takes no token that begins in its future or lives for more than ten minutes. */
function complaintAbout(
  authorization: string,
  { appId, key, clock }: GithubOptions,
): string | undefined {
  const nowMs = clock()
  const claims = verifyToken(authorization.replace(/^Bearer /, ''), [key], nowMs)
  if (claims === undefined) return 'A JSON web token could not be decoded'
  if (claims === 'expired') return "'Expiration time' claim ('exp') is in the past"
  if (claims.iss !== appId) return 'Integration not found'
  if (Number(claims.iat) > nowMs / 1000) return "'Issued at' claim ('iat') is in the future"
  return Number(claims.exp) > nowMs / 1000 + 600 ? "'exp' is too far in the future" : undefined
}
