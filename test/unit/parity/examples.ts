import type { Parity } from '../../../src/model/parity.ts'

// One small input for each switch of model/parity.ts, on which the two answers differ. docs/parity.md prints them; a switch
// without one does not compile.

export interface Example {
  /** Number of ESO's rule in the catalogue of its behaviour. */
  readonly rule: string
  readonly eso: string
  readonly waybill: string
  readonly why: string
  /** What differs, read from the report of `simulate`. */
  readonly shows: 'outcome' | 'data' | 'annotations' | 'message'
  readonly manifests: string
  readonly fixtures?: string
  /** Objects that the cluster already has. */
  readonly existing?: string
}

function externalSecret(spec: string, metadata = ''): string {
  return [
    'apiVersion: external-secrets.io/v1',
    'kind: ExternalSecret',
    `metadata: { name: app, namespace: ns${metadata} }`,
    'spec:',
    '  secretStoreRef: { name: store }',
    ...spec
      .trim()
      .split('\n')
      .map((line) => `  ${line}`),
    '',
  ].join('\n')
}

function store(provider: string): string {
  return [
    '---',
    'apiVersion: external-secrets.io/v1',
    'kind: SecretStore',
    'metadata: { name: store, namespace: ns }',
    `spec: { provider: ${provider} }`,
    '',
  ].join('\n')
}

const FAKE = store('{ fake: { data: [{ key: /db, value: \'{"user":"ada"}\' }] } }')
const READS_DB = 'data:\n  - secretKey: user\n    remoteRef: { key: /db, property: user }'

export const EXAMPLES: Readonly<Record<keyof Parity, Example>> = {
  vaultExtractKeepsNumberText: {
    rule: 'R52',
    eso: 'Vault extract loses number precision',
    waybill: "keeps the number's text",
    why: 'an account number of twenty digits must arrive as it was stored',
    shows: 'data',
    manifests:
      externalSecret('dataFrom:\n  - extract: { key: db }') +
      store(
        '{ vault: { server: "https://vault.example", path: kv, auth: { tokenSecretRef: { name: t, key: t } } } }',
      ),
    fixtures:
      'stores:\n  SecretStore/store:\n    db: \'{"account":12345678901234567890,"rate":1.50}\'\n',
  },
  tracksNoMetadata: {
    rule: 'R56',
    eso: 'copies every label and annotation of the ExternalSecret',
    waybill: 'the same, minus tracking metadata',
    why: 'with a tracking-id, Argo CD takes the Secret for a part of the Application and prunes it',
    shows: 'annotations',
    manifests:
      externalSecret(
        READS_DB,
        ', annotations: { argocd.argoproj.io/tracking-id: "app:external-secrets.io/ExternalSecret:ns/app", team: pay }',
      ) + FAKE,
  },
  rewriteCollisionFails: {
    rule: 'R35',
    eso: 'rewrite collisions overwrite at random',
    waybill: 'an error that names both sources',
    why: 'which value wins must not depend on the order of a Go map (here: the last one in byte order stands for it)',
    shows: 'data',
    manifests:
      externalSecret(
        'dataFrom:\n  - extract: { key: /db }\n    rewrite: [{ regexp: { source: "[0-9]$", target: "" } }]',
      ) + store('{ fake: { data: [{ key: /db, value: \'{"key1":"one","key2":"two"}\' }] } }'),
  },
  storeRefAloneFails: {
    rule: 'R18',
    eso: 'an element with only storeRef is silently empty',
    waybill: 'an error',
    why: 'who writes it has forgotten find or extract, and gets a Secret without the keys',
    shows: 'data',
    manifests:
      externalSecret(`${READS_DB}\ndataFrom:\n  - sourceRef: { storeRef: { name: store } }`) + FAKE,
  },
  refusesForeignSecrets: {
    rule: 'R75',
    eso: 'Owner adopts and wipes a foreign Secret',
    waybill: 'refuses with `NotOwned`; `--adopt=eso` restores it',
    why: 'a target name that is taken would lose somebody else the only copy of a key',
    shows: 'data',
    manifests: externalSecret(READS_DB) + FAKE,
    existing:
      'apiVersion: v1\nkind: Secret\nmetadata: { name: app, namespace: ns }\ndata: { theirs: a2V5 }\n',
  },
  findsExactTags: {
    rule: 'R125',
    eso: 'tag search over-matches: AWS compares prefixes, keys and values apart',
    waybill: 'exact pairs',
    why: '`env: prod` must not bring the secret of `tier: prod`, nor that of `env: production`',
    shows: 'data',
    manifests:
      externalSecret('dataFrom:\n  - find: { tags: { env: prod } }') +
      store('{ aws: { service: SecretsManager, region: eu-central-1 } }'),
    fixtures: [
      'stores:',
      '  SecretStore/store:',
      '    right: { versions: { AWSCURRENT: r }, tags: { env: prod } }',
      '    crossed: { versions: { AWSCURRENT: c }, tags: { env: dev, tier: prod } }',
      '    longer: { versions: { AWSCURRENT: l }, tags: { env: production } }',
      '',
    ].join('\n'),
  },
  refusesTokenSecrets: {
    rule: 'R180',
    eso: 'lets a Secret of type service-account-token pass, if its template sets no annotation',
    waybill: 'refuses such Secrets whole',
    why: 'the annotation may come from elsewhere; Kubernetes then mints a token for any ServiceAccount (CVE-2026-42876)',
    shows: 'outcome',
    manifests:
      externalSecret(
        `target: { template: { type: kubernetes.io/service-account-token } }\n${READS_DB}`,
      ) + FAKE,
  },
  refusesTemplateFinalizers: {
    rule: 'R57',
    eso: 'adds the finalizers of a template, and never takes them away',
    waybill: 'refuses them',
    why: 'a finalizer that nobody takes away keeps the Secret, and its namespace, from being deleted',
    shows: 'outcome',
    manifests:
      externalSecret(
        `target: { template: { metadata: { finalizers: [example.com/hold] } } }\n${READS_DB}`,
      ) + FAKE,
  },
  conditionTellsCause: {
    rule: 'R26',
    eso: 'the condition hides the cause',
    waybill: 'the cause, sanitised, with its field path; all errors, not the first',
    why: 'whoever reads `kubectl describe` may not read the log of a controller',
    shows: 'message',
    manifests:
      externalSecret(
        'data:\n  - secretKey: user\n    remoteRef: { key: /db, property: nobody }\n  - secretKey: b\n    remoteRef: { key: /other }',
      ) + FAKE,
  },
  checksDataKeys: {
    rule: 'R44',
    eso: 'keys that the API server refuses are sent to it',
    waybill: 'they are refused before anything is written',
    why: 'the answer comes with the render, not with the sync',
    shows: 'outcome',
    manifests: externalSecret(`target: { template: { data: { größe: "9" } } }\n${READS_DB}`) + FAKE,
  },
}

