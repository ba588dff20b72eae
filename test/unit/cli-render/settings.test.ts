import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../../../src/cli/exit.ts'
import { OptionValues } from '../../../src/cli/invocation.ts'
import { optionsOf } from '../../../src/cli/options.ts'
import { readParameters } from '../../../src/cli/render-parameters.ts'
import { type RenderSettings, resolveSettings } from '../../../src/cli/render-settings.ts'

const ANNOUNCED = optionsOf('generate').filter(({ parameter }) => parameter === true)

interface Given {
  readonly flags?: Readonly<Record<string, string | readonly string[]>>
  readonly parameters?: readonly object[]
  readonly env?: Readonly<Record<string, string>>
}

function resolved({ flags = {}, parameters = [], env = {} }: Given): RenderSettings {
  return resolveSettings('generate', {
    options: new OptionValues(new Map(Object.entries(flags))),
    settings: readParameters(JSON.stringify(parameters), ANNOUNCED),
    env,
    fallbackApp: 'folder',
  })
}

const parameter = { name: 'handoff', string: 'crd' }
const order: readonly (Given & { readonly story: string; readonly handoff: string })[] = [
  { story: 'the default', handoff: 'job' },
  { story: 'the sidecar', env: { WAYBILL_HANDOFF: 'none' }, handoff: 'none' },
  {
    story: 'plugin.env over the sidecar',
    env: { WAYBILL_HANDOFF: 'none', ARGOCD_ENV_WAYBILL_HANDOFF: 'controller' },
    handoff: 'controller',
  },
  {
    story: 'a parameter over plugin.env',
    env: { ARGOCD_ENV_WAYBILL_HANDOFF: 'controller' },
    parameters: [parameter],
    handoff: 'crd',
  },
  {
    story: 'the command line over all',
    flags: { handoff: 'none' },
    parameters: [parameter],
    handoff: 'none',
  },
  {
    story: 'an empty parameter is none, as the UI leaves them',
    env: { WAYBILL_HANDOFF: 'none' },
    parameters: [{ name: 'handoff', string: '' }],
    handoff: 'none',
  },
]
for (const { story, handoff, ...given } of order) {
  test(`an option is decided by ${story}`, () => {
    assert.equal(resolved(given).handoff, handoff)
  })
}

test('what an Application sets is known to come from a tenant', () => {
  const tenant = resolved({ parameters: [{ name: 'kustomize-args', array: ['--reorder=none'] }] })
  assert.deepEqual(tenant.kustomizeArgs, { origin: 'tenant', args: ['--reorder=none'] })
  const env = resolved({ env: { ARGOCD_ENV_WAYBILL_HELM_ARGS: '--no-hooks' } })
  assert.deepEqual(env.helmArgs, { origin: 'tenant', args: ['--no-hooks'] })
  const operator = resolved({ env: { WAYBILL_HELM_ARGS: '--no-hooks' } })
  assert.deepEqual(operator.helmArgs, { origin: 'operator', args: ['--no-hooks'] })
})

test('MT-7: which kinds are targets is for the operator alone to say', () => {
  const kinds = (given: Given): readonly string[] => resolved(given).targets.map(({ kind }) => kind)
  assert.deepEqual(kinds({}), [])
  assert.deepEqual(kinds({ flags: { 'allow-target': ['ConfigMap'] } }), ['ConfigMap'])
  assert.deepEqual(kinds({ env: { WAYBILL_ALLOW_TARGET: 'ConfigMap,Ox.example.com' } }), [
    'ConfigMap',
    'Ox',
  ])
  assert.deepEqual(kinds({ env: { ARGOCD_ENV_WAYBILL_ALLOW_TARGET: 'ConfigMap' } }), [])
  const parameters = [{ name: 'allow-target', array: ['ConfigMap'] }]
  assert.throws(() => resolved({ parameters }), UsageError)
  assert.throws(() => resolved({ flags: { 'allow-target': ['Pod'] } }), /never written/)
})

