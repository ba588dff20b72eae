import { gjson } from '../../src/values/gjson.ts'
import { type Arguments, type Call, readBytes, writeBytes } from './case.ts'

export const valueCalls: Readonly<Record<string, Call>> = {
  gjson: callGjson,
}

function callGjson({ json, path }: Arguments): unknown {
  const { exists, type, text, raw } = gjson(readBytes(json), readBytes(path))
  return { exists, type, string: writeBytes(text), ...(raw.length > 0 && { raw: writeBytes(raw) }) }
}
