import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Answer, Dialect, Read } from '../../../src/model/provider.ts'
import { missingValue, valueIn } from '../../vector-runner/calls-values.ts'
import { type Arguments, readBytes, VectorError, writeBytes } from '../../vector-runner/case.ts'
import { get } from './opening.ts'

// What the operator's own code answers for payloads of its providers. Here they are asked for over the wire: a request, an
// answer that our adapter reads, the value in its payload. The vector runner starts at the payload.

export interface Row {
  readonly id: string
  readonly in: Arguments
  readonly out?: unknown
  readonly error?: string
}

/** A string of JSON cannot hold bytes that are no text: no server sends such a payload. */
const canTravel = ({ in: { payload } }: Row): boolean =>
  payload === undefined || typeof writeBytes(readBytes(payload)) === 'string'

const rows: readonly Row[] = readFileSync('test/vectors/gjson.jsonl', 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Row)
  .filter(canTravel)

/** The rows of one provider getter. */
export function rowsOf(call: string): readonly Row[] {
  const own = rows.filter((row) => row.in.call === call)
  assert.ok(own.length > 20, call)
  return own
}

/** What a server holds for these rows, by their ids. */
export function held<Seed>(
  of: readonly Row[],
  seedOf: (input: Arguments) => Seed,
): Readonly<Record<string, Seed>> {
  const there = of.filter((row) => row.in.missing !== true)
  return Object.fromEntries(there.map((row) => [row.id, seedOf(row.in)]))
}

export function textOf(value: unknown): string {
  return new TextDecoder().decode(readBytes(value))
}

export function readOf({ id, in: { metadataPolicy } }: Row): Read {
  return { ...get(id), metadata: metadataPolicy === 'Fetch' }
}

/** Holds an answer against its row. */
export function judge(row: Row, answer: Answer | undefined, dialect: Dialect): void {
  const expected = row.error === undefined ? row.out : { error: row.error }
  assert.deepEqual(outcomeOf(row, answer, dialect), expected, row.id)
}

/** The value as the sets write it, or the cause of a failure. */
function outcomeOf({ in: input }: Row, answer: Answer | undefined, dialect: Dialect): unknown {
  try {
    if (answer?.outcome === 'absent') return missingValue(dialect, input)
    // What the adapter cannot read is what the operator calls no JSON.
    if (answer?.outcome === 'failed') {
      return { error: answer.failure.code === 'malformed' ? 'json' : 'error' }
    }
    assert.ok(answer?.outcome === 'found')
    assert.equal(answer.payload.dialect, dialect)
    return JSON.parse(JSON.stringify(valueIn(answer.payload, input)))
  } catch (error) {
    if (!(error instanceof VectorError)) throw error
    return { error: error.category }
  }
}