/** Rows of design without a switch: no value differs, or ESO's answer has no form that could be computed again. */
export const OTHER_ROWS: readonly Pick<Example, 'rule' | 'eso' | 'waybill' | 'why'>[] = [
  {
    rule: 'R127, R132, R144',
    eso: 'one provider call per entry, per ExternalSecret',
    waybill: 'one read per distinct secret per run, batched',
    why: 'the same values for a fraction of the price, and of the rate limit',
  },
  {
    rule: 'R2',
    eso: 'patches the managed label before any fetch',
    waybill: 'nothing is touched before a complete, successful read',
    why: 'a provider that is down must leave no trace on a Secret',
  },
  {
    rule: 'R126',
    eso: 'drops the errors of a batch',
    waybill: 'every error surfaces',
    why: 'a Secret that lacks keys silently is worse than one that was not written',
  },
  {
    rule: 'R166',
    eso: '`b64dec` returns the error as the value',
    waybill: 'the same for parity, and a rule warns',
    why: 'templates rely on it; the finding shows it before a cluster does',
  },
  {
    rule: 'R64',
    eso: 'KeysAndValues coerces `yes`, `1e5`, `00123`',
    waybill: 'the same for parity, and a rule warns',
    why: 'the bytes must be the same; the finding says to quote',
  },
  {
    rule: 'R8',
    eso: 'a class mismatch is silent',
    waybill: 'an event and a finding',
    why: 'an ExternalSecret that nobody takes should say so',
  },
  {
    rule: 'R71, R72',
    eso: 'writes an unsalted data hash to an annotation',
    waybill: 'none by default: the Secret itself is compared; `--eso-annotations` writes it',
    why: 'a hash of a short value can be guessed by whoever reads annotations',
  },
  {
    rule: 'R165',
    eso: 'a webhook path through an object takes its members at random; HTTP 304 leaves the Secret without an error; NTLM',
    waybill: 'members in the order of their names; 304 leaves the Secret and says why; no NTLM',
    why: 'two runs must store the same value; nothing keeps an earlier answer between runs',
  },
  {
    rule: 'R163',
    eso: 'runs the credential plugin and reads the files that a kubeconfig in a Secret names',
    waybill: 'refuses them, and insecure-skip-tls-verify',
    why: 'a tenant writes that kubeconfig, and the pod that reads it is not the tenant’s',
  },
  {
    rule: 'azurekv',
    eso: 'sends the token of an identity to whatever vaultUrl says',
    waybill: 'only to hosts of the cloud that environmentType names',
    why: 'a token for one vault is good for every vault that the identity may read',
  },
  {
    rule: 'R101',
    eso: 'one switch allows generic targets of every kind, v1/Secret among them',
    waybill:
      'each kind is allowed by itself with `--allow-target`; v1/Secret is refused, and what grants rights or runs pods',
    why: 'a template that may write any kind has the rights of whoever runs it; a Secret has a target of its own, with its checks',
  },
  {
    rule: 'R102',
    eso: 'replaces the bytes of a value that is no UTF-8 text',
    waybill: 'refuses the value',
    why: 'a key or a certificate that was changed silently fails where it is used, and nobody knows why',
  },
  {
    rule: 'R103',
    eso: 'paths of `templateFrom` reach everywhere',
    waybill: 'refuses status, and of metadata all but labels and annotations',
    why: 'metadata tells who owns an object; owners and finalizers are not a tenant’s to write (MT-7)',
  },
]
