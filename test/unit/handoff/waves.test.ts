import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secretsConsumed, timingOf } from '../../../src/handoff/consumers.ts'
import { type Site, secondNeedles, wavesOf } from '../../../src/handoff/waves.ts'
import { objectsOf, renderOf } from './graph-of.ts'

const SITE: Site = {
  namespace: 'shop',
  targets: new Set(['creds']),
  configMaps: new Set(),
  identities: [],
}

function deployment(annotation = '', secret = 'creds'): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, annotations: {${annotation}}}
spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: ${secret}}}]}]}}}
`
}
const wave = (number: number): string => `argocd.argoproj.io/sync-wave: "${number}"`

const rows: readonly {
  readonly story: string
  readonly yaml: string
  readonly site?: Partial<Site>
  readonly waves: readonly [setup: number, job: number, first: number]
  readonly findings?: readonly string[]
}[] = [
  { story: 'nobody reads it here', yaml: '', waves: [-2, -1, 0] },
  { story: 'a consumer without a wave', yaml: deployment(), waves: [-2, -1, 0] },
  { story: 'a consumer in wave 5', yaml: deployment(wave(5)), waves: [3, 4, 5] },
  { story: 'a consumer in wave -3', yaml: deployment(wave(-3)), waves: [-5, -4, -3] },
  {
    story: 'the earliest of several counts',
    yaml: `${deployment(wave(5))}---${deployment(wave(2))}`,
    waves: [0, 1, 2],
  },
  ...[
    '{containers: [{name: c, envFrom: [{configMapRef: {name: settings}}]}]}',
    '{initContainers: [{name: c, env: [{valueFrom: {configMapKeyRef: {name: settings}}}]}]}',
    '{volumes: [{configMap: {name: settings}}]}',
    '{volumes: [{projected: {sources: [{configMap: {name: settings}}]}}]}',
  ].map((spec) => ({
    story: `a consumer of a ConfigMap that is a target counts: ${spec}`,
    yaml: deployment(wave(-3), 'other').replace(/template: .*/, `template: {spec: ${spec}}}`),
    site: { configMaps: new Set(['settings']) },
    waves: [-5, -4, -3] as const,
  })),
  {
    story: 'a ConfigMap that has the name of a Secret does not count',
    yaml: deployment(wave(-3), 'other').replace('secretRef', 'configMapRef'),
    site: { targets: new Set(['other']) },
    waves: [-2, -1, 0],
  },
  {
    story: 'a consumer of another Secret does not count',
    yaml: deployment(wave(-3), 'other'),
    waves: [-2, -1, 0],
  },
  {
    story: 'a consumer in another namespace does not count',
    yaml: deployment(wave(-3)).replace('name: api,', 'name: api, namespace: else,'),
    waves: [-2, -1, 0],
  },
  {
    story: 'a PostSync hook comes late enough',
    yaml: deployment(`argocd.argoproj.io/hook: PostSync, ${wave(-9)}`),
    waves: [-2, -1, 0],
  },
  {
    story: 'a PreSync hook comes too early, which is told',
    yaml: deployment('argocd.argoproj.io/hook: PreSync'),
    waves: [-2, -1, 0],
    findings: ['consumer-before-sync'],
  },
  {
    story: 'a Helm pre-install hook is a PreSync hook',
    yaml: deployment('helm.sh/hook: "pre-install,pre-upgrade"'),
    waves: [-2, -1, 0],
    findings: ['consumer-before-sync'],
  },
  {
    story: 'the Namespace is in the render, in wave 0',
    yaml: `${deployment()}---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}`,
    waves: [0, 0, 0],
    findings: ['handoff-wave'],
  },
  {
    story: 'the Namespace comes early enough',
    yaml: `${deployment()}---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop, annotations: {${wave(-2)}}}}`,
    waves: [-2, -1, 0],
  },
  {
    story: 'a ServiceAccount that a store names is in the render, in wave 0',
    yaml: `${deployment()}---\n{apiVersion: v1, kind: ServiceAccount, metadata: {name: reader}}`,
    site: { identities: [{ verb: 'token', namespace: 'shop', name: 'reader' }] },
    waves: [-2, 0, 0],
    findings: ['handoff-wave'],
  },
  {
    story: 'such a ServiceAccount comes early enough',
    yaml: `${deployment()}---\n{apiVersion: v1, kind: ServiceAccount, metadata: {name: reader, annotations: {${wave(-1)}}}}`,
    site: { identities: [{ verb: 'token', namespace: 'shop', name: 'reader' }] },
    waves: [-2, -1, 0],
  },
]
for (const { story, yaml, site, waves, findings = [] } of rows) {
  test(`waves: ${story}`, () => {
    const placed = wavesOf({ ...SITE, ...site }, renderOf(yaml).foreign, 'shop')
    const { setup, job, first } = placed.waves
    assert.deepEqual([setup, job, first], waves)
    assert.deepEqual(
      placed.findings.map(({ rule }) => rule),
      findings,
    )
  })
}

const looks: readonly {
  readonly story: string
  readonly yaml: string
  readonly site?: Partial<Site>
  readonly needles: readonly string[]
}[] = [
  { story: 'no consumer has a wave', yaml: '', needles: [] },
  { story: 'one consumer is early', yaml: deployment(wave(-1)), needles: [] },
  { story: 'all known consumers are late', yaml: deployment(wave(1)), needles: ['creds'] },
  {
    story: 'a store names a Secret',
    yaml: '',
    site: { identities: [{ verb: 'secret', namespace: 'shop', name: 'token' }] },
    needles: ['token'],
  },
]
for (const { story, yaml, site, needles } of looks) {
  test(`the second look, when ${story}, is for ${needles.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(secondNeedles([{ ...SITE, ...site }], renderOf(yaml).foreign, 'shop'), needles)
  })
}