test('an Application cannot choose whose bundle it writes', () => {
  const { app } = resolved({
    env: { ARGOCD_APP_NAME: 'team_shop', ARGOCD_ENV_WAYBILL_APP: 'billing' },
  })
  assert.equal(app, 'team_shop')
  assert.throws(() => resolved({ parameters: [{ name: 'app', string: 'billing' }] }), UsageError)
})

test('the folder names the bundle outside of Argo CD', () => {
  assert.equal(resolved({}).app, 'folder')
})

test('the destination of Argo CD is the namespace', () => {
  assert.equal(resolved({ env: { ARGOCD_APP_NAMESPACE: 'shop' } }).namespace, 'shop')
  const flags = { namespace: 'mine' }
  assert.equal(resolved({ flags, env: { ARGOCD_APP_NAMESPACE: 'shop' } }).namespace, 'mine')
})

test('items of an array are whole, whatever commas they hold', () => {
  const { helmArgs } = resolved({ parameters: [{ name: 'helm-args', array: ['--set=a=1,b=2'] }] })
  assert.deepEqual(helmArgs.args, ['--set=a=1,b=2'])
})

const wrong: readonly (Given & { readonly story: string; readonly problem: RegExp })[] = [
  {
    story: 'a parameter nobody knows',
    parameters: [{ name: 'handof', string: 'job' }],
    problem: /unknown parameter "handof": did you mean handoff\?/,
  },
  {
    story: 'an inherited name',
    parameters: [{ name: 'constructor', string: 'x' }],
    problem: /unknown parameter "constructor"/,
  },
  {
    story: 'a list where a text is due',
    parameters: [{ name: 'handoff', array: ['job'] }],
    problem: /handoff has the wrong form: expected string/,
  },
  {
    story: 'a map where a list is due',
    parameters: [{ name: 'helm-args', map: { a: 'b' } }],
    problem: /helm-args has the wrong form: expected array/,
  },
  {
    story: 'an array of numbers',
    parameters: [{ name: 'helm-args', array: [1] }],
    problem: /helm-args holds what is no text/,
  },
  {
    story: 'a choice that is none',
    parameters: [{ name: 'handoff', string: 'jobs' }],
    problem: /handoff is "jobs", expected one of job/,
  },
  {
    story: 'an image with a blank',
    parameters: [{ name: 'image', string: 'a b' }],
    problem: /expected an image/,
  },
  {
    story: 'a namespace that is a path',
    parameters: [{ name: 'store-namespace', string: '../x' }],
    problem: /expected the name of a namespace/,
  },
  {
    story: 'a grant without an application',
    parameters: [{ name: 'grant-store', array: ['shop'] }],
    problem: /expected NAMESPACE\/APP/,
  },
  {
    story: 'an environment without a name',
    parameters: [{ name: 'job-env', array: ['=x'] }],
    problem: /not NAME=VALUE/,
  },
  {
    story: 'the options of the job’s runtime',
    parameters: [{ name: 'job-env', array: ['NODE_OPTIONS=--require=x'] }],
    problem: /not NAME=VALUE/,
  },
  {
    story: 'a name that is a path',
    env: { ARGOCD_APP_NAME: '../../x' },
    problem: /expected a name/,
  },
]
for (const { story, problem, ...given } of wrong) {
  test(`refused: ${story}`, () => {
    assert.throws(
      () => resolved(given),
      (error) => error instanceof UsageError && problem.test(error.message),
    )
  })
}

test('parameters that are no list are refused without a word of what they hold', () => {
  for (const json of ['{', '{"a":1}', '["s3cr3t"]', '[null]', `[${' '.repeat(70_000)}]`]) {
    assert.throws(
      () => readParameters(json, ANNOUNCED),
      (error) => error instanceof UsageError && !error.message.includes('s3cr3t'),
    )
  }
})

test('no parameters are no settings', () => {
  for (const json of [undefined, '', 'null', '[]']) {
    assert.equal(readParameters(json, ANNOUNCED).size, 0)
  }
})

test('no name of an app is a flag', () => {
  for (const app of ['--debug', 'team_--debug', '-n']) {
    assert.throws(() => resolved({ env: { ARGOCD_APP_NAME: app } }), UsageError)
  }
})
