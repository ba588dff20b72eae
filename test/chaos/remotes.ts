import type { JsonObject } from '../../src/model/json.ts'
import { startAws } from '../servers/aws.ts'
import { gcpEnv, startGcp } from '../servers/gcp.ts'
import { makeServiceAccount } from '../servers/gcp-auth.ts'
import { startKube } from '../servers/kube.ts'
import { json, type TestServer, testTls } from '../servers/server.ts'
import { startVault } from '../servers/vault.ts'

// The providers that chaos is brought to: each a strict server with a few secrets, a store that reads them with an identity
// from the Secret `keys`, and how it says that it is overwhelmed or broken inside.

export interface Remote {
  readonly server: TestServer
  /** The provider of a SecretStore that finds it at `url`. */
  readonly settings: (url: string) => JsonObject
  readonly env: (url: string) => Readonly<Record<string, string>>
  /** Data of the Secret `keys`. */
  readonly keys: Readonly<Record<string, string>>
  readonly set: (key: string, value: string) => void
  readonly throttled: ReturnType<typeof json>
  readonly broken: ReturnType<typeof json>
  /** What is told nowhere but there. */
  readonly handedOut: () => readonly string[]
}

const ref = (key: string): JsonObject => ({ name: 'keys', key })
const NO_ENV = (): Readonly<Record<string, string>> => ({})
const CA = (): string => Buffer.from(testTls().authority.ca).toString('base64')

async function aws(): Promise<Remote> {
  const key = { id: 'AKIACHAOSCHAOSCHAOS0', secret: 'chaos-secret-access-key-of-forty-letters' }
  const server = await startAws({ accessKeys: [key] })
  return {
    server,
    settings: () => ({
      aws: {
        service: 'SecretsManager',
        region: 'eu-central-1',
        auth: {
          secretRef: { accessKeyIDSecretRef: ref('id'), secretAccessKeySecretRef: ref('secret') },
        },
      },
    }),
    env: (url) => ({ AWS_SECRETSMANAGER_ENDPOINT: url, AWS_STS_ENDPOINT: url }),
    keys: key,
    set: (name, value) => server.set(name, value),
    throttled: json(400, { __type: 'ThrottlingException', message: 'Rate exceeded' }),
    broken: json(500, { __type: 'InternalServiceError', message: 'x' }),
    handedOut: () => server.handedOut,
  }
}

async function vault(): Promise<Remote> {
  const server = await startVault({
    tls: true,
    policies: { all: [{ path: 'secret/data/', capabilities: ['read'] }] },
    auth: {
      approle: {
        ...{ method: 'approle', roleId: 'r', secretId: 'chaos-secret-id' },
        grant: { policies: ['all'] },
      },
    },
  })
  const secretRef = ref('id')
  return {
    server,
    settings: (url) => ({
      vault: {
        ...{ server: url, path: 'secret', version: 'v2', caBundle: CA() },
        auth: { appRole: { path: 'approle', roleId: 'r', secretRef } },
      },
    }),
    env: NO_ENV,
    keys: { id: 'chaos-secret-id' },
    set: (name, value) => server.put('secret', name, { value }),
    throttled: json(429, { errors: ['rate limit quota exceeded'] }),
    broken: json(503, { errors: ['Vault is sealed'] }),
    handedOut: () => server.handedOut,
  }
}

const ACCOUNT = makeServiceAccount('reader@shop-1.iam.gserviceaccount.com')

async function gcp(): Promise<Remote> {
  const server = await startGcp({ keys: [ACCOUNT] })
  const failed = (code: number, status: string) =>
    json(code, { error: { code, message: 'x', status } })
  return {
    server,
    settings: () => ({
      gcpsm: {
        projectID: 'shop-1',
        auth: { secretRef: { secretAccessKeySecretRef: ref('json') } },
      },
    }),
    env: gcpEnv,
    keys: { json: ACCOUNT.json },
    set: (name, value) => server.set(name, value),
    throttled: failed(429, 'RESOURCE_EXHAUSTED'),
    broken: failed(503, 'UNAVAILABLE'),
    handedOut: () => server.handedOut,
  }
}

async function kubernetes(): Promise<Remote> {
  const server = await startKube({ namespaces: ['prod'] })
  return {
    server,
    settings: (url) => ({
      kubernetes: {
        server: { url, caBundle: CA() },
        auth: { token: { bearerToken: ref('token') } },
        remoteNamespace: 'prod',
      },
    }),
    env: NO_ENV,
    keys: { token: server.adminToken },
    set: (name, value) => {
      server.remove('Secret', 'prod', name)
      const data = { value: Buffer.from(value).toString('base64') }
      server.seed({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'prod' }, data })
    },
    throttled: json(429, { kind: 'Status' }, { 'retry-after': '1' }),
    broken: json(500, { kind: 'Status' }),
    handedOut: () => [server.adminToken],
  }
}

/** By the name of the target in a cell. */
export const REMOTES: Readonly<Record<string, () => Promise<Remote>>> = {
  aws,
  vault,
  gcp,
  kubernetes,
}
