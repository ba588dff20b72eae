import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer } from '../../../src/model/provider.ts'
import { awsOpener } from '../../../src/providers/aws/sdk.ts'
import { azureOpener } from '../../../src/providers/azurekv/open.ts'
import { gcpOpener } from '../../../src/providers/gcp/open.ts'
import type { OpenProvider } from '../../../src/providers/provider.ts'
import { vaultOpener } from '../../../src/providers/vault/client.ts'
import { openWebhook } from '../../../src/providers/webhook/open.ts'
import { startAws } from '../../servers/aws.ts'
import { startAzure } from '../../servers/azure.ts'
import { gcpEnv, startGcp } from '../../servers/gcp.ts'
import { serviceAccountClaims, startIssuer } from '../../servers/jwt.ts'
import type { Fault, TestServer } from '../../servers/server.ts'
import { startVault } from '../../servers/vault.ts'
import { startWebhook } from '../../servers/webhook.ts'
import { get, printed, type TestCluster, testOpening, testStore } from './opening.ts'

// Whatever breaks, on the way in or while reading: no error and no answer may print a piece of a value or a token.

const WINDOW = 6
const CANARY = 'Zq7Wv9Xk2Jp4Rt8Yb3Nm6Ld1'
const VALUES = {
  'shop/api': { token: `${CANARY}-value-of-the-api` },
  'shop/other': { token: `other-${CANARY}` },
}
const issuer = startIssuer('https://kubernetes.default.svc')
const tokens: string[] = []

const amz = { 'content-type': 'application/x-amz-json-1.1' }
const FAULTS: readonly { readonly story: string; readonly does: Fault['does'] }[] = [
  { story: 'a reset', does: { reset: 'before' } },
  { story: 'a reset in the body', does: { reset: 'in-body' } },
  { story: 'a cut body', does: { truncateTo: 40 } },
  { story: 'no answer', does: { hang: true } },
  {
    story: 'a redirect that repeats the value',
    does: { redirect: `http://127.0.0.1:1/${CANARY}` },
  },
  { story: 'garbage that is the value', does: { reply: { status: 200, body: `${CANARY} {` } } },
  { story: 'garbage in HTML', does: { reply: { status: 404, body: `<html>${CANARY}` } } },
  { story: 'JSON of another shape', does: { reply: { status: 200, body: `{"${CANARY}":1}` } } },
  { story: 'a list', does: { reply: { status: 200, body: `["${CANARY}"]` } } },
  {
    story: 'an error that repeats the value',
    does: { reply: { status: 400, headers: amz, body: errorWith(400) } },
  },
  {
    story: 'a refusal that repeats it',
    does: { reply: { status: 403, headers: amz, body: errorWith(403) } },
  },
  { story: 'a fault inside', does: { reply: { status: 500, headers: amz, body: errorWith(500) } } },
  {
    story: 'a 404 that complains',
    does: { reply: { status: 404, headers: amz, body: errorWith(404) } },
  },
  {
    story: 'a header that repeats it',
    does: { reply: { status: 429, headers: { 'retry-after': CANARY }, body: errorWith(429) } },
  },
]

/** What Vault, AWS and Google would make of the same words. */
function errorWith(status: number): string {
  return JSON.stringify({
    errors: [`${CANARY} is wrong`, `permission denied ${CANARY}`],
    warnings: status === 404 ? [CANARY] : null,
    __type: status === 403 ? 'AccessDeniedException' : `${CANARY}Exception`,
    Message: `Credential=${CANARY} is malformed`,
    error: { code: status, status: `${CANARY}_STATUS`, message: `${CANARY} is in DISABLED` },
    error_description: `${CANARY} token is expired`,
  })
}

