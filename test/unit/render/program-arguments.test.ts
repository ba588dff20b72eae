import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkedArguments,
  HELM_RULES,
  KUSTOMIZE_RULES,
  type Origin,
} from '../../../src/render/program-arguments.ts'

const rows: readonly {
  readonly story: string
  readonly origin: Origin
  readonly program?: 'helm'
  readonly args: readonly string[]
  readonly problem?: RegExp
}[] = [
  {
    story: 'no chart is inflated: a release name of the repository becomes a flag of helm',
    origin: 'tenant',
    args: ['--enable-helm'],
    problem: /"--enable-helm" is not for an Application to set/,
  },
  { story: 'an administrator may inflate charts', origin: 'operator', args: ['--enable-helm'] },
  { story: 'the order of objects', origin: 'tenant', args: ['--reorder=none'] },
  {
    story: 'no function of a repository is run',
    origin: 'tenant',
    args: ['--enable-exec'],
    problem: /"--enable-exec" is not for an Application to set/,
  },
  {
    story: 'nor one in disguise',
    origin: 'tenant',
    args: ['--enable-exec=true'],
    problem: /not for an Application/,
  },
  {
    story: 'no other program is run in helm’s place',
    origin: 'tenant',
    args: ['--helm-command=./mine'],
    problem: /not for an Application/,
  },
  {
    story: 'files outside stay outside',
    origin: 'tenant',
    args: ['--load-restrictor=LoadRestrictionsNone'],
    problem: /not for an Application/,
  },
  {
    story: 'an administrator may do both',
    origin: 'operator',
    args: ['--enable-alpha-plugins', '--enable-exec', '--load-restrictor=LoadRestrictionsNone'],
  },
  {
    story: 'manifests stay on stdout',
    origin: 'operator',
    args: ['-o', 'x'],
    problem: /does not go together/,
  },
  {
    story: 'another directory is no argument',
    origin: 'operator',
    args: ['../other'],
    problem: /is no argument of kustomize/,
  },
  { story: 'nothing ends the flags', origin: 'operator', args: ['--'], problem: /is no argument/ },
  { story: 'values may be set', origin: 'tenant', program: 'helm', args: ['--set=a.b=1'] },
  {
    story: 'no post renderer',
    origin: 'tenant',
    program: 'helm',
    args: ['--post-renderer=/bin/sh'],
    problem: /not for an Application/,
  },
  {
    story: 'no file of the sidecar',
    origin: 'tenant',
    program: 'helm',
    args: ['--set-file=a=/etc/passwd'],
    problem: /not for an Application/,
  },
  {
    story: 'values files have an option of their own',
    origin: 'operator',
    program: 'helm',
    args: ['-f=x.yaml'],
    problem: /does not go together/,
  },
]
for (const { story, origin, program, args, problem } of rows) {
  test(`arguments by ${origin}: ${story}`, () => {
    const rules = program === 'helm' ? HELM_RULES : KUSTOMIZE_RULES
    if (problem === undefined) assert.deepEqual(checkedArguments({ origin, args }, rules), args)
    else assert.throws(() => checkedArguments({ origin, args }, rules), problem)
  })
}

test('a value that was cut at its commas is whole again', () => {
  const args = ['--set=a=1', 'b=2', '--no-hooks']
  assert.deepEqual(checkedArguments({ origin: 'tenant', args }, HELM_RULES), [
    '--set=a=1,b=2',
    '--no-hooks',
  ])
})
