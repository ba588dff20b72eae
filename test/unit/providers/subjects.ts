import type { JsonObject } from '../../../src/model/json.ts'
import { awsOpener } from '../../../src/providers/aws/sdk.ts'
import { azureOpener } from '../../../src/providers/azurekv/open.ts'
import { openFake } from '../../../src/providers/fake/open.ts'
import { gcpOpener } from '../../../src/providers/gcp/open.ts'
import { kubernetesOpener } from '../../../src/providers/kubernetes/open.ts'
import type { OpenProvider } from '../../../src/providers/provider.ts'
import { vaultOpener } from '../../../src/providers/vault/client.ts'
import { openWebhook } from '../../../src/providers/webhook/open.ts'
import { startAws } from '../../servers/aws.ts'
import { startAzure, versionId } from '../../servers/azure.ts'
import { startGcp } from '../../servers/gcp.ts'
import { makeServiceAccount } from '../../servers/gcp-auth.ts'
import { startKube } from '../../servers/kube.ts'
import { type Fault, startServer, type TestServer, testTls } from '../../servers/server.ts'
import { startVault } from '../../servers/vault.ts'
import { startWebhook } from '../../servers/webhook.ts'

// The providers as the contract suite knows them: a new one gets a row, and a server that holds what the suite asks for.

export interface Remote extends TestServer {
  readonly set: (key: string, value: string) => void
  /** What lets us in, where the server makes it up. */
  readonly bearer?: string
}

export interface Subject {
  readonly name: string
  /** With this deadline for a call. */
  readonly open: (callMs: number) => OpenProvider
  /** Holds `one` and `two`, an older version of `one`, and `locked`, which may not be read. */
  readonly start: () => Promise<Remote>
  readonly settings: (url: string) => JsonObject
  /** What the payload of this value looks like. */
  readonly payload: (value: string) => string
  readonly olderVersion: string
  readonly noVersion: string
  readonly throttled: Fault['does']
  readonly down: Fault['does']
  /** Calls for three values at once. */
  readonly callsForThree: number
  /** What a refusal advises. */
  readonly advice: RegExp
  /** The name of a call where the server has another one for it. */
  readonly callNamed?: (call: string) => string
  /**
   * Not all of EVERYTHING: any 404 of a webhook is an absence, and it knows no metadata; KV 1 has no versions; the API server
   * gives values with the metadata; nobody answers for a fake store but the store itself.
   */
  readonly knows?: readonly Knowledge[]
}

export const EVERYTHING = ['metadata', 'versions', 'whose 404 it is', 'a server'] as const
type Knowledge = (typeof EVERYTHING)[number]

export const KEY = { id: 'AKIATESTTESTTEST', secret: 'secret-key-of-the-user' }
const amz = (code: string, status = 400): Fault['does'] => ({
  reply: {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ __type: code }),
  },
})
const vaultError = (status: number): Fault['does'] => ({
  reply: { status, body: '{"errors":["x"]}' },
})

export const ACCOUNT = makeServiceAccount('reader@shop-1.iam.gserviceaccount.com')
const google = (code: number, status: string): Fault['does'] => ({
  reply: { status: code, body: JSON.stringify({ error: { code, message: 'x', status } }) },
})

/** What AWS's services have in common. */
function awsSubject(
  service: string,
  own: Pick<Subject, 'start' | 'olderVersion' | 'noVersion'>,
): Subject {
  return {
    ...own,
    name: `aws ${service}`,
    open: (callMs) => awsOpener({ connectMs: callMs, requestMs: callMs, callMs }),
    settings: () => ({
      service,
      region: 'eu-central-1',
      auth: {
        secretRef: {
          accessKeyIDSecretRef: { name: 'keys', key: 'id' },
          secretAccessKeySecretRef: { name: 'keys', key: 'key' },
        },
      },
    }),
    payload: (value) => value,
    advice: /^allow \w+:Get\w+ on it/,
    throttled: amz('ThrottlingException'),
    down: amz('InternalServiceError', 500),
    callsForThree: 1,
  }
}

