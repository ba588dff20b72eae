import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dig, type JsonObject } from '../../src/model/json.ts'
import { bundledSecret, handedOff } from '../unit/sync/bundled.ts'
import { document, externalSecret, fakeStore, type Ran, run } from '../unit/sync/story.ts'
import { openBed } from './bed.ts'

// Real things needed: kube-apiserver and etcd, the controller-manager for garbage collection and quota. Every row of the
// decision tables in src/plan/plan-secret.ts, ESO's P vectors, and what a real API server says against a write.

const bed = openBed('policies')
after(() => bed.down())
let kubeconfig = ''
const START_MS = Date.UTC(2026, 0, 2)
const HOUR_MS = 3_600_000

before(() => {
  kubeconfig = bed.up('api', { KCM: '1' }).KUBECONFIG ?? ''
  for (const name of ['matrix', 'shop', 'waybill-system'])
    bed.kubectl(['create', 'namespace', name])
})

function applied(objects: readonly JsonObject[], manager: string): void {
  const list = { apiVersion: 'v1', kind: 'List', items: [...objects] }
  const how = ['--server-side', '--force-conflicts', `--field-manager=${manager}`]
  bed.kubectl(['apply', ...how, '-f', '-'], JSON.stringify(list))
}

function secretsOf(namespace: string): ReadonlyMap<string, JsonObject> {
  const { items } = JSON.parse(bed.kubectl(['-n', namespace, 'get', 'secrets', '-o', 'json']))
  return new Map(items.map((item: JsonObject) => [String(dig(item, 'metadata', 'name')), item]))
}

function dataOf(secret: JsonObject | undefined): Readonly<Record<string, string>> | undefined {
  if (secret === undefined) return undefined
  const data = (secret.data ?? {}) as Readonly<Record<string, string>>
  const text = ([key, value]: [string, string]): [string, string] => [
    key,
    Buffer.from(value, 'base64').toString(),
  ]
  return Object.fromEntries(Object.entries(data).map(text).sort())
}

// ── The decision tables ──

const STATES = ['absent', 'ours', 'foreign', 'controlled', 'another'] as const
const POLICIES = ['Owner', 'Orphan', 'CreateOrMerge', 'Merge', 'None'] as const

// What a run answers, and what the Secret holds after it: `k` is the key of the ExternalSecret with its new value, `o` the
// same with the old one, `x` the key of whoever made it; `-` is no Secret.
const TABLES: Readonly<Record<string, string>> = {
  found: `
                absent       ours          foreign       controlled    another
  Owner         created k    updated k     NotOwned x    NotOwned x    Conflict x
  Orphan        created k    updated k     NotOwned x    NotOwned x    Conflict x
  CreateOrMerge created k    updated k     updated kx    updated kx    updated kx
  Merge         skipped -    updated k     updated kx    updated kx    updated kx
  None          skipped -    skipped o     skipped x     skipped x     skipped x`,
  // A key that is named and not there is an error (P17); only a find may come back empty (P18).
  Retain: `
                absent       ours          foreign       controlled    another
  Owner         SecretNotFound -   SecretNotFound o    SecretNotFound x    SecretNotFound x    SecretNotFound x
  Orphan        SecretNotFound -   SecretNotFound o    SecretNotFound x    SecretNotFound x    SecretNotFound x
  CreateOrMerge SecretNotFound -   SecretNotFound o    SecretNotFound x    SecretNotFound x    SecretNotFound x
  Merge         SecretNotFound -   SecretNotFound o    SecretNotFound x    SecretNotFound x    SecretNotFound x
  None          SecretNotFound -   SecretNotFound o    SecretNotFound x    SecretNotFound x    SecretNotFound x`,
  Delete: `
                absent               ours                 foreign              controlled           another
  Owner         deleted -            deleted -            NotOwned x           NotOwned x           Conflict x
  Orphan        DeletionNeedsOwner - DeletionNeedsOwner o DeletionNeedsOwner x DeletionNeedsOwner x DeletionNeedsOwner x
  CreateOrMerge DeletionNeedsOwner - DeletionNeedsOwner o DeletionNeedsOwner x DeletionNeedsOwner x DeletionNeedsOwner x
  Merge         DeletionNeedsOwner - DeletionNeedsOwner o DeletionNeedsOwner x DeletionNeedsOwner x DeletionNeedsOwner x
  None          DeletionNeedsOwner - DeletionNeedsOwner o DeletionNeedsOwner x DeletionNeedsOwner x DeletionNeedsOwner x`,
  // It is there and cannot be read: whatever the policies say, nothing is touched (R5).
  unreadable: `
                absent         ours           foreign        controlled     another
  Owner         DecodeFailed - DecodeFailed o DecodeFailed x DecodeFailed x DecodeFailed x
  Orphan        DecodeFailed - DecodeFailed o DecodeFailed x DecodeFailed x DecodeFailed x
  CreateOrMerge DecodeFailed - DecodeFailed o DecodeFailed x DecodeFailed x DecodeFailed x
  Merge         DecodeFailed - DecodeFailed o DecodeFailed x DecodeFailed x DecodeFailed x
  None          DecodeFailed - DecodeFailed o DecodeFailed x DecodeFailed x DecodeFailed x`,
  // The empty Secret was made at the first sighting already, as ESO does (R87).
  Merge: `
                absent       ours          foreign       controlled    another
  Owner         unchanged e  updated e     NotOwned x    NotOwned x    Conflict x
  Orphan        unchanged e  updated e     NotOwned x    NotOwned x    Conflict x
  CreateOrMerge unchanged e  updated e     unchanged x   unchanged x   unchanged x
  Merge         skipped -    updated e     unchanged x   unchanged x   unchanged x
  None          skipped -    skipped o     skipped x     skipped x     skipped x`,
}

