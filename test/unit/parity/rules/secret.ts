import type { TestContext } from 'node:test'
import { dig, type JsonObject } from '../../../../src/model/json.ts'
import { MANAGED_LABEL, OWNER_ANNOTATION } from '../../../../src/plan/marks.ts'
import { decodeObserved } from '../../../../src/plan/observed.ts'
import { syncedVersionOf } from '../../../../src/plan/synced-version.ts'
import { managerOf } from '../../../../src/sync/cluster-target.ts'
import { dataHash } from '../../../../src/values/go-print.ts'
import { ANCHOR, observed, wanted } from '../../plan/secrets.ts'
import { externalSecret, fakeStore, startFiles } from '../../sync/story.ts'
import {
  core,
  data,
  ending,
  entries,
  findings,
  type Given,
  plan,
  planOf,
  type Scene,
  shape,
} from './ask.ts'
import type { Asked, Rule } from './rule.ts'

// Table: the Secret and the policies about who may write it (§2.10, §2.11 of the catalogue).

const AB = { a: 'one', b: 'two' }
const MARKED = {
  labels: { [MANAGED_LABEL]: 'true' },
  annotations: { [OWNER_ANNOTATION]: 'ns/app' },
}
const ours = (more: JsonObject): JsonObject => core('Secret', 'app', { metadata: MARKED, ...more })
const b64 = (text: string): string => Buffer.from(text).toString('base64')

/** `ns/app` with `k` from `a`, and this template. */
function templated(template: JsonObject, more: Given = {}): Given {
  return { remote: AB, spec: { target: { template }, ...entries({ k: 'a', l: 'b' }) }, ...more }
}

/** What a literal of KeysAndValues with this line makes of `v`. */
function literal(text: string, answer: string): Asked {
  return {
    story: `literal v: ${text}`,
    ask: data(templated({ templateFrom: [{ literal: `v: ${text}\n` }] })),
    answer: { v: answer },
  }
}

/** What is left of a Secret whose fields the managers have so. */
function owned(story: string, manager: JsonObject, answer: unknown): Asked {
  const object = {
    metadata: { name: 'api', managedFields: [{ operation: 'Apply', ...manager }] },
    data: { a: b64('1') },
  }
  return {
    story,
    ask: () => [...decodeObserved(object, ['waybill/api']).ownedKeys],
    answer,
  }
}

const FIELDS = { 'f:data': { 'f:a': {} } }

/** Owner references of the Secret that is planned. */
const ownerOf =
  (scene: Scene): (() => unknown) =>
  () => {
    const change = planOf(scene)
    if (change.action !== 'create' && change.action !== 'update') return change.action
    const { owner } = change
    return typeof owner === 'string' ? owner : `${owner.kind}/${owner.name}`
  }

const OWNED_BY_ANCHOR = { owners: [ANCHOR] }
const at = (creationPolicy: string, more: JsonObject = {}): { target: JsonObject } => ({
  target: { creationPolicy, ...more },
})