/** The KV engines; version 1 keeps no versions and no metadata. */
function vaultSubject(version: 'v1' | 'v2'): Subject {
  const isV2 = version === 'v2'
  return {
    name: `vault KV ${version}`,
    open: (requestMs) => vaultOpener({ requestMs }),
    start: async () => {
      const policies = {
        most: ['one', 'two', 'none'].map((key) => ({
          path: isV2 ? `secret/+/${key}` : `secret/${key}`,
          capabilities: ['read'] as const,
        })),
      }
      const vault = await startVault({
        mounts: { secret: isV2 ? 2 : 1 },
        tokens: { given: { policies: ['most'] } },
        policies,
        secrets: { secret: { one: { v: 'old' }, two: { v: 'two' }, locked: { v: 'x' } } },
      })
      const set = (key: string, value: string): void => vault.put('secret', key, { v: value })
      set('one', 'new')
      return { ...vault, set }
    },
    settings: (server) => ({
      server,
      version,
      path: 'secret',
      auth: { tokenSecretRef: { name: 'keys', key: 'token' } },
    }),
    payload: (value) => JSON.stringify({ v: value }),
    olderVersion: '1',
    noVersion: '9',
    advice: /policy with: path "secret\/.*locked" \{ capabilities = \["read"\] \}/,
    throttled: vaultError(429),
    down: vaultError(500),
    callsForThree: 3,
    ...(isV2 ? {} : { knows: ['whose 404 it is', 'a server'] }),
  }
}

