import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { generate } from '../../../src/providers/generators/generate.ts'
import type { OpenContext } from '../../../src/providers/provider.ts'
import { vaultOpener } from '../../../src/providers/vault/client.ts'
import { makeServiceAccount } from '../../servers/gcp-auth.ts'
import { serviceAccountClaims, startIssuer } from '../../servers/jwt.ts'
import { startVault, type VaultServer } from '../../servers/vault.ts'
import { databaseEngine } from '../../servers/vault-dynamic.ts'
import { assertFailed, CANARY, everythingOf, FAULTS, leakIn } from './leaks.ts'
import { get, type TestCluster, testOpening, testStore } from './opening.ts'

// Every way into Vault sends something secret: a password, a JWT, a signed request. None of it may come back in an error,
// whatever Vault answers and even if it repeats what it was sent.

const issuer = startIssuer('https://kubernetes.default.svc')
const google = makeServiceAccount('reader@shop-1.iam.gserviceaccount.com')
const secrets = {
  'shop/keys': { id: 'AKIATESTTESTTEST', key: `${CANARY}-aws`, password: `${CANARY}-password` },
  'shop/google': { json: google.json },
  'shop/token': { token: `${CANARY}-token` },
}
const keys = (key: string): JsonObject => ({ name: 'keys', key })

const LOGINS: readonly { readonly story: string; readonly auth: JsonObject }[] = [
  { story: 'token', auth: { tokenSecretRef: { name: 'token', key: 'token' } } },
  { story: 'appRole', auth: { appRole: { roleId: `${CANARY}`, secretRef: keys('password') } } },
  { story: 'userPass', auth: { userPass: { username: 'ann', secretRef: keys('password') } } },
  { story: 'ldap', auth: { ldap: { username: 'ann', secretRef: keys('password') } } },
  {
    story: 'kubernetes',
    auth: { kubernetes: { role: 'shop', serviceAccountRef: { name: 'reader' } } },
  },
  {
    story: 'iam',
    auth: {
      iam: {
        vaultRole: 'shop',
        vaultAwsIamServerID: 'vault.example.com',
        secretRef: { accessKeyIDSecretRef: keys('id'), secretAccessKeySecretRef: keys('key') },
      },
    },
  },
  {
    story: 'gcp',
    auth: {
      gcp: {
        role: 'shop',
        secretRef: { secretAccessKeySecretRef: { name: 'google', key: 'json' } },
      },
    },
  },
]

/** Everything that was sent and must not be seen again. */
interface Watch {
  readonly context: OpenContext
  readonly sent: string[]
  readonly close: () => void
}

function watch(): Watch {
  const sent: string[] = []
  const cluster: TestCluster = {
    secrets,
    token: (_, audiences) =>
      issuer.sign(serviceAccountClaims('shop', 'reader', audiences, Date.now())),
  }
  const { context, close } = testOpening({ cluster })
  const http: OpenContext['http'] = {
    ...context.http,
    request: (request) => {
      sent.push(...secretsIn(new TextDecoder().decode(request.body ?? new Uint8Array())))
      return context.http.request(request)
    },
  }
  return { sent, context: { ...context, http }, close }
}

/** What of a login's body is a credential, and the signature within. */
function secretsIn(body: string): readonly string[] {
  if (body === '') return []
  const {
    jwt,
    password,
    secret_id,
    iam_request_headers: headers,
  } = JSON.parse(body) as Readonly<Record<string, string | undefined>>
  const signed = Buffer.from(headers ?? '', 'base64').toString()
  const signature = /Signature=([0-9a-f]{64})/.exec(signed)?.[1]
  return [jwt, password, secret_id, headers, signature].filter((text) => text !== undefined)
}

const start = (): Promise<VaultServer> =>
  startVault({
    tokens: { [`${CANARY}-token`]: { policies: ['root'] } },
    secrets: { secret: { 'shop/api': { token: CANARY } } },
    dynamic: { database: databaseEngine(() => CANARY) },
  })

for (const { story, auth } of LOGINS) {
  test(`vault ${story}: no fault prints a piece of what was sent`, async (t) => {
    const vault = await start()
    const { context, sent, close } = watch()
    t.after(() => {
      close()
      return vault.close()
    })
    const opener = vaultOpener({ requestMs: 40 })
    for (const { does } of FAULTS) {
      vault.clearFaults()
      vault.fault({ times: 99, does })
      const store = testStore('vault', { server: vault.url, path: 'secret', auth })
      const outcome = await opener(store, context).then(
        (provider) => provider.read([get('shop/api')], context.signal),
        (error: unknown) => error,
      )
      assertFailed(outcome)
      const known = [CANARY, google.json.slice(60, 200), ...sent]
      assert.equal(leakIn(everythingOf(outcome), known), undefined)
    }
    // A test of what was sent that has seen nothing sent proves nothing.
    assert.equal(sent.length > 0, story !== 'token')
  })
}

test('VaultDynamicSecret: no fault prints a piece of what was sent or made', async (t) => {
  const vault = await start()
  const { context, close } = watch()
  t.after(() => {
    close()
    return vault.close()
  })
  const provider = { server: vault.url, auth: { tokenSecretRef: { name: 'token', key: 'token' } } }
  const spec = {
    path: 'database/creds/app',
    method: 'POST',
    parameters: { secret: CANARY },
    provider,
  }
  for (const { story, does } of FAULTS) {
    // The asker has the limits of every run: silence would cost this test ten seconds.
    if (story === 'no answer') continue
    vault.clearFaults()
    vault.fault({ times: 99, does })
    const sources = { randomBytes: () => new Uint8Array(), context }
    const answer = await generate({ kind: 'VaultDynamicSecret', spec }, sources)
    assert.equal(answer.outcome, 'failed', story)
    assert.equal(leakIn(everythingOf(answer), [CANARY]), undefined)
  }
})
