import { formatDuration, parseDuration } from '../../src/model/duration.ts'
import { decodeExternalSecret } from '../../src/model/external-secret.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { type NameKind, nameProblem } from '../../src/model/names.ts'
import { refusals } from '../../src/rules/admission.ts'
import { withDefaults } from '../../src/rules/defaults.ts'
import { type Call, readBytes, VectorError } from './case.ts'

/** Bytes that are no UTF-8 become U+FFFD, which no rule accepts. */
function readText(value: unknown): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(readBytes(value))
}

export const ruleCalls: Readonly<Record<string, Call>> = {
  admission: ({ externalSecret }) => {
    const resource = decodeExternalSecret(withDefaults(externalSecret as JsonObject))
    const messages = [...refusals({ resource, path: ['spec'] })].map(({ message }) => message)
    return { allowed: messages.length === 0, messages }
  },
  duration: ({ text }) => {
    const ns = parseDuration(readText(text))
    if (ns === undefined) throw new VectorError('duration')
    return { ns: ns.toString(), string: formatDuration(ns) }
  },
  'duration-string': ({ ns }) => formatDuration(BigInt(ns as string)),
  name: ({ kind, value }) => ({
    valid: nameProblem(kind as NameKind, readText(value)) === undefined,
  }),
}
