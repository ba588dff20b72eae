import { binaryOfText, fromBinary, toBinary } from './binary.ts'
import { newEffort } from './gjson/effort.ts'
import { get } from './gjson/get.ts'
import { exists, type ResultType, textOf } from './gjson/result.ts'

/** The answer to a gjson path. */
export interface GjsonResult {
  readonly exists: boolean
  readonly type: ResultType
  /** Result.String(): what ESO stores. */
  readonly text: Uint8Array
  /** The source text; empty for what a modifier computed. */
  readonly raw: Uint8Array
}

/** gjson.Get of tidwall/gjson 1.18. Never fails: what the path does not reach does not exist. */
export function gjson(json: Uint8Array, path: Uint8Array | string): GjsonResult {
  const binaryPath = typeof path === 'string' ? binaryOfText(path) : toBinary(path)
  const result = get(toBinary(json), binaryPath, newEffort())
  return {
    exists: exists(result),
    type: result.type,
    text: fromBinary(textOf(result)),
    raw: fromBinary(result.raw),
  }
}

/** The same on binary strings; undefined when nothing exists at `path`. */
export function gjsonText(json: string, path: string): string | undefined {
  const result = get(json, binaryOfText(path), newEffort())
  return exists(result) ? textOf(result) : undefined
}
