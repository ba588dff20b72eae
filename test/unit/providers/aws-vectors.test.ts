import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Answer, Dialect } from '../../../src/model/provider.ts'
import type { ParameterSeed } from '../../servers/aws-parameters.ts'
import type { SecretSeed } from '../../servers/aws-secrets.ts'
import { missingValue, valueIn } from '../../vector-runner/calls-values.ts'
import { type Arguments, readBytes, VectorError, writeBytes } from '../../vector-runner/case.ts'
import { bench, readAll } from './aws-bench.ts'
import { get } from './opening.ts'

// What the operator's own code answers for payloads of AWS, asked for over the wire: a request that is signed, an answer
// that the SDK reads, our adapter's payload, the value. The vector runner starts at the payload.

interface Row {
  readonly id: string
  readonly in: Arguments
  readonly out?: unknown
  readonly error?: string
}

const DIALECTS: Readonly<Record<string, Dialect>> = {
  'aws-sm': 'aws-secrets-manager',
  'aws-ps': 'aws-parameter-store',
}

/** A string of JSON cannot hold bytes that are no text: AWS never sends such a SecretString. */
const canTravel = ({ in: { payload } }: Row): boolean =>
  payload === undefined || typeof writeBytes(readBytes(payload)) === 'string'

const rows: readonly Row[] = readFileSync('test/vectors/gjson.jsonl', 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Row)
  .filter((row) => DIALECTS[String(row.in.call)] !== undefined && canTravel(row))

const tagsOf = ({ tags }: Arguments) => (tags ?? {}) as Readonly<Record<string, string>>
const textOf = (value: unknown): string => new TextDecoder().decode(readBytes(value))

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

/** All rows of one service as what the server holds. */
function held<Seed>(
  call: string,
  seedOf: (input: Arguments) => Seed,
): Readonly<Record<string, Seed>> {
  const own = rows.filter((row) => row.in.call === call && row.in.missing !== true)
  return Object.fromEntries(own.map((row) => [row.id, seedOf(row.in)]))
}

/** The value as the sets write it, or the cause of a failure. */
function outcomeOf({ in: input }: Row, answer: Answer | undefined): unknown {
  const dialect = DIALECTS[String(input.call)] ?? 'fake'
  try {
    if (answer?.outcome === 'absent') return missingValue(dialect, input)
    assert.ok(answer?.outcome === 'found')
    assert.equal(answer.payload.dialect, dialect)
    return JSON.parse(JSON.stringify(valueIn(answer.payload, input)))
  } catch (error) {
    if (!(error instanceof VectorError)) throw error
    return { error: error.category }
  }
}

for (const [call, service] of [
  ['aws-sm', 'SecretsManager'],
  ['aws-ps', 'ParameterStore'],
] as const) {
  test(`gjson vectors of ${service} through its adapter`, async (t) => {
    const { open } = await bench(t, {
      secrets: held('aws-sm', secretOf),
      parameters: held('aws-ps', parameterOf),
    })
    const own = rows.filter((row) => row.in.call === call)
    assert.ok(own.length > 50)
    const reads = own.map(({ id, in: { metadataPolicy } }) => ({
      ...get(id),
      metadata: metadataPolicy === 'Fetch',
    }))
    const answers = await readAll(await open({ service }), ...reads)
    for (const [at, row] of own.entries()) {
      const expected = row.error === undefined ? row.out : { error: row.error }
      assert.deepEqual(outcomeOf(row, answers[at]), expected, row.id)
    }
  })
}