const nameOf = (kind: string, policy: string, state: string): string =>
  `${kind}-${policy}-${state}`.toLowerCase()

interface Row {
  readonly kind: string
  readonly policy: string
  readonly state: string
  readonly name: string
}

const rows: readonly Row[] = Object.keys(TABLES).flatMap((kind) =>
  POLICIES.flatMap((policy) =>
    STATES.map((state) => ({ kind, policy, state, name: nameOf(kind, policy, state) })),
  ),
)

const APP = { app: 'matrix', namespace: 'matrix' }

function publish(externalSecrets: readonly JsonObject[], values: Record<string, string>): void {
  applied(handedOff({ ...APP, values, externalSecrets }), 'argocd')
}

function syncMatrix(nowMs: number, ...more: readonly string[]): Promise<Ran> {
  const argv = ['sync', '--app=matrix', '-n=matrix', '--kubeconfig', kubeconfig, '-o=json']
  return run([...argv, ...more], { nowMs })
}

/** A Secret that is somebody else's in one of three ways. */
function seeded({ name, state }: Row, controllerUid: string): JsonObject {
  const metadata: Record<string, JsonObject | string | JsonObject[]> = { name, namespace: 'matrix' }
  if (state === 'controlled') {
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'controller', uid: controllerUid }
    metadata.ownerReferences = [{ ...owner, controller: true }]
  }
  if (state === 'another') {
    metadata.labels = { 'waybill.dev/managed': 'true' }
    metadata.annotations = { 'waybill.dev/owner': 'another' }
  }
  return { apiVersion: 'v1', kind: 'Secret', metadata, data: { x: 'eA==' } }
}

function letters(secret: JsonObject | undefined): string {
  const data = dataOf(secret)
  if (data === undefined) return '-'
  const known = [
    data.k === 'new' ? 'k' : '',
    data.k === 'old' ? 'o' : '',
    data.x === 'x' ? 'x' : '',
  ]
  return known.join('') || 'e'
}

function table(title: string, cell: (row: Row) => string): string {
  const lines = POLICIES.map((policy) => {
    const cells = rows.filter((row) => row.kind === title && row.policy === policy).map(cell)
    return [policy, ...cells].join(' ')
  })
  return lines.join('\n')
}

const squeezed = (text: string): string =>
  text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().replace(/ +/g, ' '))
    .join('\n')