const STORES: readonly {
  readonly story: string
  readonly open: OpenProvider
  readonly start: () => Promise<TestServer & { readonly handedOut: readonly string[] }>
  readonly settings: (url: string) => JsonObject
  readonly keys: readonly string[]
  /** Whose 404 it is, is not known: it says that the secret is absent. */
  readonly absentBy404?: boolean
}[] = [
  {
    story: 'vault',
    open: vaultOpener({ requestMs: 60 }),
    start: () =>
      startVault({
        secrets: { secret: VALUES },
        policies: { shop: [{ path: 'secret/data/', capabilities: ['read'] }] },
        auth: {
          jwt: {
            method: 'jwt',
            jwks: issuer.jwks,
            roles: {
              shop: {
                subject: 'system:serviceaccount:shop:reader',
                audience: 'vault',
                policies: ['shop'],
              },
            },
          },
        },
      }),
    settings: (server) => ({
      server,
      path: 'secret',
      auth: {
        jwt: {
          role: 'shop',
          kubernetesServiceAccountToken: { serviceAccountRef: { name: 'reader' } },
        },
      },
    }),
    keys: ['shop/api', 'shop/other'],
  },
  ...(['SecretsManager', 'ParameterStore'] as const).map((service) => ({
    story: `aws ${service}`,
    open: awsOpener({ connectMs: 60, requestMs: 60, callMs: 80 }),
    start: () =>
      startAws({
        secrets: { api: JSON.stringify(VALUES['shop/api']), other: CANARY },
        parameters: { api: JSON.stringify(VALUES['shop/api']), other: CANARY },
        roles: [
          {
            arn: 'arn:aws:iam::123456789012:role/reader',
            trust: { subjects: ['system:serviceaccount:shop:reader'] },
          },
        ],
        jwks: issuer.jwks,
      }),
    settings: () => ({
      service,
      region: 'eu-central-1',
      auth: { jwt: { serviceAccountRef: { name: 'reader' } } },
    }),
    keys: ['api', 'other'],
  })),
  {
    story: 'gcpsm',
    open: gcpOpener({ requestMs: 60 }),
    start: () =>
      startGcp({
        secrets: { api: JSON.stringify(VALUES['shop/api']), other: CANARY },
        clusters: [{ project: 'shop-1', location: 'eu', name: 'one', jwks: issuer.jwks }],
        impersonators: {
          'reader@shop-1.iam.gserviceaccount.com': [
            'serviceAccount:shop-1.svc.id.goog[shop/reader]',
          ],
        },
      }),
    settings: () => ({
      projectID: 'shop-1',
      auth: {
        workloadIdentity: {
          serviceAccountRef: { name: 'reader' },
          clusterProjectID: 'shop-1',
          clusterLocation: 'eu',
          clusterName: 'one',
        },
      },
    }),
    keys: ['api', 'other'],
  },
  {
    story: 'azurekv',
    open: azureOpener({ requestMs: 60 }),
    start: () => {
      const federated = {
        issuer: issuer.issuer,
        subject: 'system:serviceaccount:shop:reader',
        jwks: issuer.jwks,
      }
      return startAzure({
        tenants: { tenant: { clients: { app: { federated } } } },
        objects: { 'secrets/api': [{ value: CANARY }], 'secrets/other': [{ value: CANARY }] },
      })
    },
    settings: (url) => ({
      vaultUrl: url,
      authType: 'WorkloadIdentity',
      tenantId: 'tenant',
      serviceAccountRef: { name: 'reader' },
    }),
    keys: ['api', 'other'],
  },
  {
    story: 'webhook',
    open: (store, context) =>
      openWebhook({ ...store, settings: { ...store.settings, timeout: '60ms' } }, context),
    start: async () => {
      const secrets = { api: VALUES['shop/api'], other: CANARY }
      const hook = await startWebhook({ authorization: `Bearer ${CANARY}-hook`, secrets })
      return { ...hook, handedOut: [`${CANARY}-hook`] }
    },
    settings: (url) => ({
      url: `${url}/secrets/{{ .remoteRef.key }}?with={{ .hook.token }}`,
      headers: { authorization: 'Bearer {{ .hook.token }}' },
      secrets: [{ name: 'hook', secretRef: { name: 'hook' } }],
      result: { jsonPath: '$.value.{{ .hook.token }}' },
    }),
    keys: ['api', 'other'],
    absentBy404: true,
  },
]

function cluster(): TestCluster {
  return {
    secrets: { 'shop/hook': { token: `${CANARY}-hook` } },
    labels: { 'shop/hook': { 'external-secrets.io/type': 'webhook' } },
    accounts: {
      'shop/reader': {
        'azure.workload.identity/client-id': 'app',
        'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/reader',
        'iam.gke.io/gcp-service-account': 'reader@shop-1.iam.gserviceaccount.com',
      },
    },
    token: (_account, audiences) => {
      const token = issuer.sign(serviceAccountClaims('shop', 'reader', audiences, Date.now()))
      tokens.push(token)
      return token
    },
  }
}

/** A window of a secret text in `text`, if there is one. Words of our own that a token happens to hold do not count. */
function leakIn(text: string, secrets: readonly string[]): string | undefined {
  for (const secret of secrets) {
    for (let at = 0; at + WINDOW <= secret.length; at++) {
      const window = secret.slice(at, at + WINDOW)
      if (text.includes(window)) return window
    }
  }
  return undefined
}

function everythingOf(value: unknown): string {
  const shown = inspect(value, { depth: 20, showHidden: true, maxArrayLength: null })
  return `${printed(value)}\n${shown}\n${JSON.stringify(value) ?? ''}`
}

for (const { story, open, start, settings, keys, absentBy404 } of STORES) {
  for (const phase of ['login', 'read'] as const) {
    for (const { story: fault, does } of FAULTS) {
      test(`${story}: ${fault} during ${phase} prints nothing of a secret`, async (t) => {
        const server = await start()
        const { context, close } = testOpening({
          cluster: cluster(),
          env: {
            AWS_SECRETSMANAGER_ENDPOINT: server.url,
            AWS_SSM_ENDPOINT: server.url,
            AWS_STS_ENDPOINT: server.url,
            AZURE_AUTHORITY_HOST: server.url,
            ...gcpEnv(server.url),
          },
        })
        t.after(() => {
          close()
          return server.close()
        })
        if (phase === 'login') server.fault({ times: 99, does })
        const outcome = await open(testStore(story, settings(server.url)), context).then(
          async (provider) => {
            server.clearFaults()
            server.fault({ times: 99, does })
            return provider.read(
              keys.map((key) => get(key)),
              context.signal,
            )
          },
          (error: unknown) => error,
        )
        assertFailed(outcome, absentBy404 === true && isReply(does, 404))
        const secrets = [CANARY, ...tokens, ...server.handedOut]
        assert.equal(leakIn(everythingOf(outcome), secrets), undefined)
      })
    }
  }
}

/** The fault must have hit: a test of errors that sees none proves nothing. */
function assertFailed(outcome: unknown, isAbsence: boolean): void {
  if (outcome instanceof Error) return
  assert.ok(Array.isArray(outcome))
  const answers = outcome as readonly Answer[]
  const expected = isAbsence ? 'absent' : 'failed'
  assert.ok(answers.every((answer) => answer.outcome === expected))
}

function isReply(does: Fault['does'], status: number): boolean {
  return 'reply' in does && does.reply.status === status
}

test('the search finds a leak where there is one', () => {
  const error = new Error('x')
  Object.defineProperty(error, 'hidden', { value: { deep: `…${CANARY.slice(3, 12)}…` } })
  assert.equal(leakIn(everythingOf(error), [CANARY]), CANARY.slice(3, 9))
})
