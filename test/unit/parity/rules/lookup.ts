import type { JsonObject } from '../../../../src/model/json.ts'
import { decodeStore } from '../../../../src/model/store.ts'
import { refusalOf } from '../../../../src/plan/store-conditions.ts'
import { patternEngine } from '../../../../src/values/pattern.ts'
import { observed } from '../../plan/secrets.ts'
import { externalSecret, fakeStore, startFiles } from '../../sync/story.ts'
import { data, ending, entries, findings, other, plan, words } from './ask.ts'
import type { Asked, Rule } from './rule.ts'

// Order of work, and which store is asked (§2.1, §2.2 of the catalogue).

const REMOTE = { a: 'one', b: 'two' }
const OTHER_STORE = (kind: string, metadata: JsonObject, spec: JsonObject = {}): JsonObject =>
  other(
    kind,
    'st2',
    { provider: { fake: { data: [{ key: 'a', value: 'of st2' }] } }, ...spec },
    metadata,
  )
const CLUSTER_STORE = (spec: JsonObject = {}): JsonObject =>
  OTHER_STORE('ClusterSecretStore', { namespace: '' }, spec)
const WEBHOOK = (ca: JsonObject): JsonObject => ({
  webhook: {
    url: 'https://hook.example',
    result: { jsonPath: '$' },
    caProvider: { type: 'ConfigMap', name: 'ca', key: 'pem', ...ca },
  },
})
const ASKS_ST2 = (kind: string): JsonObject => ({
  secretStoreRef: { name: 'st2', kind },
  ...entries({ k: 'a' }),
})

/** Whether namespace `team-x`, labelled `tier=gold` and `zone=eu`, may use a store with these conditions. */
function allows(story: string, conditions: readonly JsonObject[], answer: string): Asked {
  const store = decodeStore({
    kind: 'ClusterSecretStore',
    metadata: { name: 'st' },
    spec: { provider: { fake: {} }, conditions },
  })
  const labels = new Map([
    ['tier', 'gold'],
    ['zone', 'eu'],
    ['kubernetes.io/metadata.name', 'team-x'],
  ])
  const asking = { namespace: 'team-x', labels, patterns: patternEngine }
  return { story, ask: () => refusalOf(store, asking)?.code ?? 'allowed', answer }
}