test('every row of creationPolicy × observed × deletionPolicy, on a real API server', async () => {
  const ours = rows.filter(({ state }) => state === 'ours')
  const first = ours.map(({ name }) => bundledSecret(APP, name, { keys: { k: name } }))
  publish(first, Object.fromEntries(ours.map(({ name }) => [name, 'old'])))
  assert.equal((await syncMatrix(START_MS)).code, 0)
  const controller = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'controller', namespace: 'matrix' },
  }
  applied([controller], 'human')
  const uid = bed.kubectl([
    '-n',
    'matrix',
    'get',
    'cm',
    'controller',
    '-o',
    'jsonpath={.metadata.uid}',
  ])
  const foreign = rows.filter(({ state }) => !['absent', 'ours'].includes(state))
  applied(
    foreign.map((row) => seeded(row, uid)),
    'human',
  )
  const all = rows.map(({ kind, policy, name }) => {
    const deletionPolicy = { found: 'Retain', unreadable: 'Delete' }[kind] ?? kind
    const remoteRef = { key: name, decodingStrategy: 'Base64' }
    return bundledSecret(APP, name, {
      keys: { k: name },
      target: { creationPolicy: policy, deletionPolicy },
      ...(kind === 'unreadable' && { spec: { data: [{ secretKey: 'k', remoteRef }] } }),
    })
  })
  const there = rows.filter(({ kind }) => kind === 'found' || kind === 'unreadable')
  publish(all, Object.fromEntries(there.map(({ name }) => [name, 'new'])))
  const sighting = await syncMatrix(START_MS + HOUR_MS, '--confirm-deletions')
  const before = secretsOf('matrix')
  for (const { kind, name, state } of rows) {
    if (kind !== 'found' && state === 'ours')
      assert.equal(letters(before.get(name)), 'o', 'seen once')
  }
  const confirmed = await syncMatrix(START_MS + 3 * HOUR_MS, '--confirm-deletions')
  const secrets = secretsOf('matrix')
  for (const [kind, expected] of Object.entries(TABLES)) {
    // What was there to write has been written at the first sighting of a value, the rest at the second of an absence.
    const { results } = kind === 'found' ? sighting : confirmed
    const seen = table(kind, ({ name }) => {
      const result = results.find(({ externalSecret: one }) => one === `matrix/${name}`)
      const word = result?.outcome === 'failed' ? result.errors[0]?.code : result?.outcome
      return `${word} ${letters(secrets.get(name))}`
    })
    assert.equal(seen, squeezed(expected), kind)
  }
})

test('a run after that writes to no Secret of the matrix', async () => {
  const versions = (): readonly unknown[] =>
    [...secretsOf('matrix')].map(([name, one]) => [name, dig(one, 'metadata', 'resourceVersion')])
  const before = versions()
  await syncMatrix(START_MS + 6 * HOUR_MS, '--confirm-deletions')
  assert.deepEqual(versions(), before)
})

test('the collector takes what Owner made when the anchor goes, and leaves what Orphan made', async () => {
  bed.kubectl(['-n', 'matrix', 'delete', 'configmap', 'waybill-matrix'])
  const gone = [
    '-n',
    'matrix',
    'wait',
    '--for=delete',
    '--timeout=60s',
    'secret/found-owner-absent',
  ]
  const waited = await bed.tryKubectl(gone)
  assert.equal(waited.code, 0, waited.err)
  const left = secretsOf('matrix')
  for (const name of ['found-orphan-absent', 'found-createormerge-absent', 'found-merge-foreign']) {
    assert.ok(left.has(name), name)
  }
})

// ── ESO's P vectors ──

const PLAIN = fakeStore({ a: 'one', b: 'two', json: '{"p":"1","q":"2"}', nul: 'a\u0000b' })

function given(manifests: string, ...more: readonly string[]): Promise<Ran> {
  const argv = ['sync', '-f=-', '-n=shop', '--kubeconfig', kubeconfig, '-o=json']
  return run([...argv, ...more], { stdin: manifests, nowMs: START_MS })
}

const shopSecret = (name: string): JsonObject | undefined => secretsOf('shop').get(name)
const made = (name: string, data: JsonObject, metadata: JsonObject = {}): void =>
  applied(
    [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { ...metadata, name, namespace: 'shop' },
        data,
      },
    ],
    'human',
  )

test('P1, P2: without target.name the Secret has the name of the ExternalSecret; 76 characters are fine', async () => {
  const long = 'n'.repeat(76)
  const ran = await given(
    PLAIN +
      externalSecret({ name: 'p1', keys: { k: 'a' } }) +
      externalSecret({ name: 'p2', keys: { k: 'a' }, target: { name: long } }),
  )
  assert.equal(ran.code, 0, ran.out)
  assert.ok(shopSecret('p1') && shopSecret(long))
})

