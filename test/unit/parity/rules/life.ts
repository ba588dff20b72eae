import { decodeFanOut } from '../../../../src/model/fan-out.ts'
import type { JsonObject } from '../../../../src/model/json.ts'
import { planFanOut } from '../../../../src/plan/fan-out.ts'
import { fanOutStatus } from '../../../../src/plan/fan-out-status.ts'
import { conditionsWith, statusAfter } from '../../../../src/plan/object-status.ts'
import { isDue, isWindowOpen, specHash } from '../../../../src/plan/schedule.ts'
import { verdictOf } from '../../../../src/sync/controller/verdict.ts'
import { ANCHOR, observed, wanted } from '../../plan/secrets.ts'
import { content, data, ending, entries, plan } from './ask.ts'
import type { Asked, Rule } from './rule.ts'

// Table: deletion, refresh, status and events, generic targets, ClusterExternalSecret (§2.12–§2.16 of the catalogue).

const OBJECTS = 'test/unit/sync/controller/objects.test.ts'
const FAN_OUTS = 'test/unit/sync/controller/fan-outs.test.ts'
const NOW_MS = Date.UTC(2026, 2, 10, 12, 30) // a Tuesday
const MINUTE_MS = 60_000

const OWNER_DELETE = { deletionPolicy: 'Delete' }
const MINE = { owners: [ANCHOR] }
const OURS = { anchor: ANCHOR }

interface Due {
  readonly spec?: JsonObject
  /** Minutes since the last sync; undefined for never. */
  readonly ago?: number
  readonly isChanged?: boolean
}

function due({ spec = {}, ago, isChanged = false }: Due): boolean {
  const externalSecret = wanted({}, spec)
  const hash = isChanged ? 'another' : specHash(externalSecret)
  const last =
    ago === undefined
      ? undefined
      : { atMs: NOW_MS - ago * MINUTE_MS, specHash: hash, isFailed: false }
  return isDue({ externalSecret, last, target: 'as-left', nowMs: NOW_MS, marginMs: 0 })
}

/** Due or not: never synced, changed, after a minute, after two hours. */
function dues(story: string, spec: JsonObject, answer: Readonly<Record<string, boolean>>): Asked {
  return {
    story,
    ask: () => ({
      never: due({ spec }),
      changed: due({ spec, ago: 1, isChanged: true }),
      'a minute later': due({ spec, ago: 1 }),
      'two hours later': due({ spec, ago: 120 }),
    }),
    answer,
  }
}

/** Whether the windows let a refresh pass at half past noon. */
function open(
  kind: string,
  schedules: readonly (readonly [string, string])[],
  answer: boolean,
): Asked {
  const windows = schedules.map(([schedule, duration]) => ({ schedule, duration }))
  return {
    story: `${kind} ${JSON.stringify(schedules)}`,
    ask: () => isWindowOpen(wanted({}, { syncWindows: { kind, windows } }), NOW_MS),
    answer,
  }
}

const NOON = ['0 12 * * *', '1h'] as const
const NIGHT = ['0 3 * * *', '1h'] as const

const CES = (spec: JsonObject, status: JsonObject = {}): ReturnType<typeof decodeFanOut> =>
  decodeFanOut('ClusterExternalSecret', {
    metadata: { name: 'all', uid: 'u1' },
    spec: { externalSecretSpec: {}, ...spec },
    status,
  })

/** Steps in namespaces `a` (env=prod), `b` (env=prod) and `c`: `+` write, `!` refuse, `-` delete. */
function steps(
  spec: JsonObject,
  children: readonly {
    readonly namespace: string
    readonly name: string
    readonly isOurs: boolean
  }[] = [],
): string {
  const namespaces = ['a', 'b', 'c'].map((name) => ({
    name,
    labels: new Map(name === 'c' ? [] : [['env', 'prod']]),
    isLeaving: false,
  }))
  const planned = planFanOut(CES(spec), { namespaces, children })
  if (planned.outcome === 'unusable') return planned.message
  return planned.steps
    .map((step) =>
      step.action === 'delete'
        ? `-${step.namespace}/${step.name}`
        : `${step.action === 'write' ? '+' : '!'}${step.namespace}`,
    )
    .join(' ')
}