const consumers: readonly { readonly story: string; readonly yaml: string }[] = [
  {
    story: 'env of a container',
    yaml: 'spec: {template: {spec: {containers: [{env: [{valueFrom: {secretKeyRef: {name: creds, key: k}}}]}]}}}',
  },
  {
    story: 'envFrom of an init container',
    yaml: 'spec: {template: {spec: {initContainers: [{envFrom: [{secretRef: {name: creds}}]}]}}}',
  },
  {
    story: 'a volume',
    yaml: 'spec: {template: {spec: {volumes: [{secret: {secretName: creds}}]}}}',
  },
  {
    story: 'a projected volume',
    yaml: 'spec: {template: {spec: {volumes: [{projected: {sources: [{secret: {name: creds}}]}}]}}}',
  },
  {
    story: 'imagePullSecrets of a Pod',
    yaml: '{kind: Pod, spec: {imagePullSecrets: [{name: creds}]}}',
  },
  {
    story: 'a CronJob',
    yaml: 'spec: {jobTemplate: {spec: {template: {spec: {volumes: [{secret: {secretName: creds}}]}}}}}',
  },
  { story: 'TLS of an Ingress', yaml: '{kind: Ingress, spec: {tls: [{secretName: creds}]}}' },
  {
    story: 'TLS of a Gateway',
    yaml: '{kind: Gateway, spec: {listeners: [{tls: {certificateRefs: [{name: creds}]}}]}}',
  },
  {
    story: 'imagePullSecrets of a ServiceAccount',
    yaml: '{kind: ServiceAccount, imagePullSecrets: [{name: creds}]}',
  },
  {
    story: 'a kind of somebody else’s with a pod template',
    yaml: '{kind: Rollout, spec: {template: {spec: {volumes: [{csi: {nodePublishSecretRef: {name: creds}}}]}}}}',
  },
]
for (const { story, yaml } of consumers) {
  test(`a Secret is consumed by ${story}`, () => {
    const [object] = objectsOf(yaml)
    assert.deepEqual([...secretsConsumed(object ?? {})], ['creds'])
  })
}

test('whatever is malformed consumes nothing', () => {
  for (const yaml of ['{spec: 1}', '{spec: {template: {spec: {containers: {}, volumes: [1]}}}}']) {
    assert.equal(secretsConsumed(objectsOf(yaml)[0] ?? {}).size, 0)
  }
})

const timings: readonly (readonly [string, string, number])[] = [
  ['argocd.argoproj.io/sync-wave: "7"', 'Sync', 7],
  ['argocd.argoproj.io/sync-wave: "seven"', 'Sync', 0],
  ['argocd.argoproj.io/hook: "PreSync, Sync"', 'PreSync', 0],
  ['argocd.argoproj.io/hook: Skip', 'later', 0],
  ['helm.sh/hook: post-install, helm.sh/hook-weight: "-5"', 'later', -5],
  ['helm.sh/hook: crd-install', 'Sync', 0],
  ['helm.sh/hook: pre-install, argocd.argoproj.io/hook: Sync', 'Sync', 0],
]
for (const [annotations, phase, expected] of timings) {
  test(`Argo CD's phase and wave of ${annotations}`, () => {
    const [object] = objectsOf(`metadata: {annotations: {${annotations}}}`)
    const timing = timingOf(object ?? {})
    assert.deepEqual([timing.phase, timing.wave, timing.isAnnotated], [phase, expected, true])
  })
}