test('P3, P8: None makes nothing and is Ready; Merge without a Secret is SecretMissing', async () => {
  const ran = await given(
    PLAIN +
      externalSecret({ name: 'p3', keys: { k: 'a' }, target: { creationPolicy: 'None' } }) +
      externalSecret({ name: 'p8', keys: { k: 'a' }, target: { creationPolicy: 'Merge' } }),
  )
  assert.deepEqual(
    ran.results.map(({ condition }) => [condition.status, condition.reason]),
    [
      ['True', 'SecretSynced'],
      ['True', 'SecretMissing'],
    ],
  )
  assert.equal(shopSecret('p3') ?? shopSecret('p8'), undefined)
})

test('P4, P6: labels and annotations are copied without tracking metadata, and go when they are gone', async () => {
  const labelled = (labels: JsonObject): string => {
    const object = JSON.parse(externalSecret({ name: 'p4', keys: { k: 'a' } }).slice(4))
    const annotations = { note: 'yes', 'kubectl.kubernetes.io/last-applied-configuration': '{}' }
    return document({ ...object, metadata: { ...object.metadata, labels, annotations } })
  }
  await given(PLAIN + labelled({ team: 'a', 'app.kubernetes.io/instance': 'x' }))
  const metadata = shopSecret('p4')?.metadata as JsonObject
  assert.equal(dig(metadata, 'labels', 'team'), 'a')
  assert.equal(dig(metadata, 'annotations', 'note'), 'yes')
  assert.equal(
    dig(metadata, 'annotations', 'kubectl.kubernetes.io/last-applied-configuration'),
    undefined,
  )
  await given(PLAIN + labelled({}))
  assert.equal(dig(shopSecret('p4'), 'metadata', 'labels', 'team'), undefined)
})

test('P7, P9: Merge keeps what is there, overwrites its own key, and sets no owner', async () => {
  made('p7', { x: 'eA==', k: 'dGhlaXJz' }, { labels: { theirs: 'yes' } })
  const ran = await given(
    PLAIN + externalSecret({ name: 'p7', keys: { k: 'a' }, target: { creationPolicy: 'Merge' } }),
  )
  assert.equal(ran.code, 0, ran.out)
  const secret = shopSecret('p7')
  assert.deepEqual(dataOf(secret), { k: 'one', x: 'x' })
  assert.equal(dig(secret, 'metadata', 'labels', 'theirs'), 'yes')
  assert.equal(dig(secret, 'metadata', 'ownerReferences'), undefined)
})

test('P13, P15: edited data are put right; a key that the provider dropped goes', async () => {
  const wanted = externalSecret({
    name: 'p15',
    keys: {},
    spec: { dataFrom: [{ extract: { key: 'json' } }] },
  })
  await given(PLAIN + wanted)
  assert.deepEqual(dataOf(shopSecret('p15')), { p: '1', q: '2' })
  bed.kubectl([
    '-n',
    'shop',
    'patch',
    'secret',
    'p15',
    '-p',
    '{"stringData":{"p":"edited","z":"added"}}',
  ])
  await given(PLAIN + wanted)
  assert.deepEqual(dataOf(shopSecret('p15')), { p: '1', q: '2' })
  await given(fakeStore({ json: '{"p":"1"}' }) + wanted)
  assert.deepEqual(dataOf(shopSecret('p15')), { p: '1' })
})

test('P17, P22, P27: what cannot be read is an error, and the Secret stays or is not made', async () => {
  await given(PLAIN + externalSecret({ name: 'p17', keys: { k: 'a' } }))
  const nul = { remoteRef: { key: 'nul', nullBytePolicy: 'Fail' }, secretKey: 'k' }
  const ran = await given(
    fakeStore({ nul: 'a\u0000b' }) +
      externalSecret({ name: 'p17', keys: { k: 'a', l: 'nul' } }) +
      externalSecret({ name: 'p22', keys: { k: 'a' }, store: 'nobody' }) +
      externalSecret({ name: 'p27', keys: {}, spec: { data: [nul] } }),
  )
  assert.deepEqual(
    ran.results.map(({ condition }) => condition.reason),
    ['SecretSyncedError', 'SecretSyncedError', 'SecretSyncedError'],
  )
  assert.deepEqual(dataOf(shopSecret('p17')), { k: 'one' })
  assert.equal(shopSecret('p22') ?? shopSecret('p27'), undefined)
})

