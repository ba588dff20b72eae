import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadAll } from 'js-yaml'
import type { JsonObject } from '../../src/model/json.ts'
import { type AwsServer, startAws } from '../servers/aws.ts'
import { verifyToken } from '../servers/jwt.ts'
import { type KubeServer, startKube } from '../servers/kube.ts'
import { startVault, type VaultServer } from '../servers/vault.ts'

// What the tutorial finds in a company: a cluster with two namespaces, an AWS account that trusts one ServiceAccount of it,
// a Vault that asks it about tokens. All three are servers on loopback that check signatures, tokens and rights.

export interface Platform {
  readonly kube: KubeServer
  readonly aws: AwsServer
  readonly vault: VaultServer
  /** Folder with the tutorial's manifests, unedited but for Vault's address. */
  readonly manifests: string
  /** What the sync's environment needs to find AWS on loopback. */
  readonly env: Readonly<Record<string, string>>
  /** Applies a rendered stream as an administrator. */
  readonly apply: (stream: string) => number
  /** A kubeconfig with the sync ServiceAccount's own token and rights, written to a private file. */
  readonly kubeconfig: () => string
  readonly close: () => Promise<void>
}

const ROLE = 'arn:aws:iam::123456789012:role/shop-secrets'
const AWS_ACCOUNT = 'system:serviceaccount:waybill-system:aws-secrets'

/** Starts the three servers; `folder` is scratch. */
export async function startPlatform(folder: string): Promise<Platform> {
  const kube = await startKube({ namespaces: ['shop', 'waybill-system'] })
  kube.seed(
    account('shop', 'vault-reader'),
    account('waybill-system', 'aws-secrets', { 'eks.amazonaws.com/role-arn': ROLE }),
  )
  const aws = await startAws({
    secrets: { 'shop/database': JSON.stringify({ user: 'shop', password: 'first-password' }) },
    jwks: kube.issuer.jwks,
    issuer: kube.issuer.issuer,
    roles: [{ arn: ROLE, trust: { subjects: [AWS_ACCOUNT] } }],
  })
  const vault = await startVault({
    secrets: { secret: { 'shop/api': { token: 'first-token' } } },
    policies: { shop: [{ path: 'secret/data/shop/', capabilities: ['read'] }] },
    auth: {
      kubernetes: {
        method: 'kubernetes',
        roles: {
          shop: { serviceAccounts: ['shop/vault-reader'], audience: 'vault', policies: ['shop'] },
        },
        review: (token) => reviewed(kube, token),
      },
    },
  })
  const manifests = join(folder, 'tutorial')
  cpSync('examples/tutorial', manifests, { recursive: true })
  const store = join(manifests, 'vault-secrets.yaml')
  writeFileSync(
    store,
    readFileSync(store, 'utf8').replace('https://vault.example.com:8200', vault.url),
  )
  return {
    kube,
    aws,
    vault,
    manifests,
    env: { AWS_SECRETSMANAGER_ENDPOINT: aws.url, AWS_STS_ENDPOINT: aws.url },
    apply: (stream) => apply(kube, stream),
    kubeconfig: () => {
      const path = join(folder, 'kubeconfig')
      const token = kube.serviceAccountToken('shop', 'waybill-shop')
      writeFileSync(path, kube.kubeconfig(token, 'shop'), { mode: 0o600 })
      return path
    },
    close: async () => {
      await Promise.all([kube.close(), aws.close(), vault.close()])
    },
  }
}

function account(
  namespace: string,
  name: string,
  annotations: Readonly<Record<string, string>> = {},
): JsonObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, annotations } }
}

/** TokenReview, as Vault would ask for it. */
function reviewed(
  kube: KubeServer,
  token: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const claims = verifyToken(token, kube.issuer.jwks, Date.now())
  const [, , namespace, name] = String(claims?.sub).split(':')
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}

function apply(kube: KubeServer, stream: string): number {
  const objects = loadAll(stream).filter((object) => object !== null) as JsonObject[]
  kube.seed(...objects)
  return objects.length
}