const PROD = { namespaceSelectors: [{ matchLabels: { env: 'prod' } }] }

const synced = {
  type: 'Ready',
  status: 'True',
  reason: 'SecretSynced',
  message: 'secret synced',
} as const

const MANIFEST = { apiVersion: 'example.com/v1', kind: 'Ox' }

/** What a generic target holds but for its head, or the error; `k` is `42`. */
function generic(story: string, target: JsonObject, answer: unknown): Asked {
  const args = ['--allow-target=ConfigMap', '--allow-target=Ox.example.com']
  const given = { remote: { a: '42' }, args }
  const spec = { target: { manifest: MANIFEST, ...target }, ...entries({ k: 'a' }) }
  return { story, ask: content({ ...given, spec }), answer }
}

const aimed = (target: string, literal: string): JsonObject => ({ target, literal })

export const LIFE: readonly Rule[] = [
  {
    rule: 84,
    says: 'deletionPolicy acts only when nothing at all came; one key that is gone drops out',
    differs:
      'the same end; but what is gone has to be seen gone twice, and never more than a quarter goes at once',
    cases: [
      {
        story: 'one of two keys, seen twice',
        ask: plan({
          target: OWNER_DELETE,
          remote: { a: '1', b: null },
          there: observed('us', { a: '1', b: '2' }),
        }),
        answer: 'update by apply a=1',
      },
      {
        story: 'seen once',
        ask: plan({
          target: OWNER_DELETE,
          remote: { a: '1', b: null },
          there: observed('us', { a: '1', b: '2' }),
          isSeenOnce: true,
        }),
        answer: 'retain keys-seen-once',
      },
      {
        file: 'test/unit/sync/prune.test.ts',
        title: '--confirm-deletions lets a deletionPolicy act on more than a quarter (R84)',
      },
    ],
  },
  {
    rule: 85,
    says: 'Delete takes the Secret of an Owner, and fails for any other policy',
    cases: [
      {
        story: 'ours',
        ask: plan({
          target: OWNER_DELETE,
          remote: { a: null },
          there: observed('us', { a: '1' }, MINE),
          claim: OURS,
        }),
        answer: 'delete',
      },
      {
        story: 'Orphan',
        ask: ending({
          spec: {
            target: { ...OWNER_DELETE, creationPolicy: 'Orphan' },
            ...entries({ k: 'gone' }),
          },
          args: ['--parity=eso'],
        }),
        answer: 'failed: False SecretSyncedError could not delete secret',
      },
      {
        story: 'the words',
        ask: ending({ spec: { target: OWNER_DELETE, ...entries({ k: 'gone' }) } }),
        answer: 'deleted: True SecretDeleted secret deleted due to DeletionPolicy=Delete',
      },
      {
        story: 'what is another’s stays',
        ask: plan({
          target: OWNER_DELETE,
          remote: { a: null },
          there: observed('other', { a: '1' }),
        }),
        answer: 'refuse Conflict',
      },
      {
        story: 'seen once',
        ask: plan({
          target: OWNER_DELETE,
          remote: { a: null },
          there: observed('us', { a: '1' }, MINE),
          claim: OURS,
          isSeenOnce: true,
        }),
        answer: 'retain seen-once',
      },
    ],
  },
  {
    rule: 86,
    says: 'Retain writes nothing and is Ready, whether there was a Secret or not',
    cases: [
      {
        story: 'an empty find',
        ask: ending({
          remote: { a: '1' },
          spec: { dataFrom: [{ find: { name: { regexp: '^x' } } }] },
        }),
        answer: 'retained: True SecretSynced secret retained due to DeletionPolicy=Retain',
      },
      {
        story: 'a key that is gone is an error before',
        ask: plan({ remote: { a: null }, there: observed('us', { a: '1' }) }),
        answer: 'refuse SecretNotFound',
      },
    ],
  },
  {
    rule: 87,
    says: 'Merge goes on with nothing: our keys go, those of others and the Secret stay',
    cases: [
      {
        story: 'into the Secret of somebody else',
        ask: plan({
          target: { creationPolicy: 'Merge', deletionPolicy: 'Merge' },
          remote: { a: null },
          there: observed(
            'nobody',
            { a: '1', x: '2' },
            { ownedKeys: new Set(['a']), othersKeys: new Set(['x']) },
          ),
        }),
        answer: 'update by apply x=2',
      },
      {
        story: 'ours is emptied',
        ask: plan({
          target: { deletionPolicy: 'Merge' },
          remote: { a: null },
          there: observed('us', { a: '1' }),
        }),
        answer: 'update by apply',
      },
      {
        story: 'none is made empty',
        ask: plan({ target: { deletionPolicy: 'Merge' }, remote: { a: null } }),
        answer: 'create',
      },
    ],
  },
  {
    rule: 88,
    says: 'an ExternalSecret that is deleted takes its Secret along: under Delete at once, under Owner by the collector',
    cases: [{ file: OBJECTS, title: 'deleting an ExternalSecret: … (R88)' }],
  },
  {
    rule: 89,
    says: 'CreatedOnce: due while never synced',
    cases: [
      dues(
        'CreatedOnce',
        { refreshPolicy: 'CreatedOnce' },
        { never: true, changed: false, 'a minute later': false, 'two hours later': false },
      ),
    ],
  },
  {
    rule: 90,
    says: 'OnChange: due when never synced or changed since',
    cases: [
      dues(
        'OnChange',
        { refreshPolicy: 'OnChange' },
        { never: true, changed: true, 'a minute later': false, 'two hours later': false },
      ),
    ],
  },
  {
    rule: 91,
    says: 'Periodic: due when changed, at its interval, and when the last time lies in the future',
    cases: [
      dues(
        'an hour',
        {},
        { never: true, changed: true, 'a minute later': false, 'two hours later': true },
      ),
      { story: 'exactly an hour', ask: () => due({ ago: 60 }), answer: true },
      { story: 'in the future', ask: () => due({ ago: -1 }), answer: true },
    ],
  },
  {
    rule: 92,
    says: 'Periodic with an interval of 0: never due once it was synced, not even when it changes',
    cases: [
      dues(
        '0s',
        { refreshInterval: '0s' },
        { never: true, changed: false, 'a minute later': false, 'two hours later': false },
      ),
      dues(
        'below 0',
        { refreshInterval: '-1h' },
        { never: true, changed: false, 'a minute later': false, 'two hours later': false },
      ),
      { file: OBJECTS, title: 'an interval of 0: not even an edit is followed (R92)' },
    ],
  },
  {
    rule: 93,
    says: 'any annotation forces a sync; a ClusterExternalSecret hands one down',
    cases: [
      {
        story: 'an annotation is a change',
        ask: () => {
          const object = { metadata: { annotations: {} as JsonObject }, spec: {} }
          const before = specHash({ ...wanted(), object })
          return (
            specHash({
              ...wanted(),
              object: { ...object, metadata: { annotations: { 'force-sync': 'now' } } },
            }) === before
          )
        },
        answer: false,
      },
      {
        file: OBJECTS,
        title: 'any annotation forces a sync, also the one that Argo CD sets (R93)',
      },
      { file: FAN_OUTS, title: 'an edit reaches every child, and force-sync is mirrored (R93)' },
    ],
  },
  {
    rule: 94,
    says: 'syncWindows: allow wants an active one, deny forbids one; both ends count; what is no schedule is never active',
    cases: [
      open('allow', [NOON], true),
      open('allow', [NIGHT], false),
      open('allow', [NIGHT, NOON], true),
      open('deny', [NOON], false),
      open('deny', [NIGHT], true),
      open('allow', [['0 12 * * *', '30m']], true),
      open('allow', [['0 12 * * *', '29m']], false),
      open('allow', [['nonsense', '1h']], false),
      open('deny', [['nonsense', '1h']], true),
      {
        story: 'a shut window holds back the interval',
        ask: () =>
          due({
            ago: 120,
            spec: {
              syncWindows: { kind: 'deny', windows: [{ schedule: NOON[0], duration: NOON[1] }] },
            },
          }),
        answer: false,
      },
      {
        story: 'and not a change',
        ask: () =>
          due({
            ago: 1,
            isChanged: true,
            spec: {
              syncWindows: { kind: 'deny', windows: [{ schedule: NOON[0], duration: NOON[1] }] },
            },
          }),
        answer: true,
      },
    ],
  },
  {
    rule: 95,
    says: 'after a shut window it is looked at again with a back-off of up to 7 min',
    differs: 'within a minute: an opening window is not noticed late',
    cases: [
      {
        story: 'the interval has passed',
        ask: () => {
          const nextRefresh = new Date(NOW_MS - 1).toISOString()
          const result = { outcome: 'skipped', nextRefresh } as Parameters<
            typeof verdictOf
          >[0]['result']
          const windows = [{ schedule: NOON[0], duration: NOON[1] }]
          const shut = wanted({}, { syncWindows: { kind: 'deny', windows } })
          const done = { externalSecret: shut, result, isGone: false } as Parameters<
            typeof verdictOf
          >[0]
          return verdictOf(done, { nowMs: NOW_MS, spread: '' })
        },
        answer: { outcome: 'done', againInMs: MINUTE_MS },
      },
    ],
  },
  {
    rule: 96,
    says: 'what failed is tried again after 1 s doubling to 7 min',
    cases: [
      {
        file: 'test/unit/sync/controller/queue.test.ts',
        title: 'what failed waits 1 s doubling to 7 min, and a success forgets it (R96)',
      },
    ],
  },
  {
    rule: 97,
    says: 'every refresh writes its time, even when nothing changed',
    cases: [
      {
        story: 'nothing changed',
        ask: () => {
          const object = {
            metadata: { generation: 1 },
            status: {
              conditions: [{ ...synced, lastTransitionTime: 'x' }],
              binding: { name: 'app' },
            },
          }
          const after = statusAfter(
            { object },
            { condition: synced, isFailed: false, secret: 'app', beganMs: NOW_MS, nowMs: NOW_MS },
          )
          return after.refreshTime
        },
        answer: '2026-03-10T12:30:00Z',
      },
      { file: OBJECTS, title: 'nothing changes: a refresh writes its time and nothing else (R97)' },
    ],
  },
  {
    rule: 98,
    says: 'lastTransitionTime moves with the status alone',
    cases: [
      {
        story: 'another message',
        ask: () =>
          conditionsWith(
            [{ ...synced, message: 'old', lastTransitionTime: 'then' }],
            synced,
            NOW_MS,
          )?.[0]?.lastTransitionTime,
        answer: 'then',
      },
      {
        story: 'another status',
        ask: () =>
          conditionsWith(
            [{ ...synced, status: 'False', lastTransitionTime: 'then' }],
            synced,
            NOW_MS,
          )?.[0]?.lastTransitionTime,
        answer: '2026-03-10T12:30:00Z',
      },
    ],
  },
  {
    rule: 99,
    says: 'events: Created, Updated, Deleted, MissingProviderSecret; a Warning UpdateFailed with the whole error',
    cases: [
      {
        file: OBJECTS,
        title: 'events: made, changed, gone at its provider, deleted, in ESO’s words (R99)',
      },
      {
        file: OBJECTS,
        title:
          'a failure: Ready is False with the cause and its field, and an event tells it once (R99)',
      },
    ],
  },
  {
    rule: 100,
    says: 'a store is Ready Valid, ValidationUnknown, or not with InvalidProviderConfig',
    cases: [{ file: 'test/unit/sync/controller/stores.test.ts', title: 'store: … (R14, R100)' }],
  },
  {
    rule: 101,
    says: 'other kinds than Secrets are written only when whoever runs the controller allows it',
    differs: 'kind by kind, and never what grants rights or runs pods',
    cases: [
      {
        story: 'not allowed',
        ask: data({
          remote: { a: '1' },
          spec: { target: { manifest: MANIFEST }, ...entries({ k: 'a' }) },
        }),
        answer: 'Unsupported spec.target.manifest',
      },
      generic('allowed', {}, { spec: { data: { k: '42' } } }),
      generic(
        'another kind',
        { manifest: { apiVersion: 'example.com/v1', kind: 'Cow' } },
        'Unsupported spec.target.manifest',
      ),
      generic(
        'a Secret is no generic target',
        { manifest: { apiVersion: 'v1', kind: 'Secret' } },
        'Unsupported spec.target.manifest',
      ),
    ],
  },
  {
    rule: 102,
    says: 'without a template a ConfigMap gets its data, another kind spec.data',
    cases: [
      generic('another kind', {}, { spec: { data: { k: '42' } } }),
      generic(
        'a ConfigMap',
        { manifest: { apiVersion: 'v1', kind: 'ConfigMap' } },
        { data: { k: '42' } },
      ),
    ],
  },
  {
    rule: 103,
    says: 'templateFrom.target may be a path; leaves are read as YAML, maps are merged at a path and replaced at a name',
    cases: [
      generic(
        'leaves',
        { template: { templateFrom: [aimed('spec.n', '{{ .k }}'), aimed('spec.t', 'true')] } },
        { spec: { n: 42, t: true } },
      ),
      generic(
        'an item of a list',
        { template: { templateFrom: [aimed('spec.l[1].a', 'x')] } },
        { spec: { l: [null, { a: 'x' }] } },
      ),
      generic(
        'maps at a path',
        { template: { templateFrom: [aimed('spec.m', 'a: 1'), aimed('spec.m', 'b: 2')] } },
        { spec: { m: { a: 1, b: 2 } } },
      ),
      generic(
        'maps at a name',
        { template: { templateFrom: [aimed('spec.m', 'a: 1'), aimed('spec', 'b: 2')] } },
        { spec: { b: 2 } },
      ),
    ],
  },
  {
    rule: 104,
    says: 'the data hash covers spec, else data; without either it is an error',
    differs: 'no hash is stored: all that we wrote is compared, whatever its name',
    cases: [
      generic(
        'neither spec nor data',
        { template: { templateFrom: [aimed('rules', '[{a: 1}]')] } },
        { rules: [{ a: 1 }] },
      ),
    ],
  },
  {
    rule: 105,
    says: 'a child in each namespace that is listed or selected; one that is another’s is left; renaming and leaving delete',
    cases: [
      {
        story: 'any selector, or listed',
        ask: () => steps({ ...PROD, namespaces: ['c'] }),
        answer: '+a +b +c',
      },
      {
        story: 'taken',
        ask: () => steps(PROD, [{ namespace: 'a', name: 'all', isOurs: false }]),
        answer: '!a +b',
      },
      {
        story: 'another name',
        ask: () =>
          steps({ ...PROD, externalSecretName: 'new' }, [
            { namespace: 'a', name: 'all', isOurs: true },
          ]),
        answer: '-a/all +a +b',
      },
      {
        story: 'no longer selected',
        ask: () => steps(PROD, [{ namespace: 'c', name: 'all', isOurs: true }]),
        answer: '+a +b -c/all',
      },
      {
        file: FAN_OUTS,
        title: 'a name that is taken is told, left alone, and provisioned once it is free (R105)',
      },
      {
        file: FAN_OUTS,
        title: 'it is deleted: its children go, and what upstream had held is let go (R105)',
      },
    ],
  },
  {
    rule: 106,
    says: 'Ready when no namespace failed; no reason either way',
    cases: [
      {
        story: 'none failed',
        ask: () => fanOutStatus(CES({}), { provisioned: ['a'], failed: [] }, '').conditions,
        answer: [{ type: 'Ready', status: 'True' }],
      },
      {
        story: 'one failed',
        ask: () =>
          fanOutStatus(
            CES({}),
            { provisioned: ['a'], failed: [{ namespace: 'b', reason: 'x' }] },
            '',
          ).conditions,
        answer: [{ type: 'Ready', status: 'False', message: 'one or more namespaces failed' }],
      },
    ],
  },
]
