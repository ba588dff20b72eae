import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer, ProviderFailure, Read } from '../../../src/model/provider.ts'
import type { Store } from '../../../src/model/store.ts'
import { awsOpener } from '../../../src/providers/aws/sdk.ts'
import { ProviderError, type SecretProvider } from '../../../src/providers/provider.ts'
import { type AwsOptions, type AwsServer, startAws } from '../../servers/aws.ts'
import {
  type TestCluster,
  type TestOpening,
  type TestOptions,
  testOpening,
  testStore,
} from './opening.ts'

// A store of AWS on its bench: the strict server, a cluster with its keys, short limits.

export const LIMITS = { connectMs: 300, requestMs: 300, callMs: 500 }
export const REGION = 'eu-central-1'
export const KEY = { id: 'AKIATESTTESTTEST', secret: 'secret-key-of-the-user' }
export const USER = 'arn:aws:iam::123456789012:user/AKIATESTTESTTEST'
export const KEYS_AUTH = {
  secretRef: {
    accessKeyIDSecretRef: { name: 'keys', key: 'id' },
    secretAccessKeySecretRef: { name: 'keys', key: 'key' },
  },
}

export interface Bench {
  readonly aws: AwsServer
  readonly opening: TestOpening
  /** A SecretStore with access keys from a Secret, unless `settings` says otherwise. */
  readonly open: (settings?: JsonObject, spec?: JsonObject) => Promise<SecretProvider>
  readonly openStore: (store: Store) => Promise<SecretProvider>
}

export async function bench(
  t: TestContext,
  options: AwsOptions = {},
  cluster: TestCluster = {},
  more: TestOptions = {},
): Promise<Bench> {
  const aws = await startAws({ accessKeys: [KEY], secrets: { a: '{"x":1}', b: 'two' }, ...options })
  const secrets = { 'shop/keys': { id: KEY.id, key: KEY.secret }, ...cluster.secrets }
  const opening = testOpening({
    ...more,
    env: { AWS_ENDPOINT_URL: aws.url, ...more.env },
    cluster: { ...cluster, secrets },
  })
  t.after(() => {
    opening.close()
    return aws.close()
  })
  const openStore = (store: Store): Promise<SecretProvider> =>
    awsOpener(LIMITS)(store, opening.context)
  const settings = { service: 'SecretsManager', region: REGION, auth: KEYS_AUTH }
  return {
    aws,
    opening,
    openStore,
    open: (given = {}, spec = {}) => openStore(testStore('aws', { ...settings, ...given }, spec)),
  }
}

export async function readAll(
  provider: SecretProvider,
  ...reads: readonly Read[]
): Promise<readonly Answer[]> {
  return provider.read(reads, new AbortController().signal)
}

export async function readOne(provider: SecretProvider, read: Read): Promise<Answer | undefined> {
  const [answer] = await readAll(provider, read)
  return answer
}

export const failureIn = (answer: Answer | undefined): ProviderFailure | undefined =>
  answer?.outcome === 'failed' ? answer.failure : undefined

export async function refusalOf(opened: Promise<unknown>): Promise<ProviderError> {
  const error = await opened.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ProviderError)
  return error
}

export const callsOf = ({ calls }: AwsServer): readonly string[] =>
  calls.all.map(({ call }) => call)

export const find = (more: Partial<Read & { readonly op: 'find' }>): Read => ({
  op: 'find',
  store: '',
  path: undefined,
  nameRegexp: undefined,
  tags: undefined,
  conversionStrategy: undefined,
  ...more,
})