export const SUBJECTS: readonly Subject[] = [
  awsSubject('SecretsManager', {
    start: async () => {
      const isAllowed = (_: string, name: string): boolean => name !== 'locked'
      const aws = await startAws({
        accessKeys: [{ ...KEY, isAllowed }],
        secrets: { one: 'old', two: 'two', locked: 'x' },
      })
      aws.set('one', 'new')
      return aws
    },
    olderVersion: 'AWSPREVIOUS',
    noVersion: 'uuid/none',
  }),
  awsSubject('ParameterStore', {
    start: async () => {
      const isAllowed = (_: string, name: string): boolean => name !== 'locked'
      const aws = await startAws({
        accessKeys: [{ ...KEY, isAllowed }],
        parameters: { one: { values: ['old', 'new'] }, two: 'two', locked: 'x' },
      })
      return { ...aws, set: aws.parameters.set }
    },
    olderVersion: '1',
    noVersion: '9',
  }),
  vaultSubject('v2'),
  vaultSubject('v1'),
  {
    name: 'gcpsm',
    open: (requestMs) => gcpOpener({ requestMs }),
    start: async () => {
      const secrets = { one: 'old', two: 'two', locked: 'x' }
      const isAllowed = (_: string, _method: string, key: string): boolean => key !== 'locked'
      const gcp = await startGcp({ keys: [ACCOUNT], secrets, isAllowed })
      gcp.set('one', 'new')
      return gcp
    },
    settings: () => ({
      projectID: 'shop-1',
      auth: { secretRef: { secretAccessKeySecretRef: { name: 'keys', key: 'json' } } },
    }),
    payload: (value) => value,
    olderVersion: '1',
    noVersion: '9',
    advice: /^gcloud secrets add-iam-policy-binding locked /,
    throttled: google(429, 'RESOURCE_EXHAUSTED'),
    down: google(503, 'UNAVAILABLE'),
    callsForThree: 3,
  },
  {
    name: 'azurekv',
    open: (requestMs) => azureOpener({ requestMs }),
    start: async () => {
      const objects = {
        'secrets/one': [{ value: 'old' }],
        'secrets/two': [{ value: 'two' }],
        'secrets/locked': [{ value: 'x' }],
      }
      const tenants = { tenant: { clients: { [KEY.id]: { secret: KEY.secret } } } }
      const vault = await startAzure({ tenants, objects, locked: ['locked'] })
      vault.set('one', 'new')
      return vault
    },
    settings: (url) => ({
      vaultUrl: url,
      tenantId: 'tenant',
      authSecretRef: {
        clientId: { name: 'keys', key: 'id' },
        clientSecret: { name: 'keys', key: 'key' },
      },
    }),
    payload: (value) => value,
    olderVersion: versionId(1),
    noVersion: versionId(9),
    throttled: { reply: { status: 429, body: '{"error":{"code":"Throttled"}}' } },
    down: { reply: { status: 500, body: '{"error":{"code":"InternalServerError"}}' } },
    callsForThree: 3,
    advice: /Key Vault Secrets User/,
  },
  {
    name: 'webhook',
    open: (callMs) => (store, context) => {
      const settings = { ...store.settings, timeout: `${callMs}ms` }
      return openWebhook({ ...store, settings }, context)
    },
    start: async () => {
      const secrets = { one: 'old', two: 'two', locked: 'x' }
      const hook = await startWebhook({ authorization: 'given', secrets, locked: ['locked'] })
      hook.set('one', 'new')
      return hook
    },
    settings: (url) => ({
      url: `${url}/secrets/{{ .remoteRef.key }}?version={{ .remoteRef.version }}`,
      headers: { authorization: '{{ .keys.token }}' },
      secrets: [{ name: 'keys', secretRef: { name: 'keys' } }],
      result: { jsonPath: '$.value' },
    }),
    payload: (value) => JSON.stringify(value),
    olderVersion: '1',
    noVersion: '9',
    throttled: { reply: { status: 429, body: '' } },
    down: { reply: { status: 500, body: '' } },
    callsForThree: 3,
    advice: /credentials in headers/,
    knows: ['versions', 'a server'],
  },
  {
    name: 'kubernetes',
    open: kubernetesOpener,
    start: async () => {
      const values = { one: 'new', two: 'two', locked: 'x' }
      const kube = await startKube({
        namespaces: ['prod'],
        objects: [
          ...Object.entries(values).map(([key, value]) => kubeSecret(key, value)),
          ...kubeRights(['one', 'two', 'none']),
        ],
      })
      const set = (key: string, value: string): void => {
        kube.remove('Secret', 'prod', key)
        kube.seed(kubeSecret(key, value))
      }
      return { ...kube, set, bearer: kube.serviceAccountToken('prod', 'default') }
    },
    settings: (url) => ({
      server: { url, caBundle: Buffer.from(testTls().authority.ca).toString('base64') },
      auth: { token: { bearerToken: { name: 'keys', key: 'token' } } },
      remoteNamespace: 'prod',
    }),
    payload: (value) => JSON.stringify({ v: value }),
    olderVersion: '1',
    noVersion: '9',
    throttled: { reply: { status: 429, body: '{"kind":"Status"}' } },
    down: { reply: { status: 500, body: '{"kind":"Status"}' } },
    callsForThree: 3,
    callNamed: (call) => call.replace(/^get secrets$/, 'kubernetes:get'),
    advice: /give the identity get/,
    knows: ['whose 404 it is', 'a server'],
  },
  {
    name: 'fake',
    open: () => openFake,
    start: async () => {
      const nobody = await startServer({
        tls: false,
        nameOf: () => 'nobody',
        answer: () => ({ call: 'nobody', reply: { status: 404, body: '' } }),
      })
      return { ...nobody, set: () => undefined }
    },
    settings: () => ({
      data: [
        { key: 'one', value: 'new' },
        { key: 'one', value: 'old', version: '1' },
        { key: 'two', value: 'two' },
      ],
    }),
    payload: (value) => value,
    olderVersion: '1',
    noVersion: '9',
    advice: /no refusal/,
    throttled: { hang: true },
    down: { hang: true },
    callsForThree: 0,
    knows: ['versions'],
  },
]

function kubeSecret(name: string, value: string): JsonObject {
  const data = { v: Buffer.from(value).toString('base64') }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'prod' }, data }
}

/** The default ServiceAccount may get these Secrets. */
function kubeRights(resourceNames: readonly string[]): readonly JsonObject[] {
  const metadata = { name: 'reader', namespace: 'prod' }
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames }]
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' }
  const subjects = [{ kind: 'ServiceAccount', name: 'default', namespace: 'prod' }]
  return [
    { apiVersion, kind: 'Role', metadata, rules },
    { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects },
  ]
}