export const SECRET: readonly Rule[] = [
  {
    rule: 56,
    says: 'without a template all labels and annotations of the ExternalSecret are copied',
    differs:
      'the same, minus what other tools track their objects by: Argo CD would prune the Secret',
    cases: [
      {
        story: 'here',
        ask: shape({
          remote: AB,
          metadata: {
            labels: { team: 'a', 'app.kubernetes.io/instance': 'x' },
            annotations: { note: 'n', 'argocd.argoproj.io/tracking-id': 't' },
          },
          spec: entries({ k: 'a' }),
        }),
        answer: {
          name: 'app',
          type: 'Opaque',
          labels: { team: 'a', [MANAGED_LABEL]: 'true' },
          annotations: { note: 'n', [OWNER_ANNOTATION]: 'ns/app' },
        },
      },
      {
        story: 'under parity',
        ask: shape({
          remote: AB,
          metadata: { labels: { 'app.kubernetes.io/instance': 'x' } },
          spec: entries({ k: 'a' }),
          args: ['--parity=eso'],
        }),
        answer: {
          name: 'app',
          type: 'Opaque',
          labels: { 'app.kubernetes.io/instance': 'x' },
          annotations: {},
        },
      },
      {
        story: 'fetched data, and existing data under Merge',
        ask: data({
          remote: AB,
          existing: [core('Secret', 'app', { data: { x: b64('1') } })],
          spec: { target: { creationPolicy: 'Merge' }, ...entries({ k: 'a' }) },
        }),
        answer: { k: 'one', x: '1' },
      },
    ],
  },
  {
    rule: 57,
    says: 'with a template, be it empty, only its own metadata is set: keys literal, values rendered; finalizers are added',
    differs: 'finalizers are refused: nobody would take them away again',
    cases: [
      {
        story: 'an empty template copies nothing',
        ask: shape(templated({}, { metadata: { labels: { team: 'a' } }, args: ['--parity=eso'] })),
        answer: { name: 'app', type: 'Opaque', labels: {}, annotations: {} },
      },
      {
        story: 'its own',
        ask: shape(
          templated({ metadata: { labels: { 'k.x': '{{ .k }}' } } }, { args: ['--parity=eso'] }),
        ),
        answer: { name: 'app', type: 'Opaque', labels: { 'k.x': 'one' }, annotations: {} },
      },
      {
        story: 'finalizers',
        ask: data(templated({ metadata: { finalizers: ['x.example/hold'] } })),
        answer: 'NotAllowed spec.target.template.metadata.finalizers',
      },
    ],
  },
  {
    rule: 58,
    says: 'template.data over templateFrom, in it later over earlier, over fetched (Merge or bare), over existing (Merge, CreateOrMerge)',
    cases: [
      {
        story: 'a bare template keeps what was fetched',
        ask: data(templated({ type: 'Opaque' })),
        answer: { k: 'one', l: 'two' },
      },
      {
        story: 'template.data replaces it',
        ask: data(templated({ data: { x: '{{ .k }}' } })),
        answer: { x: 'one' },
      },
      {
        story: 'templateFrom replaces it',
        ask: data(templated({ templateFrom: [{ literal: 'x: 1' }] })),
        answer: { x: '1' },
      },
      {
        story: 'mergePolicy Merge keeps it below',
        ask: data(templated({ mergePolicy: 'Merge', data: { k: 'over' } })),
        answer: { k: 'over', l: 'two' },
      },
      {
        story: 'later over earlier, data over all',
        ask: data(
          templated({
            data: { c: 'data' },
            templateFrom: [
              { literal: '{a: "1", b: "1", c: "1"}' },
              { literal: '{b: "2", c: "2"}' },
            ],
          }),
        ),
        answer: { a: '1', b: '2', c: 'data' },
      },
      {
        story: 'ConfigMap, Secret, literal of one item',
        ask: data(
          templated(
            {
              templateFrom: [
                {
                  configMap: { name: 'c', items: [{ key: 'x' }, { key: 'y' }, { key: 'z' }] },
                  secret: { name: 's', items: [{ key: 'y' }, { key: 'z' }] },
                  literal: 'z: literal',
                },
              ],
            },
            {
              existing: [
                core('ConfigMap', 'c', { data: { x: 'c', y: 'c', z: 'c' } }),
                core('Secret', 's', { data: { y: b64('s'), z: b64('s') } }),
              ],
            },
          ),
        ),
        answer: { x: 'c', y: 's', z: 'literal' },
      },
      {
        story: 'Owner keeps nothing that exists',
        ask: data({
          remote: AB,
          existing: [ours({ data: { x: b64('1') } })],
          spec: entries({ k: 'a' }),
        }),
        answer: { k: 'one' },
      },
      {
        story: 'CreateOrMerge does',
        ask: data({
          remote: AB,
          existing: [core('Secret', 'app', { data: { x: b64('1'), k: b64('old') } })],
          spec: { ...at('CreateOrMerge'), ...entries({ k: 'a' }) },
        }),
        answer: { k: 'one', x: '1' },
      },
    ],
  },
  {
    rule: 59,
    says: 'what the own field manager holds is taken out first: keys that are asked for no more go, also under Merge',
    cases: [
      {
        story: 'a key of ours under Merge',
        ask: plan({
          ...at('Merge'),
          remote: { a: '1' },
          there: observed(
            'nobody',
            { a: '1', gone: '2', theirs: '3' },
            { ownedKeys: new Set(['a', 'gone']), othersKeys: new Set(['theirs']) },
          ),
        }),
        answer: 'update by apply a=1 theirs=3',
      },
      owned('what our manager applied', { manager: 'waybill/api', fieldsV1: FIELDS }, ['a']),
      owned('another manager', { manager: 'human', fieldsV1: FIELDS }, []),
    ],
  },
  {
    rule: 60,
    says: 'for names of 28 to 63 characters labels that are asked for no more stay: a defect',
    differs: 'they go, however long the name is',
    cases: [
      ...['Owner', 'Merge'].map((creationPolicy) => ({
        story: `40 characters, ${creationPolicy}`,
        ask: (t: TestContext) => labelsAfter(t, 'n'.repeat(40), creationPolicy),
        answer: ['new'],
      })),
    ],
  },
  {
    rule: 61,
    says: 'the field manager is named after the ExternalSecret, with a hash in place of a name that is too long',
    differs: 'our own prefix, and a server-side apply: an update could not tell two writers apart',
    cases: [
      { story: 'its own Secret', ask: () => managerOf(wanted(), 'waybill'), answer: 'waybill' },
      {
        story: 'a Secret that is shared',
        ask: () => managerOf(wanted({ creationPolicy: 'Merge' }), 'waybill'),
        answer: 'waybill/api',
      },
      {
        story: 'a name that is too long',
        ask: () =>
          /^waybill\/[0-9a-f]{32}$/.test(
            managerOf(
              { ...wanted({ creationPolicy: 'CreateOrMerge' }), name: 'n'.repeat(200) },
              'waybill',
            ),
          ),
        answer: true,
      },
    ],
  },
  {
    rule: 62,
    says: 'templates see a map of strings, and a key that is missing is an error; functions of dictionaries do not take it',
    cases: [
      {
        story: 'a key',
        ask: data(templated({ data: { x: '{{ .k }}{{ index . "l" }}' } })),
        answer: { x: 'onetwo' },
      },
      {
        story: 'missing',
        ask: data(templated({ data: { x: '{{ .nope }}' } })),
        answer: 'TemplateFailed spec.target.template.data.x',
      },
      {
        story: 'hasKey',
        ask: data(templated({ data: { x: '{{ hasKey . "k" }}' } })),
        answer: 'TemplateFailed spec.target.template.data.x',
      },
    ],
  },
  {
    rule: 63,
    says: 'Values: one key; KeysAndValues and literals: a YAML map of strings; nothing rendered is nothing',
    cases: [
      {
        story: 'Values',
        ask: data(
          templated(
            {
              templateFrom: [
                { configMap: { name: 'c', items: [{ key: 'x', templateAs: 'Values' }] } },
              ],
            },
            { existing: [core('ConfigMap', 'c', { data: { x: 'a: {{ .k }}' } })] },
          ),
        ),
        answer: { x: 'a: one' },
      },
      {
        story: 'KeysAndValues',
        ask: data(
          templated(
            {
              templateFrom: [
                { configMap: { name: 'c', items: [{ key: 'x', templateAs: 'KeysAndValues' }] } },
              ],
            },
            { existing: [core('ConfigMap', 'c', { data: { x: '{{ .l }}: {{ .k }}' } })] },
          ),
        ),
        answer: { two: 'one' },
      },
      {
        story: 'nothing',
        ask: data(templated({ templateFrom: [{ literal: '' }, { literal: 'a: x' }] })),
        answer: { a: 'x' },
      },
      {
        story: 'a list',
        ask: data(templated({ templateFrom: [{ literal: '- a' }] })),
        answer: 'NotStringMap spec.target.template.templateFrom[0].literal',
      },
      {
        story: 'a scalar',
        ask: data(templated({ templateFrom: [{ literal: 'a' }] })),
        answer: 'NotStringMap spec.target.template.templateFrom[0].literal',
      },
      {
        story: 'a map in a map',
        ask: data(templated({ templateFrom: [{ literal: 'a: {b: c}' }] })),
        answer: 'NotStringMap spec.target.template.templateFrom[0].literal',
      },
    ],
  },
  {
    rule: 64,
    says: 'unquoted scalars of such a map are read as YAML 1.1 reads them before they become text again',
    cases: [
      ...(
        [
          ['yes', 'true'],
          ['on', 'true'],
          ['y', 'true'],
          ['no', 'false'],
          ['n', 'false'],
          ['00123', '83'],
          ['0888', '888'],
          ['0x10', '16'],
          ['1_000', '1000'],
          ['1.50', '1.5'],
          ['1e5', '100000'],
          ['1e21', '1e+21'],
          ['3.14159265358979', '3.1415927'],
          ['123456.789', '123456.79'],
          ['null', ''],
          ['~', ''],
          ['.inf', '+Inf'],
          ['x # c', 'x'],
          ['9007199254740993', '9007199254740993'],
          ['"1e5"', '1e5'],
          ['&amp', ''],
          ['p #ss', 'p'],
        ] as const
      ).map(([text, answer]) => literal(text, answer)),
      {
        story: 'of duplicate keys the last',
        ask: data(templated({ templateFrom: [{ literal: 'v: a\nv: b' }] })),
        answer: { v: 'b' },
      },
      {
        story: 'and a finding says so',
        ask: findings({
          spec: {
            target: { template: { templateFrom: [{ literal: 'v: {{ .k }}' }] } },
            ...entries({ k: 'a' }),
          },
        }),
        answer: 'keys-and-values-quote spec.target.template.templateFrom[0].literal',
      },
    ],
  },
  {
    rule: 65,
    says: 'a ConfigMap or Secret that is not there, or lacks a key, is an error',
    cases: [
      {
        story: 'no ConfigMap',
        ask: data(
          templated({ templateFrom: [{ configMap: { name: 'c', items: [{ key: 'x' }] } }] }),
        ),
        answer: 'TemplateNotFound spec.target.template.templateFrom[0].configMap.name',
      },
      {
        story: 'no key',
        ask: data(
          templated(
            { templateFrom: [{ secret: { name: 's', items: [{ key: 'x' }] } }] },
            { existing: [core('Secret', 's')] },
          ),
        ),
        answer: 'TemplateKeyNotFound spec.target.template.templateFrom[0].secret.items[0]',
      },
    ],
  },
  {
    rule: 66,
    says: 'a target is Data, Annotations or Labels in any letter case; an empty one fails late, any other early',
    cases: [
      {
        story: 'any case',
        ask: shape(
          templated(
            { templateFrom: [{ literal: 'note: x', target: 'aNNotations' }] },
            { args: ['--parity=eso'] },
          ),
        ),
        answer: { name: 'app', type: 'Opaque', labels: {}, annotations: { note: 'x' } },
      },
      {
        story: 'absent is Data',
        ask: data(templated({ templateFrom: [{ literal: 'note: x' }] })),
        answer: { note: 'x' },
      },
      {
        story: 'empty',
        ask: data(templated({ templateFrom: [{ literal: 'note: x', target: '' }] })),
        answer: 'InvalidTarget spec.target.template.templateFrom[0].target',
      },
      {
        story: 'another',
        ask: data(templated({ templateFrom: [{ literal: 'note: x', target: 'spec' }] })),
        answer: 'NotAllowed spec.target.template.templateFrom[0].target',
      },
    ],
  },
  {
    rule: 67,
    says: 'the type of the template, else the one that is there, else Opaque; a type cannot change',
    cases: [
      {
        story: 'the template’s',
        ask: shape(templated({ type: 'kubernetes.io/x' }, { args: ['--parity=eso'] })),
        answer: { name: 'app', type: 'kubernetes.io/x', labels: {}, annotations: {} },
      },
      {
        story: 'the one that is there',
        ask: shape({
          remote: AB,
          existing: [core('Secret', 'app', { type: 'kubernetes.io/y' })],
          spec: entries({ k: 'a' }),
          args: ['--parity=eso'],
        }),
        answer: { name: 'app', type: 'kubernetes.io/y', labels: {}, annotations: {} },
      },
      {
        story: 'another',
        ask: data({
          ...templated({ type: 'kubernetes.io/x' }),
          existing: [ours({ type: 'Opaque' })],
        }),
        answer: 'TypeChanged spec.target.template.type',
      },
    ],
  },
  {
    rule: 68,
    says: 'the delimiters of templates are options of the process',
    differs: 'there is no such option: a manifest must mean the same everywhere',
    cases: [
      {
        story: 'other delimiters are text',
        ask: data(templated({ data: { x: '<< .k >>' } })),
        answer: { x: '<< .k >>' },
      },
    ],
  },
  {
    rule: 69,
    says: 'a template that does not parse, and one that does not run, are told apart',
    cases: [
      {
        story: 'parse',
        ask: data(templated({ data: { x: '{{ #xx }}' } })),
        answer: 'TemplateInvalid spec.target.template.data.x',
      },
      {
        story: 'run',
        ask: data(templated({ data: { x: '{{ fail "no" }}' } })),
        answer: 'TemplateFailed spec.target.template.data.x',
      },
    ],
  },
  {
    rule: 70,
    says: 'managed label and data hash on every Secret; under Owner also who created it',
    differs: 'marks of our own; those of ESO with --eso-annotations only',
    cases: [
      {
        story: 'ours',
        ask: shape({ remote: AB, spec: entries({ k: 'a' }) }),
        answer: { name: 'app', type: 'Opaque', ...MARKED },
      },
      {
        story: 'ESO’s as well',
        ask: shape({
          remote: { a: 'value1', b: 'value2' },
          spec: entries({ foo: 'a', bar: 'b' }),
          args: ['--eso-annotations'],
        }),
        answer: {
          name: 'app',
          type: 'Opaque',
          labels: {
            [MANAGED_LABEL]: 'true',
            'reconcile.external-secrets.io/managed': 'true',
            'reconcile.external-secrets.io/created-by':
              '167f89bed2a98a8e396edb2463d96fd47c9f917511cc1c2a3817e80e',
          },
          annotations: {
            [OWNER_ANNOTATION]: 'ns/app',
            'reconcile.external-secrets.io/data-hash':
              '1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64',
          },
        },
      },
      {
        story: 'Orphan has no creator',
        ask: shape({
          remote: { a: 'value1', b: 'value2' },
          spec: { ...at('Orphan'), ...entries({ foo: 'a', bar: 'b' }) },
          args: ['--eso-annotations'],
        }),
        answer: {
          name: 'app',
          type: 'Opaque',
          labels: { [MANAGED_LABEL]: 'true', 'reconcile.external-secrets.io/managed': 'true' },
          annotations: {
            [OWNER_ANNOTATION]: 'ns/app',
            'reconcile.external-secrets.io/data-hash':
              '1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64',
          },
        },
      },
    ],
  },
  {
    rule: 71,
    says: 'the data hash is sha3-224 of Go’s print of the map, keys in order',
    cases: [
      {
        story: 'two keys',
        ask: () =>
          dataHash(
            new Map([
              ['foo', Buffer.from('value1')],
              ['bar', Buffer.from('value2')],
            ]),
          ),
        answer: '1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64',
      },
      {
        story: 'none',
        ask: () => dataHash(new Map()),
        answer: '74a974446e359fb3e6baff9bd0058950e6edd0f040888d9989b0a11b',
      },
    ],
  },
  {
    rule: 72,
    says: 'that hash has no salt: short values can be guessed from it',
    differs: 'none is written by default',
    cases: [
      {
        story: 'no annotation but our own',
        ask: shape({ remote: { a: '0000' }, spec: entries({ pin: 'a' }) }),
        answer: { name: 'app', type: 'Opaque', ...MARKED },
      },
    ],
  },
  {
    rule: 73,
    says: 'syncedResourceVersion is the generation and a hash of labels and annotations',
    cases: [
      {
        story: 'without any',
        ask: () => syncedVersionOf({ metadata: { generation: 3 } }),
        answer: '3-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2',
      },
      {
        story: 'a label changes it',
        ask: () =>
          syncedVersionOf({ metadata: { generation: 3, labels: { a: 'b' } } }) ===
          syncedVersionOf({ metadata: { generation: 3 } }),
        answer: false,
      },
    ],
  },
  {
    rule: 74,
    says: 'without target.name the Secret has the name of the ExternalSecret; more than 63 characters are fine',
    cases: [
      {
        story: 'none',
        ask: async (t) =>
          ((await shape({ remote: AB, spec: entries({ k: 'a' }) })(t)) as { name: string }).name,
        answer: 'app',
      },
      {
        story: '76 characters',
        ask: async (t) =>
          (
            (await shape({
              remote: AB,
              spec: { target: { name: 'n'.repeat(76) }, ...entries({ k: 'a' }) },
            })(t)) as { name: string }
          ).name,
        answer: 'n'.repeat(76),
      },
    ],
  },
  {
    rule: 75,
    says: 'Owner sets a controller reference and deletes its Secret of a former name; a foreign Secret is adopted and wiped',
    differs: 'a Secret that is not ours is refused; --adopt=eso takes it over',
    cases: [
      {
        story: 'the reference',
        ask: ownerOf({ remote: { a: '1' }, claim: { anchor: ANCHOR } }),
        answer: 'ConfigMap/waybill-shop',
      },
      {
        story: 'foreign',
        ask: plan({ remote: { a: '1' }, there: observed('nobody', { x: '1' }) }),
        answer: 'refuse NotOwned',
      },
      {
        story: 'adopted',
        ask: plan({
          remote: { a: '1' },
          there: observed('nobody', { x: '1' }, { othersKeys: new Set(['x']) }),
          claim: { adopts: true },
        }),
        answer: 'update by replace a=1',
      },
      {
        file: 'test/unit/sync/controller/objects.test.ts',
        title: 'a renamed target: the former Secret goes when the new one is there (R75)',
      },
    ],
  },
  {
    rule: 76,
    says: 'what another ExternalSecret owns, and what another controller owns, is left alone',
    cases: [
      {
        story: 'another ExternalSecret, in ESO’s words',
        ask: ending({
          remote: AB,
          existing: [
            core('Secret', 'app', {
              metadata: {
                ownerReferences: [
                  {
                    apiVersion: 'external-secrets.io/v1',
                    kind: 'ExternalSecret',
                    name: 'b',
                    uid: 'u',
                    controller: true,
                  },
                ],
              },
            }),
          ],
          spec: entries({ k: 'a' }),
          args: ['--parity=eso'],
        }),
        answer: 'failed: False SecretSyncedError target is owned by another ExternalSecret',
      },
      {
        story: 'another controller, in ESO’s words',
        ask: ending({
          remote: AB,
          existing: [
            core('Secret', 'app', {
              metadata: {
                ownerReferences: [
                  { apiVersion: 'batch/v1', kind: 'Job', name: 'b', uid: 'u', controller: true },
                ],
              },
            }),
          ],
          spec: entries({ k: 'a' }),
          args: ['--parity=eso'],
        }),
        answer: 'failed: False SecretSyncedError failed to take ownership of target secret',
      },
      {
        story: 'even when adopting',
        ask: plan({
          remote: { a: '1' },
          there: observed('job', { x: '1' }),
          claim: { adopts: true, anchor: ANCHOR },
        }),
        answer: 'refuse NotOwned',
      },
      {
        story: 'nor does a Merge go into what another one owns',
        ask: plan({ ...at('Merge'), remote: { a: '1' }, there: observed('eso-other', { x: '1' }) }),
        answer: 'refuse Conflict',
      },
    ],
  },
  {
    rule: 77,
    says: 'Orphan creates and updates without a reference, and keeps nothing that others added',
    cases: [
      {
        story: 'no reference',
        ask: ownerOf({ ...at('Orphan'), remote: { a: '1' }, claim: { anchor: ANCHOR } }),
        answer: 'none',
      },
      {
        story: 'reset',
        ask: plan({
          ...at('Orphan'),
          remote: { a: '1' },
          there: observed(
            'us',
            { a: '1', x: '2' },
            { ownedKeys: new Set(['a']), othersKeys: new Set(['x']) },
          ),
          claim: { anchor: ANCHOR },
        }),
        answer: 'update by replace a=1',
      },
      {
        file: 'test/unit/plan/schedule.test.ts',
        title: "story: 'Orphan does not look at its Secret (R77)'",
      },
    ],
  },
  {
    rule: 78,
    says: 'Merge updates what exists, keeps the keys of others, takes one over that it asks for, and waits for a Secret',
    cases: [
      {
        story: 'no Secret',
        ask: ending({ remote: AB, spec: { ...at('Merge'), ...entries({ k: 'a' }) } }),
        answer:
          'skipped: True SecretMissing secret will not be created due to CreationPolicy=Merge',
      },
      {
        story: 'keys of others, and one of theirs',
        ask: plan({
          ...at('Merge'),
          remote: { a: '1' },
          there: observed('nobody', { a: 'theirs', x: '2' }, { othersKeys: new Set(['a', 'x']) }),
        }),
        answer: 'update by apply a=1 x=2',
      },
      {
        story: 'no reference',
        ask: ownerOf({
          ...at('Merge'),
          remote: { a: '1' },
          there: observed('nobody', { x: '2' }),
          claim: { anchor: ANCHOR },
        }),
        answer: 'none',
      },
      { file: 'test/unit/plan/schedule.test.ts', title: "story: 'Merge waits for a Secret (R78)'" },
    ],
  },
  {
    rule: 79,
    says: 'CreateOrMerge creates what is missing, merges into what is there, and sets no reference',
    cases: [
      {
        story: 'missing',
        ask: plan({ ...at('CreateOrMerge'), remote: { a: '1' } }),
        answer: 'create a=1',
      },
      {
        story: 'there',
        ask: plan({
          ...at('CreateOrMerge'),
          remote: { a: '1' },
          there: observed('nobody', { x: '2' }),
        }),
        answer: 'update by apply a=1 x=2',
      },
      {
        story: 'no reference',
        ask: ownerOf({ ...at('CreateOrMerge'), remote: { a: '1' }, claim: { anchor: ANCHOR } }),
        answer: 'none',
      },
      {
        file: 'test/unit/plan/schedule.test.ts',
        title: "story: 'CreateOrMerge makes a Secret anew that is missing (R79)'",
      },
    ],
  },
  {
    rule: 80,
    says: 'None writes nothing, and is Ready',
    cases: [
      {
        story: 'no Secret',
        ask: ending({ remote: AB, spec: { ...at('None'), ...entries({ k: 'a' }) } }),
        answer: 'skipped: True SecretSynced secret synced',
      },
      {
        story: 'nor is one that is there touched',
        ask: plan({ ...at('None'), remote: { a: '1' }, there: observed('us', { a: 'old' }) }),
        answer: 'skip none',
      },
      {
        file: 'test/unit/sync/controller/objects.test.ts',
        title: 'None writes no Secret and binds none, and is well (P3, R80)',
      },
    ],
  },
  {
    rule: 81,
    says: 'away from Owner: reference and creator go with the next write',
    cases: [
      {
        story: 'to Orphan',
        ask: plan({
          ...at('Orphan'),
          remote: { a: '1' },
          there: observed('us', { a: '1' }, OWNED_BY_ANCHOR),
          claim: { anchor: ANCHOR },
        }),
        answer: 'update by replace a=1',
      },
      {
        story: 'to Merge',
        ask: ownerOf({
          ...at('Merge'),
          remote: { a: '1' },
          there: observed('us', { a: '1' }, OWNED_BY_ANCHOR),
          claim: { anchor: ANCHOR },
        }),
        answer: 'none',
      },
      {
        file: 'test/unit/sync/controller/objects.test.ts',
        title: 'away from Owner: the reference goes with the next write (R81)',
      },
    ],
  },
  {
    rule: 82,
    says: 'immutable: data that is there is never written again; what somebody else froze fails when it would change',
    cases: [
      {
        story: 'created frozen',
        ask: () => immutableOf({ target: { immutable: true }, remote: { a: '1' } }),
        answer: true,
      },
      {
        story: 'kept',
        ask: plan({
          target: { immutable: true },
          remote: { a: 'new' },
          there: observed('us', { a: 'old' }),
        }),
        answer: 'update by apply a=old',
      },
      {
        story: 'frozen by somebody, the same data',
        ask: plan({ remote: { a: '1' }, there: observed('us', { a: '1' }, { immutable: true }) }),
        answer: 'unchanged',
      },
      {
        story: 'frozen by somebody, other data',
        ask: plan({
          remote: { a: 'new' },
          there: observed('us', { a: 'old' }, { immutable: true }),
        }),
        answer: 'refuse Immutable',
      },
      {
        story: 'in ESO’s words',
        ask: ending({
          remote: AB,
          existing: [core('Secret', 'app', { immutable: true, data: { k: b64('old') } })],
          spec: entries({ k: 'a' }),
          args: ['--parity=eso'],
        }),
        answer: 'failed: False SecretSyncedError could not update secret, target is immutable',
      },
    ],
  },
  {
    rule: 83,
    says: 'an ExternalSecret that is made anew syncs again and writes over its keys, unless immutable',
    cases: [
      {
        file: 'test/unit/sync/controller/objects.test.ts',
        title: 'an ExternalSecret that is made anew takes its Secret over from the old one (R83)',
      },
    ],
  },
]

/** The labels of ours that a Secret has when `old` was asked for, and then `new`. */
async function labelsAfter(
  t: TestContext,
  name: string,
  creationPolicy: string,
): Promise<readonly string[]> {
  const files = await startFiles(t)
  const metadata = { name, namespace: 'shop' }
  if (creationPolicy === 'Merge') {
    files.kube.seed({ apiVersion: 'v1', kind: 'Secret', metadata, data: {} })
  }
  for (const label of ['old', 'new']) {
    const target = { creationPolicy, template: { metadata: { labels: { [label]: 'x' } } } }
    await files.sync(fakeStore({ a: '1' }) + externalSecret({ name, keys: { k: 'a' }, target }))
  }
  const labels = dig(files.secret(name), 'metadata', 'labels') as JsonObject
  return Object.keys(labels).filter((label) => label !== MANAGED_LABEL)
}

function immutableOf(scene: Scene): boolean | undefined {
  const change = planOf(scene)
  return change.action === 'create' ? change.desired.immutable : undefined
}