test('P18: Retain and a find without a match: Ready, and the Secret stays', async () => {
  const find = { dataFrom: [{ find: { name: { regexp: '^f-' } } }] }
  const wanted = externalSecret({ name: 'p18', keys: {}, spec: find })
  await given(fakeStore({ 'f-1': 'v' }) + wanted)
  const ran = await given(fakeStore({ other: 'v' }) + wanted)
  assert.equal(ran.results[0]?.condition.status, 'True', ran.out)
  assert.deepEqual(dataOf(shopSecret('p18')), { 'f-1': 'v' })
})

test('P19: Merge and Merge, and nothing is there: our key goes, that of others stays', async () => {
  const app = { app: 'p19', namespace: 'shop' }
  const target = { creationPolicy: 'Merge', deletionPolicy: 'Merge' }
  const externalSecrets = [bundledSecret(app, 'p19', { keys: { k: 'a' }, target })]
  const syncAfter = (values: Record<string, string>, hours: number): Promise<Ran> => {
    applied(handedOff({ ...app, values, externalSecrets }), 'argocd')
    const argv = ['sync', '--app=p19', '-n=shop', '--kubeconfig', kubeconfig, '-o=json']
    return run(argv, { nowMs: START_MS + hours * HOUR_MS })
  }
  made('p19', { x: 'eA==' })
  await syncAfter({ a: 'one' }, 0)
  assert.deepEqual(dataOf(shopSecret('p19')), { k: 'one', x: 'x' })
  await syncAfter({}, 1)
  assert.deepEqual(dataOf(shopSecret('p19')), { k: 'one', x: 'x' }, 'seen once')
  const ran = await syncAfter({}, 3)
  assert.equal(ran.code, 0, ran.out)
  assert.deepEqual(dataOf(shopSecret('p19')), { x: 'x' })
})

test('a Secret that somebody deleted and made anew is theirs', async () => {
  await given(PLAIN + externalSecret({ name: 'anew', keys: { k: 'a' } }))
  bed.kubectl(['-n', 'shop', 'delete', 'secret', 'anew', '--wait=false'])
  made('anew', { x: 'eA==' })
  const ran = await given(
    fakeStore({ a: 'new' }) + externalSecret({ name: 'anew', keys: { k: 'a' } }),
  )
  assert.equal(ran.results[0]?.errors[0]?.code, 'NotOwned', ran.out)
  assert.deepEqual(dataOf(shopSecret('anew')), { x: 'x' })
})

test('P25, P26: two stores through sourceRef, and a generator', async () => {
  const second = fakeStore({ c: '{"r":"3"}' }).replace('"name":"st"', '"name":"st2"')
  const generator = document({
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    kind: 'Fake',
    metadata: { name: 'gen', namespace: 'shop' },
    spec: { data: { g: 'made' } },
  })
  const from = (name: string, key: string): JsonObject => ({
    extract: { key },
    sourceRef: { storeRef: { kind: 'SecretStore', name } },
  })
  const generatorRef = {
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    kind: 'Fake',
    name: 'gen',
  }
  const dataFrom = [from('st', 'json'), from('st2', 'c'), { sourceRef: { generatorRef } }]
  const ran = await given(
    PLAIN + second + generator + externalSecret({ name: 'p25', keys: {}, spec: { dataFrom } }),
  )
  assert.equal(ran.code, 0, ran.out)
  assert.deepEqual(dataOf(shopSecret('p25')), { g: 'made', p: '1', q: '2', r: '3' })
})

// ── What a real API server has against a write ──

