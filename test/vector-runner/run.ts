import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { CALLS } from './calls.ts'
import { VectorError } from './case.ts'

/** One line of a vector file, or of what the fuzzer asks. */
export interface Vector {
  readonly id: string
  readonly in: { readonly call: string } & Readonly<Record<string, unknown>>
  readonly out?: unknown
  readonly error?: string
}

export interface Failure {
  readonly id: string
  readonly expected: string
  readonly got: string
}

export interface Tally {
  readonly passed: number
  readonly failures: readonly Failure[]
}

/** Runs every case of one vector file; an unknown call counts as failed. */
export async function runFile(file: string): Promise<Tally> {
  const failures: Failure[] = []
  let passed = 0
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line.trim() === '') continue
    const failure = await check(JSON.parse(line))
    if (failure === undefined) passed++
    else failures.push(failure)
  }
  return { passed, failures }
}

/** Undefined when the product answers as the vector says. */
export async function check(vector: Vector): Promise<Failure | undefined> {
  const got = await answer(vector)
  if (agrees(vector, got)) return undefined
  return { id: vector.id, expected: describe(vector), got: JSON.stringify(got) ?? 'undefined' }
}

type Got = { readonly out: unknown } | { readonly error: string; readonly message: string }

async function answer({ in: { call, ...input } }: Vector): Promise<Got> {
  const run = CALLS[call]
  if (run === undefined) return { error: 'unknown-call', message: call }
  try {
    return { out: await run(input) }
  } catch (error) {
    if (error instanceof VectorError) return { error: error.category, message: error.message }
    return {
      error: 'crash',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }
  }
}

function agrees(vector: Vector, got: Got): boolean {
  if ('error' in got) return vector.error !== undefined && vector.error === got.error
  if (vector.error !== undefined) return false
  return isDeepStrictEqual(plain(got.out), plain(comparable(vector, vector.out, got.out)))
}

/** The fields that the format says to compare: messages of `admission` and `name` are for the reader. */
function comparable({ in: { call } }: Vector, expected: unknown, got: unknown): unknown {
  if (call === 'admission' || call === 'name') {
    return { ...(got as object), ...pick(expected, call === 'admission' ? 'allowed' : 'valid') }
  }
  if (call === 'yaml-stream') return withoutStreamMessages(expected)
  if (isPattern(expected)) return matchesPattern(expected, got) ? got : expected
  return withoutMessages(expected)
}

/** What stops a stream is compared, not how Go words it. */
function withoutStreamMessages(expected: unknown): unknown {
  const { message: _, documentsError, ...rest } = expected as Record<string, unknown>
  return documentsError === undefined ? rest : { ...rest, documentsError: true }
}

function pick(value: unknown, key: string): Record<string, unknown> {
  return { [key]: (value as Record<string, unknown>)[key] }
}

interface Pattern {
  readonly pattern: string
  readonly bytes?: number
  readonly value?: unknown
}

function isPattern(value: unknown): value is Pattern {
  return typeof value === 'object' && value !== null && 'pattern' in value
}

function matchesPattern({ pattern, bytes, value }: Pattern, got: unknown): boolean {
  if (typeof got !== 'string') return false
  if (value !== undefined && value !== got) return false
  if (bytes !== undefined && Buffer.byteLength(got) !== bytes) return false
  return new RegExp(pattern, 'u').test(got)
}

function withoutMessages(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const isFailure = typeof item === 'object' && item !== null && 'error' in item
      return [key, isFailure ? { error: item.error } : item]
    }),
  )
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

function describe({ out, error }: Vector): string {
  return error === undefined ? (JSON.stringify(out) ?? 'undefined') : `error ${error}`
}
