import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { awsOpener } from '../../../src/providers/aws/sdk.ts'
import { azureOpener } from '../../../src/providers/azurekv/open.ts'
import { gcpOpener } from '../../../src/providers/gcp/open.ts'
import { kubernetesOpener } from '../../../src/providers/kubernetes/open.ts'
import type { OpenProvider } from '../../../src/providers/provider.ts'
import { vaultOpener } from '../../../src/providers/vault/client.ts'
import { openWebhook } from '../../../src/providers/webhook/open.ts'
import { startAws } from '../../servers/aws.ts'
import { startAzure } from '../../servers/azure.ts'
import { gcpEnv, startGcp } from '../../servers/gcp.ts'
import { serviceAccountClaims, startIssuer } from '../../servers/jwt.ts'
import { startKube } from '../../servers/kube.ts'
import type { Fault, TestServer } from '../../servers/server.ts'
import { startVault } from '../../servers/vault.ts'
import { startWebhook } from '../../servers/webhook.ts'
import { assertFailed, CANARY, everythingOf, FAULTS, leakIn } from './leaks.ts'
import { get, type TestCluster, testOpening, testStore } from './opening.ts'

// G-20. Whatever breaks, on the way in or while reading: no error and no answer may print a piece of a value or a token.

const VALUES = {
  'shop/api': { token: `${CANARY}-value-of-the-api` },
  'shop/other': { token: `other-${CANARY}` },
}
const issuer = startIssuer('https://kubernetes.default.svc')
const tokens: string[] = []

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
  {
    story: 'kubernetes',
    open: kubernetesOpener(60),
    start: async () => {
      const objects = ['api', 'other'].map((name) => ({
        ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'prod' } },
        data: { v: Buffer.from(CANARY).toString('base64') },
      }))
      const kube = await startKube({ tls: false, namespaces: ['prod'], objects })
      kubeToken = kube.adminToken
      return { ...kube, handedOut: [kube.adminToken, Buffer.from(CANARY).toString('base64')] }
    },
    settings: (url) => ({
      server: { url },
      auth: { token: { bearerToken: { name: 'kube', key: 'token' } } },
      remoteNamespace: 'prod',
    }),
    keys: ['api', 'other'],
  },
]

let kubeToken = ''

function cluster(): TestCluster {
  return {
    secrets: { 'shop/hook': { token: `${CANARY}-hook` }, 'shop/kube': { token: kubeToken } },
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

function isReply(does: Fault['does'], status: number): boolean {
  return 'reply' in does && does.reply.status === status
}

test('the search finds a leak where there is one', () => {
  const error = new Error('x')
  Object.defineProperty(error, 'hidden', { value: { deep: `…${CANARY.slice(3, 12)}…` } })
  assert.equal(leakIn(everythingOf(error), [CANARY]), CANARY.slice(3, 9))
})
