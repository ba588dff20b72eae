import { hasAudience, serviceAccountClaims, startIssuer, verifyToken } from '../../servers/jwt.ts'
import { testTls } from '../../servers/server.ts'
import type { VaultOptions } from '../../servers/vault-state.ts'

// Every login that needs no cloud: what a Vault is told about it, and what stands in the cluster.

export const READ_SHOP = { shop: [{ path: 'secret/data/shop/', capabilities: ['read'] as const }] }
const GRANT = { policies: ['shop'] }
const issuer = startIssuer('https://kubernetes.default.svc')

/** TokenReview, as an API server with this issuer answers it. */
function review(token: string, audiences: readonly string[]) {
  const claims = verifyToken(token, issuer.jwks, Date.now())
  if (claims === undefined || claims === 'expired') return undefined
  if (audiences.some((audience) => !hasAudience(claims, audience))) return undefined
  const [, , namespace = '', name = ''] = String(claims.sub).split(':')
  return { namespace, name }
}

export const cluster = {
  secrets: {
    'shop/approle': { role: 'role-id-1', secret: 'secret-id-1' },
    'shop/login': { password: 'pass-1', token: 'set below' },
    'shop/client': { 'tls.crt': testTls().client.cert, 'tls.key': testTls().client.key },
  },
  token: (account: string, audiences: readonly string[]) => {
    const [namespace = '', name = ''] = account.split('/')
    return issuer.sign(serviceAccountClaims(namespace, name, audiences, Date.now()))
  },
  ownToken: issuer.sign(serviceAccountClaims('shop', 'vault-reader', ['vault'], Date.now())),
}

export const AUTH: NonNullable<VaultOptions['auth']> = {
  approle: { method: 'approle', roleId: 'role-id-1', secretId: 'secret-id-1', grant: GRANT },
  kubernetes: {
    method: 'kubernetes',
    review,
    roles: { shop: { serviceAccounts: ['shop/vault-reader'], audience: 'vault', ...GRANT } },
  },
  userpass: { method: 'userpass', users: { ann: { password: 'pass-1', grant: GRANT } } },
  'corp/ldap': { method: 'ldap', users: { 'ann@corp': { password: 'pass-1', grant: GRANT } } },
  jwt: {
    method: 'jwt',
    jwks: issuer.jwks,
    roles: {
      shop: { subject: 'system:serviceaccount:shop:vault-reader', audience: 'vault', ...GRANT },
    },
  },
  cert: { method: 'cert', roles: { shop: GRANT } },
}

export const account = { name: 'vault-reader', audiences: ['vault'] }
export const password = { name: 'login', key: 'password' }
export const secretId = { name: 'approle', key: 'secret' }
