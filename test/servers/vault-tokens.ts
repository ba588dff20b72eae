import { type Incoming, json, type Reply } from './server.ts'
import { newToken, type VaultToken } from './vault-auth.ts'
import type { DynamicAnswer, DynamicEngine } from './vault-dynamic.ts'
import { bodyOf, errors, methodOf, pathOf } from './vault-request.ts'
import { isPermitted, type Vault } from './vault-state.ts'

// Tokens and leases of the Vault server: both end with the token that made them.

export function answerToken(vault: Vault, token: VaultToken, path: string): Reply {
  if (token.isBatch && !path.endsWith('lookup-self')) {
    return errors(400, `batch tokens cannot be ${path.includes('revoke') ? 'revoked' : 'renewed'}`)
  }
  switch (path) {
    case 'auth/token/revoke-self':
      vault.tokens.delete(token.id)
      for (const [id, { parent }] of vault.tokens) if (parent === token.id) vault.tokens.delete(id)
      return { status: 204, body: '' }
    case 'auth/token/lookup-self':
      return json(200, { data: { ttl: Math.round((token.expiresMs - vault.now()) / 1000) } })
    case 'auth/token/renew-self': {
      token.expiresMs = Math.min(vault.now() + token.ttlMs, token.endsMs)
      const lease_duration = Math.round((token.expiresMs - vault.now()) / 1000)
      return json(200, { auth: { client_token: token.id, lease_duration, renewable: true } })
    }
    default:
      return errors(404)
  }
}

/** A child: it dies with its parent. */
export function createToken(vault: Vault, parent: VaultToken, incoming: Incoming): Reply {
  if (!isPermitted(vault, parent, 'auth/token/create', 'update')) {
    return errors(403, 'permission denied')
  }
  const { policies } = bodyOf(incoming)
  const names = Array.isArray(policies) ? policies.map(String) : parent.policies
  const grant = { policies: names, ttlSeconds: 600 }
  const child = newToken({ grant, principal: 'child' }, parent.namespace, vault.now())
  vault.tokens.set(child.id, { ...child, parent: parent.id })
  vault.handedOut.push(child.id)
  const auth = {
    client_token: child.id,
    accessor: 'accessor-of-the-child',
    policies: names,
    token_policies: names,
    metadata: null,
    lease_duration: 600,
    renewable: true,
    entity_id: '',
    token_type: 'service',
    orphan: false,
    mfa_requirement: null,
    num_uses: 0,
  }
  return json(200, { request_id: '1', lease_id: '', data: null, auth, warnings: null })
}

export interface DynamicCall {
  readonly incoming: Incoming
  readonly mount: string
  readonly engine: DynamicEngine
}

export function answerDynamic(vault: Vault, token: VaultToken, call: DynamicCall): Reply {
  const { incoming, mount, engine } = call
  const path = pathOf(incoming)
  const method = methodOf(incoming)
  const capability = method === 'write' ? 'update' : method
  if (!isPermitted(vault, token, path, capability)) return errors(403, 'permission denied')
  const answer: DynamicAnswer | undefined = engine({
    method,
    path: path.slice(mount.length + 1),
    query: new URLSearchParams(incoming.query),
    body: bodyOf(incoming),
  })
  if (answer === undefined) return errors(404)
  const { status = 200, data = 'null', leaseSeconds = 0 } = answer
  if (status === 204) return { status, body: '' }
  const id = leaseSeconds === 0 ? '' : `${path}/lease-${vault.leases.length + 1}`
  if (id !== '') vault.leases.push({ id, token: token.id })
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: `{"request_id":"req-1","lease_id":${JSON.stringify(id)},"renewable":${id !== ''},"lease_duration":${leaseSeconds},"data":${data},"wrap_info":null,"warnings":null,"auth":null,"mount_type":"dynamic"}`,
  }
}