test('field managers: ours holds our keys alone, and two that merge are told apart', async () => {
  made('shared', { x: 'eA==' })
  const merging = (name: string, key: string): string =>
    externalSecret({
      name,
      keys: { [key]: 'a' },
      target: { name: 'shared', creationPolicy: 'Merge' },
    })
  const ran = await given(PLAIN + merging('m1', 'k1') + merging('m2', 'k2'))
  assert.equal(ran.code, 0, ran.out)
  const text = bed.kubectl([
    '-n',
    'shop',
    'get',
    'secret',
    'shared',
    '-o',
    'json',
    '--show-managed-fields',
  ])
  const holders = JSON.parse(text).metadata.managedFields.map((entry: JsonObject) => [
    entry.manager,
    Object.keys((dig(entry, 'fieldsV1', 'f:data') ?? {}) as JsonObject).filter(
      (key) => key !== '.',
    ),
  ])
  assert.deepEqual(Object.fromEntries(holders), {
    human: ['f:x'],
    'waybill/m1': ['f:k1'],
    'waybill/m2': ['f:k2'],
  })
})

test('1 MiB: what fits is written, what does not is refused, and the others go on', async () => {
  const big = fakeStore({ big: 'x'.repeat(1_000_000), more: 'y'.repeat(60_000), a: 'one' })
  const ran = await given(
    big +
      externalSecret({ name: 'fits', keys: { k: 'big' } }) +
      externalSecret({ name: 'exceeds', keys: { k: 'big', l: 'more' } }) +
      externalSecret({ name: 'beside', keys: { k: 'a' } }),
  )
  const outcomes = ran.results.map(({ target, outcome, errors }) => [
    target,
    errors[0]?.code ?? outcome,
  ])
  assert.deepEqual(Object.fromEntries(outcomes), {
    'shop/fits': 'created',
    'shop/exceeds': 'TooLarge',
    'shop/beside': 'created',
  })
  assert.equal(dataOf(shopSecret('fits'))?.k?.length, 1_000_000)
})

test('an admission policy that denies one Secret is told in its words, and the others go on', async () => {
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'] }
  applied(
    [
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: 'no-denied' },
        spec: {
          matchConstraints: { resourceRules: [{ ...rule, resources: ['secrets'] }] },
          validations: [
            {
              expression: "!object.metadata.name.startsWith('denied')",
              message: 'that name is not for you',
            },
          ],
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: 'no-denied' },
        spec: { policyName: 'no-denied', validationActions: ['Deny'] },
      },
    ],
    'human',
  )
  const isDenying = async (): Promise<boolean> => {
    const probe = ['-n', 'shop', 'create', 'secret', 'generic', 'denied-probe', '--dry-run=server']
    return (await bed.tryKubectl(probe)).code !== 0
  }
  const deadline = Date.now() + 30_000
  while (!(await isDenying())) assert.ok(Date.now() < deadline, 'the policy does not act')
  const ran = await given(
    PLAIN +
      externalSecret({ name: 'denied', keys: { k: 'a' } }) +
      externalSecret({ name: 'allowed', keys: { k: 'a' } }),
  )
  assert.equal(ran.code, 5)
  const denied = ran.results.find(({ target }) => target === 'shop/denied')
  assert.equal(denied?.outcome, 'failed')
  assert.match(denied?.condition.message ?? '', /no-denied/)
  assert.ok(shopSecret('allowed'))
  assert.doesNotMatch(ran.out, /b25l/, 'a value')
})

test('a ResourceQuota that is used up is told, and what is there is refreshed all the same', async () => {
  bed.kubectl(['create', 'namespace', 'tight'])
  bed.kubectl(['-n', 'tight', 'create', 'quota', 'few', '--hard=secrets=1'])
  const tight = (names: readonly string[], value: string): string =>
    (
      fakeStore({ a: value }) +
      names.map((name) => externalSecret({ name, keys: { k: 'a' } })).join('')
    ).replaceAll('"namespace":"shop"', '"namespace":"tight"')
  const deadline = Date.now() + 30_000
  const used = ['-n', 'tight', 'get', 'quota', 'few', '-o', 'jsonpath={.status.hard.secrets}']
  while (bed.kubectl(used) === '') assert.ok(Date.now() < deadline, 'no quota')
  await given(tight(['one'], 'old'))
  const ran = await given(tight(['one', 'two'], 'new'))
  assert.equal(ran.code, 5)
  const [one, two] = ran.results
  assert.equal(one?.outcome, 'updated')
  assert.equal(two?.outcome, 'failed')
  assert.match(two?.condition.message ?? '', /quota/)
})
