import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generatorReads, identityReads } from '../../../src/handoff/identity.ts'
import { decodeStore } from '../../../src/model/store.ts'
import { objectsOf } from './graph-of.ts'

function reads(kind: string, provider: string): readonly string[] {
  const [object] = objectsOf(
    `{kind: ${kind}, metadata: {name: s, namespace: shop}, spec: {provider: {${provider}}}}`,
  )
  return identityReads(decodeStore(object ?? {})).map(({ verb, namespace, name }) =>
    [verb, namespace, name].join(' '),
  )
}

const rows: readonly {
  readonly story: string
  readonly kind?: string
  readonly provider: string
  readonly reads: readonly string[]
}[] = [
  {
    story: 'AWS with static keys',
    provider:
      'aws: {auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}}}',
    reads: ['secret shop keys'],
  },
  {
    story: 'AWS with IRSA reads the annotation too',
    provider: 'aws: {auth: {jwt: {serviceAccountRef: {name: irsa}}}}',
    reads: ['token shop irsa', 'annotations shop irsa'],
  },
  { story: 'AWS with the pod’s own identity', provider: 'aws: {region: eu-west-1}', reads: [] },
  {
    story: 'Vault with Kubernetes auth and a CA from a ConfigMap',
    provider:
      'vault: {caProvider: {type: ConfigMap, name: ca, key: ca.crt}, auth: {kubernetes: {role: r, serviceAccountRef: {name: reader, audiences: [vault]}}}}',
    reads: ['configmap shop ca', 'token shop reader'],
  },
  {
    story: 'Vault with AppRole, TLS and a CA from a Secret',
    provider:
      'vault: {caProvider: {type: Secret, name: ca, key: ca.crt}, tls: {certSecretRef: {name: tls}, keySecretRef: {name: tls}}, auth: {appRole: {roleRef: {name: role, key: id}, secretRef: {name: approle, key: secret}}}}',
    reads: ['secret shop ca', 'secret shop tls', 'secret shop role', 'secret shop approle'],
  },
  {
    story: 'Vault with AWS IAM by IRSA',
    provider: 'vault: {auth: {iam: {jwt: {serviceAccountRef: {name: irsa}}}}}',
    reads: ['token shop irsa', 'annotations shop irsa'],
  },
  {
    story: 'GCP with a key',
    provider: 'gcpsm: {auth: {secretRef: {secretAccessKeySecretRef: {name: gcp, key: json}}}}',
    reads: ['secret shop gcp'],
  },
  {
    story: 'GCP with the workload identity of GKE reads the annotation too',
    provider:
      'gcpsm: {auth: {workloadIdentity: {clusterName: one, serviceAccountRef: {name: reader}}}}',
    reads: ['token shop reader', 'annotations shop reader'],
  },
  {
    story: 'GCP by federation of a ServiceAccount',
    provider:
      'gcpsm: {auth: {workloadIdentityFederation: {audience: a, serviceAccountRef: {name: reader, audiences: [g]}}}}',
    reads: ['token shop reader', 'annotations shop reader'],
  },
  {
    story: 'GCP by a configuration in a ConfigMap, fenced like everything else',
    provider:
      'gcpsm: {auth: {workloadIdentityFederation: {credConfig: {name: wif, key: json, namespace: other}}}}',
    reads: ['configmap shop wif'],
  },
  {
    story: 'GCP by federation of AWS keys',
    provider:
      'gcpsm: {auth: {workloadIdentityFederation: {audience: a, awsSecurityCredentials: {region: r, awsCredentialsSecretRef: {name: aws}}}}}',
    reads: ['secret shop aws'],
  },
  {
    story: 'kubernetes',
    provider:
      'kubernetes: {server: {caProvider: {type: Secret, name: ca, key: ca}}, auth: {serviceAccount: {name: reader}}, authRef: {name: kubeconfig}}',
    reads: ['secret shop ca', 'token shop reader', 'secret shop kubeconfig'],
  },
  {
    story: 'webhook, whose secrets have names of their own',
    provider: 'webhook: {secrets: [{name: auth, secretRef: {name: hook}}]}',
    reads: ['secret shop hook'],
  },
  {
    story: 'Azure with a service principal',
    provider:
      'azurekv: {vaultUrl: x, authSecretRef: {clientId: {name: app, key: id}, clientCertificate: {name: cert, key: pem}}}',
    reads: ['secret shop app', 'secret shop cert'],
  },
  {
    story: 'Azure with workload identity reads the annotations, and the tenant of a Secret',
    provider:
      'azurekv: {authType: WorkloadIdentity, serviceAccountRef: {name: wi, audiences: [a]}, authSecretRef: {tenantId: {name: app, key: t}}}',
    reads: ['token shop wi', 'annotations shop wi', 'secret shop app'],
  },
  {
    story: 'webhook with NTLM and a CA',
    provider:
      'webhook: {caProvider: {type: ConfigMap, name: ca, key: k}, auth: {ntlm: {usernameSecret: {name: u, key: k}, passwordSecret: {name: p, key: k}}}}',
    reads: ['configmap shop ca', 'secret shop u', 'secret shop p'],
  },
  {
    story: 'fake, whose entries look like selectors and are none',
    provider: 'fake: {data: [{key: a, value: b}]}',
    reads: [],
  },
  {
    story: 'a SecretStore reaches no other namespace',
    provider: 'vault: {auth: {tokenSecretRef: {name: t, key: k, namespace: kube-system}}}',
    reads: ['secret shop t'],
  },
  {
    story: 'a ClusterSecretStore reaches the namespaces that it names, or its reader’s',
    kind: 'ClusterSecretStore',
    provider:
      'vault: {caProvider: {type: Secret, name: ca, namespace: certs}, auth: {tokenSecretRef: {name: t, key: k}}}',
    reads: ['secret certs ca', 'secret  t'],
  },
]
for (const { story, kind = 'SecretStore', provider, reads: expected } of rows) {
  test(`what opens a store: ${story}`, () => {
    assert.deepEqual(reads(kind, provider), expected)
  })
}

const login =
  'auth: {kubernetes: {mountPath: kubernetes, role: r, serviceAccountRef: {name: maker}}}'
const generators: readonly { readonly story: string; readonly text: string }[] = [
  {
    story: 'VaultDynamicSecret, whose parameters look like a selector and are none',
    text: `{kind: VaultDynamicSecret, spec: {path: p, parameters: {name: x}, getParameters: {name: [x]}, provider: {server: s, headers: {h: {name: x}}, ${login}}}}`,
  },
  {
    story: 'a ClusterGenerator around it',
    text: `{kind: ClusterGenerator, spec: {kind: VaultDynamicSecret, generator: {vaultDynamicSecretSpec: {path: p, provider: {server: s, ${login}}}}}}`,
  },
]
for (const { story, text } of generators) {
  test(`what a generator asks with: ${story}`, () => {
    const [object] = objectsOf(text)
    const reads = generatorReads(object ?? {}, 'shop')
    assert.deepEqual(
      reads.map(({ verb, namespace, name }) => `${verb} ${namespace}/${name}`),
      ['token shop/maker'],
    )
  })
}
