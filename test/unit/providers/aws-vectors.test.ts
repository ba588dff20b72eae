import { test } from 'node:test'
import type { ParameterSeed } from '../../servers/aws-parameters.ts'
import type { SecretSeed } from '../../servers/aws-secrets.ts'
import { type Arguments, readBytes } from '../../vector-runner/case.ts'
import { bench, readAll } from './aws-bench.ts'
import { held, judge, readOf, rowsOf, textOf } from './gjson-vectors.ts'

const tagsOf = ({ tags }: Arguments) => (tags ?? {}) as Readonly<Record<string, string>>

function secretOf(input: Arguments): SecretSeed {
  const { payload, binary } = input
  return {
    ...(payload === undefined ? {} : { string: textOf(payload) }),
    ...(binary === undefined ? {} : { binary: readBytes(binary) }),
    tags: tagsOf(input),
  }
}

function parameterOf(input: Arguments): ParameterSeed {
  const { payload } = input
  return { values: [payload === undefined ? undefined : textOf(payload)], tags: tagsOf(input) }
}

const SERVICES = [
  ['aws-sm', 'SecretsManager', 'aws-secrets-manager'],
  ['aws-ps', 'ParameterStore', 'aws-parameter-store'],
] as const

for (const [call, service, dialect] of SERVICES) {
  test(`gjson vectors of ${service} through its adapter`, async (t) => {
    const { open } = await bench(t, {
      secrets: held(rowsOf('aws-sm'), secretOf),
      parameters: held(rowsOf('aws-ps'), parameterOf),
    })
    const own = rowsOf(call)
    const answers = await readAll(await open({ service }), ...own.map(readOf))
    for (const [at, row] of own.entries()) judge(row, answers[at], dialect)
  })
}
