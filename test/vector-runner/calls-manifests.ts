import {
  decodeStream,
  readStringMap,
  splitStream,
  yamlToJson,
} from '../../src/manifests/kubectl.ts'
import { type Call, readBytes, VectorError, writeBytes } from './case.ts'

function yaml(value: unknown, isStrict: boolean): unknown {
  const read = yamlToJson(readBytes(value), isStrict)
  return read.outcome === 'read' ? { json: read.json } : { error: read.reason }
}

export const manifestCalls: Readonly<Record<string, Call>> = {
  yaml: ({ yaml: text }) => ({ lax: yaml(text, false), strict: yaml(text, true) }),

  'yaml-stringmap': ({ yaml: text }) => {
    const read = readStringMap(readBytes(text))
    if (read.outcome === 'unreadable') throw new VectorError(read.reason)
    return Object.fromEntries(read.entries)
  },

  'yaml-stream': ({ stream }) => {
    const bytes = readBytes(stream)
    const { documents, isBroken } = splitStream(bytes)
    const { objects, reason } = decodeStream(bytes)
    return {
      documents: documents.map(writeBytes),
      ...(isBroken ? { documentsError: true } : {}),
      objects,
      ...(reason === undefined ? {} : { error: reason }),
    }
  },
}