export const LOOKUP: readonly Rule[] = [
  {
    rule: 1,
    says: 'gone, being deleted, finalizer, class, target Secret, due, read all, empty, build and write, status',
    differs: 'the finalizer comes with the first write: an object that is refused is not touched',
    cases: [
      {
        story: 'a Secret that would be refused is not built at all when nothing came',
        ask: plan({
          target: { deletionPolicy: 'Retain' },
          remote: {},
          there: observed('nobody', { x: '1' }),
        }),
        answer: 'retain policy',
      },
      {
        story: 'a read that fails comes before the ownership that would refuse',
        ask: plan({ remote: { a: undefined }, there: observed('nobody', { x: '1' }) }),
        answer: 'refuse Unavailable',
      },
      {
        file: 'test/unit/sync/controller/objects.test.ts',
        title: 'an ExternalSecret becomes a Secret that it owns, and its status tells so (R1)',
      },
    ],
  },
  {
    rule: 2,
    says: 'a target without the managed label gets it before any fetch',
    differs:
      'nothing is touched before a complete, successful read: a provider that is down leaves no trace',
    cases: [
      {
        story: 'a Merge whose read fails writes nothing to the Secret of somebody else',
        ask: async (t) => {
          const files = await startFiles(t)
          const secret = {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: 'api', namespace: 'shop' },
          }
          files.kube.seed({ ...secret, data: { x: 'eA==' } })
          const target = { creationPolicy: 'Merge' }
          const ran = await files.sync(
            fakeStore({}) + externalSecret({ name: 'api', keys: { k: 'a' }, target }),
          )
          const writes = files.kube.calls.all.filter(({ call }) =>
            /^(patch|create|update) /.test(call),
          )
          return [ran.results[0]?.outcome, ...writes.map(({ call }) => call)]
        },
        answer: ['failed'],
      },
    ],
  },
  {
    rule: 3,
    says: 'not read again only when no refresh is due and the Secret is as it was left; Orphan never looks',
    cases: [
      {
        file: 'test/unit/plan/schedule.test.ts',
        title: 'due or not: … (R3)',
      },
      { file: 'test/unit/sync/due.test.ts', title: 'due: … (R3)' },
    ],
  },
  {
    rule: 4,
    says: 'None has no Secret that could be valid, so every event of the object reads again',
    differs:
      'it is read at its interval and when it changes: a read that nobody uses is not worth its price',
    cases: [
      {
        file: 'test/unit/plan/schedule.test.ts',
        title: "story: 'None has no Secret to look at (R4)'",
      },
    ],
  },
  {
    rule: 5,
    says: 'all or nothing: one read that fails, and nothing is written',
    cases: [
      {
        story: 'two found, one down',
        ask: plan({
          remote: { a: '1', b: '2', c: undefined },
          there: observed('us', { a: 'old' }),
        }),
        answer: 'refuse Unavailable',
      },
      {
        story: 'deletionPolicy Delete is no excuse',
        ask: plan({
          target: { deletionPolicy: 'Delete' },
          remote: { a: null, b: undefined },
          there: observed('us', { a: '1' }),
        }),
        answer: 'refuse Unavailable',
      },
    ],
  },
  {
    rule: 6,
    says: 'no kind, or SecretStore, is the store of the own namespace; ClusterSecretStore is that of the cluster',
    cases: [
      {
        story: 'no kind',
        ask: data({ remote: REMOTE, spec: entries({ k: 'a' }) }),
        answer: { k: 'one' },
      },
      {
        story: 'ClusterSecretStore',
        ask: data({ spec: ASKS_ST2('ClusterSecretStore'), also: [CLUSTER_STORE()] }),
        answer: { k: 'of st2' },
      },
      {
        story: 'a SecretStore of another namespace is not there',
        ask: data({
          spec: ASKS_ST2('SecretStore'),
          also: [OTHER_STORE('SecretStore', { namespace: 'elsewhere' })],
        }),
        answer: 'StoreNotFound spec.data[0]',
      },
      {
        story: 'a ClusterSecretStore is no SecretStore',
        ask: data({ spec: ASKS_ST2('SecretStore'), also: [CLUSTER_STORE()] }),
        answer: 'StoreNotFound spec.data[0]',
      },
    ],
  },
  {
    rule: 7,
    says: 'sourceRef.storeRef of an entry goes before spec.secretStoreRef',
    cases: [
      {
        story: 'in data and in dataFrom',
        ask: data({
          remote: { a: 'one', m: '{"x":"1"}' },
          also: [
            other('SecretStore', 'st2', {
              provider: {
                fake: {
                  data: [
                    { key: 'a', value: 'of st2' },
                    { key: 'm', value: '{"y":"2"}' },
                  ],
                },
              },
            }),
          ],
          spec: {
            data: [
              { secretKey: 'k', remoteRef: { key: 'a' }, sourceRef: { storeRef: { name: 'st2' } } },
              { secretKey: 'l', remoteRef: { key: 'a' } },
            ],
            dataFrom: [
              { extract: { key: 'm' }, sourceRef: { storeRef: { name: 'st2' } } },
              { extract: { key: 'm' } },
            ],
          },
        }),
        answer: { k: 'of st2', l: 'one', x: '1', y: '2' },
      },
    ],
  },
  {
    rule: 8,
    says: 'one store of another controller class, and the whole ExternalSecret is left alone, without a word',
    differs: 'left alone as well, but an event and a finding say so',
    cases: [
      {
        story: 'class other',
        ask: ending({ remote: REMOTE, spec: entries({ k: 'a' }), store: { controller: 'other' } }),
        answer:
          'skipped: False SecretSyncedError spec.data[0]: SecretStore/ns/st belongs to controller class "other"',
      },
      {
        story: 'no class, and the default one',
        ask: data({ remote: REMOTE, spec: entries({ k: 'a' }), store: { controller: 'default' } }),
        answer: { k: 'one' },
      },
      {
        story: 'one of two stores',
        ask: ending({
          remote: REMOTE,
          spec: {
            data: [
              { secretKey: 'k', remoteRef: { key: 'a' } },
              { secretKey: 'l', remoteRef: { key: 'a' }, sourceRef: { storeRef: { name: 'st2' } } },
            ],
          },
          also: [OTHER_STORE('SecretStore', {}, { controller: 'other' })],
        }),
        answer:
          'skipped: False SecretSyncedError spec.data[1]: SecretStore/ns/st2 belongs to controller class "other"',
      },
      {
        file: 'test/unit/sync/controller/objects.test.ts',
        title:
          'a store of another controller class: nothing is touched, and an event says why (R8)',
      },
    ],
  },
  {
    rule: 9,
    says: 'behind a ClusterSecretStore the class of a SecretStore is not looked at: a defect',
    differs: 'its class counts like that of any other',
    cases: [
      {
        story: 'a ClusterSecretStore, then a SecretStore of another class',
        ask: ending({
          remote: REMOTE,
          store: { controller: 'other' },
          also: [CLUSTER_STORE()],
          spec: {
            data: [
              {
                secretKey: 'k',
                remoteRef: { key: 'a' },
                sourceRef: { storeRef: { name: 'st2', kind: 'ClusterSecretStore' } },
              },
              { secretKey: 'l', remoteRef: { key: 'a' } },
            ],
          },
        }),
        answer:
          'skipped: False SecretSyncedError spec.data[1]: SecretStore/ns/st belongs to controller class "other"',
      },
    ],
  },
  {
    rule: 10,
    says: 'a store that has no condition Ready=True yet fails what reads from it',
    differs: 'nobody need write that condition: the run itself tries the store',
    cases: [
      {
        story: 'no status',
        ask: data({ remote: REMOTE, spec: entries({ k: 'a' }) }),
        answer: { k: 'one' },
      },
    ],
  },
  {
    rule: 11,
    says: 'conditions of a ClusterSecretStore: none is open; one entry suffices, and in it any member; patterns are unanchored',
    cases: [
      allows('none', [], 'allowed'),
      allows('a name', [{ namespaces: ['other', 'team-x'] }], 'allowed'),
      allows(
        'the beginning of a name is no name',
        [{ namespaces: ['team'] }],
        'store-not-permitted',
      ),
      allows('a pattern somewhere in the name', [{ namespaceRegexes: ['am-'] }], 'allowed'),
      allows(
        'all labels of a selector',
        [{ namespaceSelector: { matchLabels: { tier: 'gold', zone: 'eu' } } }],
        'allowed',
      ),
      allows(
        'any member of one entry',
        [{ namespaces: ['other'], namespaceRegexes: ['^team-'] }],
        'allowed',
      ),
      allows(
        'any of two entries',
        [{ namespaces: ['other'] }, { namespaces: ['team-x'] }],
        'allowed',
      ),
      allows(
        'neither',
        [{ namespaces: ['other'] }, { namespaceRegexes: ['^x'] }],
        'store-not-permitted',
      ),
    ],
  },
  {
    rule: 12,
    says: 'a refusal has these words; a selector has to match with all of its labels',
    cases: [
      {
        story: 'the words',
        ask: words({
          spec: ASKS_ST2('ClusterSecretStore'),
          also: [CLUSTER_STORE({ conditions: [{ namespaces: ['other'] }] })],
        }),
        answer:
          'using cluster store "st2" is not allowed from namespace "ns": denied by spec.condition',
      },
      {
        story: 'the condition',
        ask: ending({
          spec: ASKS_ST2('ClusterSecretStore'),
          also: [CLUSTER_STORE({ conditions: [{ namespaces: ['other'] }] })],
          args: ['--parity=eso'],
        }),
        answer: 'failed: False SecretSyncedError could not get secret data from provider',
      },
      allows(
        'some of its labels',
        [{ namespaceSelector: { matchLabels: { tier: 'gold', zone: 'us' } } }],
        'store-not-permitted',
      ),
    ],
  },
  {
    rule: 13,
    says: 'references of a SecretStore are read in its own namespace, whatever namespace they name',
    cases: [
      {
        file: 'test/unit/sync/tenancy.test.ts',
        title: 'SecretStores with a foreign namespace read their own only (R13, R15)',
      },
    ],
  },
  {
    rule: 14,
    says: 'those of a ClusterSecretStore in the namespace that they name, else in that of whoever asks',
    cases: [
      {
        file: 'test/unit/sync/reading.test.ts',
        title:
          'a ClusterSecretStore is opened per namespace only when its identity depends on who asks (R14)',
      },
      { file: 'test/unit/sync/controller/stores.test.ts', title: 'store: … (R14, R100)' },
    ],
  },
  {
    rule: 15,
    says: 'caProvider.namespace is needed in a ClusterSecretStore, and may not be another one in a SecretStore',
    cases: [
      {
        story: 'a ClusterSecretStore without',
        ask: findings({ also: [CLUSTER_STORE({ provider: WEBHOOK({}) })] }),
        answer:
          'cluster-store-open spec, cluster-store-needs-namespace spec.provider.webhook.caProvider.namespace',
      },
      {
        story: 'a SecretStore with another',
        ask: findings({
          also: [other('SecretStore', 'st2', { provider: WEBHOOK({ namespace: 'elsewhere' }) })],
        }),
        answer: 'secretstore-foreign-namespace spec.provider.webhook.caProvider.namespace',
      },
      {
        story: 'a SecretStore with its own',
        ask: findings({
          also: [other('SecretStore', 'st2', { provider: WEBHOOK({ namespace: 'ns' }) })],
        }),
        answer: '',
      },
      {
        file: 'test/unit/sync/tenancy.test.ts',
        title: 'SecretStores with a foreign namespace read their own only (R13, R15)',
      },
    ],
  },
  {
    rule: 16,
    says: 'one client for each kind of provider: entries that alternate between two stores log in at every switch',
    differs: 'a store is opened once per run, whatever the order of its entries',
    cases: [
      {
        file: 'test/unit/sync/reading.test.ts',
        title: 'equal reads of many ExternalSecrets are one read, and a store is opened once (R16)',
      },
    ],
  },
]
